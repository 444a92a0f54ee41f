import AurousAPI
import Foundation

/// An unchanged page of 100 generations: from received bytes to "nothing to do", beside Foundation's JSONDecoder alone.
///
/// The figure to hold: under 0.6 ms of CPU in release mode.
enum PageBenchmark {
    private static let rounds = 300

    static func run() {
        let bytes = Array(SamplePage.json(rows: 100).utf8)
        let data = Data(bytes)
        guard let first = try? PageScan.list(bytes), first.rows.count == 100 else {
            return Report.line("the benchmark's own page cannot be scanned")
        }
        var known: [UInt64: UInt64] = [:]
        first.forEachRow { known[$0.idHash] = $0.fingerprint }

        Report.line(
            "page of 100 generations, \(bytes.count / 1000) kB, unchanged; median and best CPU time of \(rounds)")
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
            guard body() == 0 else { return Report.line("\(name): WRONG RESULT") }
            times.append(Double(clock() - start) / Double(CLOCKS_PER_SEC) * 1000)
        }
        times.sort()
        Report.line(String(format: "  %-42@ %7.3f ms %7.3f ms", name as NSString, times[rounds / 2], times[0]))
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
