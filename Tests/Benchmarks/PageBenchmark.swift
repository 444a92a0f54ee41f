import AurousAPI
import Foundation

/// An unchanged page of 100 generations: from received bytes to "nothing to do", beside Foundation's JSONDecoder alone.
///
/// The figure to hold: under 0.6 ms of CPU in release mode.
enum PageBenchmark {
    private static let rounds = 300

    static func run() {
        let bytes = Array(page(rows: 100).utf8)
        let data = Data(bytes)
        guard let first = try? PageScan.list(bytes), first.rows.count == 100 else {
            return report("the benchmark's own page cannot be scanned")
        }
        var known: [UInt64: UInt64] = [:]
        first.forEachRow { known[$0.idHash] = $0.fingerprint }

        report("page of 100 generations, \(bytes.count / 1000) kB, unchanged; median and best CPU time of \(rounds)")
        measure("scan, fingerprint and look up") {
            guard let page = try? PageScan.list(bytes) else { return -1 }
            var changed = 0
            page.forEachRow { row in
                if known[row.idHash] != row.fingerprint { changed += 1 }
            }
            return changed
        }
        measure("JSONDecoder into structs, nothing else") {
            guard let page = try? JSONDecoder().decode(DecodedPage.self, from: data) else { return -1 }
            return page.data.count - 100
        }
    }

    /// Times a body that must return 0.
    private static func measure(_ name: String, _ body: () -> Int) {
        var times: [Double] = []
        for _ in 0..<rounds {
            let start = clock()
            guard body() == 0 else { return report("\(name): WRONG RESULT") }
            times.append(Double(clock() - start) / Double(CLOCKS_PER_SEC) * 1000)
        }
        times.sort()
        report(String(format: "  %-42@ %7.3f ms %7.3f ms", name as NSString, times[rounds / 2], times[0]))
    }

    private static func report(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}

extension PageBenchmark {
    /// As the API answers: all fields, signed URLs, some prompts with escapes.
    static func page(rows: Int) -> String {
        let data = (0..<rows).map(row).joined(separator: ",")
        return #"{"object":"list","data":[\#(data)],"has_more":true,"next_cursor":"img_01HXMQ7Z3K8Y2ABCDEFGHJKM"}"#
    }

    private static func row(_ number: Int) -> String { row(id: "img_01HXMQ7Z3K8Y2ABCDEF\(1000 + number)", number) }

    static func row(id: String, _ number: Int) -> String {
        let token = String(repeating: "eyJhbGciOiJIUzI1NiJ9", count: 12)
        return #"""
            {"id":"\#(id)","status":"succeeded",
            "prompt":"A golden sunset over mountains, \"cinematic\" lighting, number \#(number)",
            "created_at":"2026-05-04T10:00:00Z","media_type":"image","negative_prompt":"blurry, low quality",
            "output_urls":["https://api.aurous-labs.com/v1/images/\#(id)/output/0?token=\#(token)"],
            "output_video_url":null,"reference_image_urls":["https://example.com/ref1.jpg"],"error_message":null,
            "duration_ms":14820,"cost":{"amount":2,"currency":"credit","breakdown":{"base":1,"enhance":1}},
            "width":1024,"height":1024,"image_count":1,"size_preset":"square","inference_type":"t2i","seed":\#(number),
            "cfg_rescale":0.7,"denoise_strength":null,"video_duration":null,"video_resolution":null,"video_ratio":null,
            "video_camera_fixed":{},"character_id":"char_01HXMQ7Z3K8Y2ABCDEFGHJKM","bundle_name":"Cinematic Trio",
            "loras":[{"id":"lora_01HXMQ7Z3K8Y2ABCDEFGHJKM","name":"Sunset Style"}],"aurous_version":"2026-05-15",
            "creation_request_id":"req_01HXMQ7Z3K8Y2ABCDEFGHJKM","completed_at":"2026-05-04T10:00:14Z"}
            """#
    }
}

/// What a decoder would be asked for: the documented fields.
private struct DecodedPage: Decodable {
    let data: [Generation]
    let has_more: Bool
    let next_cursor: String?

    struct Generation: Decodable {
        let id, status: String
        let prompt, created_at, media_type, negative_prompt: String?
        let output_urls: [String]?
        let output_video_url: String?
        let reference_image_urls: [String]?
        let error_message: String?
        let duration_ms: Int?
        let cost: Cost?
        let width, height, image_count: Int?
        let size_preset, inference_type: String?
        let seed: Int?
        let cfg_rescale, denoise_strength, video_duration: Double?
        let video_resolution, video_ratio, character_id, bundle_name: String?
        let loras: [Lora]?
        let aurous_version, creation_request_id, completed_at: String?
    }

    struct Cost: Decodable {
        let amount: Double
        let currency: String
        let breakdown: [String: Double]?
    }

    struct Lora: Decodable {
        let id: String
        let name: String?
    }
}
