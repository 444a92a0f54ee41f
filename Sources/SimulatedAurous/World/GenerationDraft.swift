/// What someone asks the API to make.
struct GenerationDraft: Sendable {
    private enum Kind: String, Sendable { case t2i, i2i, t2v, i2v }

    private struct Size: Sendable {
        var preset: String
        var width: Int64
        var height: Int64
        var ratio: String
    }

    private static let sizes = [
        Size(preset: "square", width: 1024, height: 1024, ratio: "1:1"),
        Size(preset: "landscape", width: 1344, height: 768, ratio: "16:9"),
        Size(preset: "portrait", width: 768, height: 1344, ratio: "9:16"),
        Size(preset: "square_hd", width: 2048, height: 2048, ratio: "1:1"),
    ]

    private let kind: Kind
    private let size: Size
    private let seconds: Int64
    private let enhances: Bool
    let imageCount: Int
    var characterID: String?

    init(using chance: inout Chance) {
        kind = chance.weighted([(weight: 56, outcome: .t2i), (20, .i2i), (13, .t2v), (11, .i2v)])
        size = chance.pick(Self.sizes)
        seconds = chance.pick([5, 5, 5, 10, 12])
        enhances = chance.happens(percent: 40)
        imageCount = kind == .t2i || kind == .i2i ? Int(chance.pick([1, 1, 1, 2, 4])) : 1
    }

    var isVideo: Bool { kind == .t2v || kind == .i2v }

    private var baseHundredths: Int64 {
        isVideo ? seconds * 150 : Int64(imageCount) * (size.width > 1500 ? 200 : 100)
    }

    var amountHundredths: Int64 { baseHundredths + (enhances ? 50 : 0) }

    /// The resource at birth. One in eight leaves null fields out, as the API may.
    func fields(
        id: String, createdAt: WorldTime, requestID: String, using chance: inout Chance
    ) -> SimulatedJSON {
        var members: [SimulatedJSON.Member] = []
        func add(_ name: String, _ value: SimulatedJSON) { members.append(.init(name, value)) }
        let hasReference = kind == .i2i || kind == .i2v
        add("id", .string(id))
        add("status", "pending")
        add("prompt", .string(chance.pick(chance.happens(percent: 4) ? Casting.hostilePrompts : Casting.prompts)))
        add("created_at", .string(createdAt.description))
        add("media_type", chance.happens(percent: 3) ? nil : isVideo ? "video" : "image")
        add("negative_prompt", chance.happens(percent: 40) ? .string(chance.pick(Casting.negativePrompts)) : nil)
        add("output_urls", nil)
        add("output_video_url", nil)
        add("reference_image_urls", hasReference ? [.string(chance.pick(Casting.referenceImages))] : [])
        add("error_message", nil)
        add("duration_ms", nil)
        add("cost", cost)
        add("width", .int(size.width))
        add("height", .int(size.height))
        add("image_count", .int(Int64(imageCount)))
        add("size_preset", isVideo ? nil : .string(size.preset))
        add("inference_type", .string(kind.rawValue))
        add("seed", chance.happens(percent: 70) ? .int(chance.pick(0...4_294_967_295)) : nil)
        add("cfg_rescale", chance.happens(percent: 20) ? 0.7 : nil)
        add("denoise_strength", hasReference ? .double(Double(chance.pick(30...90)) / 100) : nil)
        members += videoMembers(using: &chance)
        add("character_id", characterID.map { .string($0) } ?? nil)
        add("bundle_name", chance.happens(percent: 8) ? .string(chance.pick(Casting.bundles)) : nil)
        add("loras", loras(using: &chance))
        add("aurous_version", "2026-05-15")
        add("creation_request_id", .string(requestID))
        add("completed_at", nil)
        if chance.happens(percent: 12) { members.removeAll { $0.value == .null } }
        return .object(members)
    }

    private var cost: SimulatedJSON {
        var breakdown: SimulatedJSON = ["base": .double(Double(baseHundredths) / 100)]
        if enhances { breakdown["enhance"] = 0.5 }
        return ["amount": .double(Double(amountHundredths) / 100), "currency": "credit", "breakdown": breakdown]
    }

    private func videoMembers(using chance: inout Chance) -> [SimulatedJSON.Member] {
        // The API leaves the type of this one open: an empty object and a bool have both been seen.
        let camera: SimulatedJSON = chance.happens(percent: 50) ? [:] : .bool(chance.happens(percent: 50))
        return [
            .init("video_duration", isVideo ? .int(seconds) : nil),
            .init("video_resolution", isVideo ? .string(chance.pick(["480p", "720p", "1080p"])) : nil),
            .init("video_ratio", isVideo ? .string(size.ratio) : nil),
            .init("video_camera_fixed", isVideo ? camera : nil),
        ]
    }

    private func loras(using chance: inout Chance) -> SimulatedJSON {
        switch chance.pick(0...9) {
        case 0...5: return nil
        case 6: return []
        default:
            let (id, name) = chance.pick(Casting.loras)
            return [["id": .string(id), "name": .string(name)]]
        }
    }
}
