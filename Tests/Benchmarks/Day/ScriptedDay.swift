import Core
import SimulatedAurous

/// What happens in one studio on one day: decided beforehand from a seed, so that every way to watch it sees the same.
struct ScriptedDay {
    /// Something that happens to a resource; times are milliseconds after midnight.
    struct Event {
        var at: Int64
        var id: String
        var status: String
        var kind: ResourceKind
    }

    /// From birth to the end, in milliseconds after midnight.
    struct Life {
        var born: Int64
        var ended: Int64
    }

    static let length: Int64 = 86_400_000
    static let generationCount = 20_000
    static let characterCount = 50
    /// Generations of the day before, all ended.
    static let pastCount = 300

    /// In the order in which it happens.
    let events: [Event]
    /// Generations, oldest first.
    let generations: [Life]

    init(seed: UInt64) {
        var chance = Chance(seed: seed)
        var lives: [[Event]] = []
        for (number, born) in Self.births(using: &chance).enumerated() {
            lives.append(Self.generation("img_\(number)", born: born, using: &chance))
        }
        generations = lives.map { Life(born: $0[0].at, ended: $0[$0.count - 1].at) }
        for number in 0..<Self.characterCount {
            lives.append(Self.character("char_\(number)", using: &chance))
        }
        events = lives.joined().sorted { ($0.at, $0.id) < ($1.at, $1.id) }
    }

    /// How busy each hour is, against the busiest: quiet nights, a lull at noon.
    private static let rhythm: [Double] = [
        0.12, 0.08, 0.06, 0.05, 0.05, 0.08, 0.15, 0.3, 0.6, 0.9, 1, 1,
        0.7, 0.8, 1, 1, 0.95, 0.85, 0.6, 0.5, 0.45, 0.4, 0.3, 0.2,
    ]

    /// Sorted; every tenth submission is a burst of up to a dozen within two seconds.
    private static func births(using chance: inout Chance) -> [Int64] {
        var births: [Int64] = []
        while births.count < generationCount {
            let at = Int64.random(in: 0..<length, using: &chance)
            guard Double.random(in: 0..<1, using: &chance) < rhythm[Int(at / 3_600_000)] else { continue }
            let together = Int.random(in: 0..<10, using: &chance) == 0 ? Int.random(in: 3...12, using: &chance) : 1
            for _ in 0..<min(together, generationCount - births.count) {
                births.append(min(length - 1, at + .random(in: 0...2000, using: &chance)))
            }
        }
        return births.sorted()
    }

    /// Images take 10 to 30 s, videos 1 to 5 minutes; one in fifty five times as long; some are refused at the door.
    private static func generation(_ id: String, born: Int64, using chance: inout Chance) -> [Event] {
        func event(_ after: Int64, _ status: String) -> Event {
            Event(at: born + after, id: id, status: status, kind: .generation)
        }
        let pending = event(0, "pending")
        switch Int.random(in: 0..<100, using: &chance) {
        case 0..<4: return [pending, event(.random(in: 200...1500, using: &chance), "failed")]
        case 4..<7: return [pending, event(.random(in: 1000...8000, using: &chance), "cancelled")]
        default: break
        }
        let isVideo = Int.random(in: 0..<100, using: &chance) < 20
        let slowness: Int64 = Int.random(in: 0..<50, using: &chance) == 0 ? 5 : 1
        let works = Int64.random(in: isVideo ? 60_000...300_000 : 10_000...30_000, using: &chance) * slowness
        let end = Int.random(in: 0..<100, using: &chance) < 8 ? "failed" : "succeeded"
        return [pending, event(.random(in: 500...4000, using: &chance), "processing"), event(works, end)]
    }

    /// Synthesized in 30 to 90 s, then in review for hours until someone saves it; one in ten fails.
    private static func character(_ id: String, using chance: inout Chance) -> [Event] {
        let born = Int64.random(in: 8 * 3_600_000..<17 * 3_600_000, using: &chance)
        func event(_ at: Int64, _ status: String) -> Event { Event(at: at, id: id, status: status, kind: .character) }
        let made = born + .random(in: 30_000...90_000, using: &chance)
        guard Int.random(in: 0..<10, using: &chance) > 0 else {
            return [event(born, "synthesizing"), event(made, "failed")]
        }
        let saved = made + .random(in: 1_800_000...21_600_000, using: &chance)
        return [event(born, "synthesizing"), event(made, "reviewing"), event(saved, "ready")]
    }
}

extension ScriptedDay.Event {
    /// Whether somebody waits to hear of it, and the rule that says so.
    var rule: String? {
        switch (kind, status) {
        case (.generation, "succeeded"), (.generation, "failed"), (.generation, "cancelled"): "ended"
        case (.character, "reviewing"), (.character, "ready"), (.character, "failed"): status
        default: nil
        }
    }

    /// The rules that ask for just these events.
    static let rules = """
        rules:
          - { name: ended, watch: generation, when: 'self.status in ["succeeded", "failed", "cancelled"]' }
          - { name: reviewing, watch: character, when: self.status == "reviewing" }
          - { name: ready, watch: character, when: self.status == "ready" }
          - { name: failed, watch: character, when: self.status == "failed" }
        """

    /// Makes it happen. The resource's fields are those that the API gives one of its age.
    func happen(in world: inout SimulatedWorld, at time: WorldTime) {
        let (status, now) = (SimulatedJSON.string(status), SimulatedJSON.string(time.description))
        guard world.resource(id) == nil else {
            world.update(id) { fields in
                fields["status"] = status
                if rule != nil, kind == .generation { fields["completed_at"] = now }
                if kind == .character { fields["updated_at"] = now }
            }
            return
        }
        switch kind {
        case .character:
            world.put(character: [
                "id": .string(id), "object": "character", "name": "Aurora", "status": status, "created_at": now,
                "updated_at": now,
            ])
        default:
            world.put(generation: [
                "id": .string(id), "status": status, "prompt": "a lighthouse above the sea at night, oil on canvas",
                "created_at": now, "media_type": "image", "width": 1024, "height": 1024, "inference_type": "t2i",
                "cost": ["amount": 2, "currency": "credit"], "completed_at": nil,
            ])
        }
    }
}
