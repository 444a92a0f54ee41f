import CEL
import Core
import Engine
import SimulatedAurous
import Store
import TestSupport
import Testing

/// Random lives, random faults on both sides and restarts in between; whatever happens, what is told is true.
@Suite(.timeLimit(.minutes(30))) struct `Whatever goes wrong on the way` {
    private static let rules = """
        rules:
          - { name: failed, watch: generation, when: 'self.status == "failed"', title: "${self.id}" }
          - { name: review, watch: character, when: 'self.status == "reviewing"', for: 0s, title: "${self.id}" }
        """

    @Test(arguments: 1...6) func `each thing is told once, in order, and at last as it is`(seed: UInt64) async throws {
        var chance = SeededRandom(seed: seed)
        let bench = try await Bench()
        let configuration = bench.configuration(
            watch: "[generation, character]", lane: "retry: [5s, 5s, 5s, 5s, 5s, 5s, 5s, 5s]")
        var life = Life()
        life.begin(on: bench, using: &chance)
        var service: Service? = try bench.service(configuration, rules: Self.rules)
        _ = await service?.onceInTime()
        for _ in 0..<25 {
            life.step(on: bench, using: &chance)
            disturb(bench, using: &chance)
            if chance.oneIn(4) {
                service = nil
                service = try bench.service(configuration, rules: Self.rules)
            }
            _ = await service?.onceInTime()
            bench.clock.advance(by: .seconds(Int.random(in: 1...8, using: &chance)))
        }
        bench.api.clearFaults()
        bench.receiver.setRule(nil)
        for _ in 0..<6 {
            bench.clock.advance(by: .seconds(10))
            #expect(await service?.onceInTime() == [])
        }
        let told = Told(bench.receiver.received)
        #expect(told.disorder == [], "seed \(seed)")
        for (id, status) in life.generations where !life.atBaseline.contains(id) {
            #expect(told.firings("failed", id) == (status == "failed" ? 1 : 0), "seed \(seed): \(id) \(status)")
        }
        for id in life.atBaseline { #expect(told.firings("failed", id) == 0, "seed \(seed): \(id)") }
        for (id, status) in life.characters {
            #expect(told.isFiring(id) == (status == "reviewing"), "seed \(seed): \(id) \(status)")
        }
        #expect(try await service?.store.deliveryCounts()["team"]?.dead ?? 0 == 0)
        await bench.stop()
    }

    private func disturb(_ bench: Bench, using chance: inout SeededRandom) {
        bench.api.clearFaults()
        let faults: [Fault] = [
            .status(500, code: "internal_error"), .html(502), .truncated(afterBytes: 90), .duplicateRow, .malformedRows,
            .empty(200), .nextCursor("img_nobody"),
        ]
        if chance.oneIn(2) {
            // Spared at first, so that it meets any of the pages.
            for _ in 0..<Int.random(in: 0...3, using: &chance) { bench.api.inject(.delay(milliseconds: 0)) }
            bench.api.inject(chance.pick(faults), times: Int.random(in: 1...3, using: &chance))
        }
        let isSinkDown = chance.oneIn(3)
        bench.receiver.setRule { callback in isSinkDown && callback.number % 2 == 0 ? .status(503) : nil }
    }
}

/// What lives in the world of a test.
private struct Life {
    var generations: [String: String] = [:]
    var characters: [String: String] = [:]
    /// Generations that had failed before anyone looked.
    var atBaseline: Set<String> = []
    private var count = 0

    mutating func begin(on bench: Bench, using chance: inout SeededRandom) {
        for _ in 0..<130 { make(chance.pick(["failed", "succeeded", "processing"]), on: bench) }
        atBaseline = Set(generations.filter { $0.value == "failed" }.keys)
        for number in 0..<6 { turn("char_\(number)", chance.pick(["ready", "reviewing"]), on: bench) }
    }

    mutating func step(on bench: Bench, using chance: inout SeededRandom) {
        for _ in 0..<Int.random(in: 0...(chance.oneIn(5) ? 150 : 4), using: &chance) {
            make(chance.pick(["pending", "failed", "succeeded"]), on: bench)
        }
        let live = generations.filter { $0.value == "pending" || $0.value == "processing" }.keys.sorted()
        for id in live where chance.oneIn(3) {
            let status = chance.pick(["processing", "failed", "succeeded"])
            generations[id] = status
            bench.change(id, ["status": .string(status)])
        }
        for id in characters.keys.sorted() where chance.oneIn(3) {
            turn(id, chance.pick(["ready", "reviewing", "synthesizing", "failed"]), on: bench)
        }
    }

    private mutating func make(_ status: String, on bench: Bench) {
        count += 1
        let id = "img_\(1000 + count)"
        generations[id] = status
        bench.put([
            "id": .string(id), "status": .string(status),
            "created_at": .string(bench.clock.wall.advanced(by: .milliseconds(count)).rfc3339),
        ])
    }

    private mutating func turn(_ id: String, _ status: String, on bench: Bench) {
        characters[id] = status
        bench.put([
            "id": .string(id), "status": .string(status), "created_at": .string(Sample.at(-100).rfc3339),
            "updated_at": .string(bench.clock.wall.rfc3339),
        ])
    }
}

/// What a receiver makes of what arrived: it drops what it has by `webhook-id`.
private struct Told {
    /// Ids of alerts' resources by rule, with the types of what was told, in order.
    private var stories: [String: [String]] = [:]
    private(set) var disorder: [String] = []

    init(_ callbacks: [ReceivedCallback]) {
        var accepted: Set<String> = []
        for callback in callbacks where callback.status == 204 {
            guard let id = callback[header: "webhook-id"], accepted.insert(id).inserted, let json = callback.json,
                let type = json["type"]?.text, let rule = json["data"]?["rule"]?["name"]?.text,
                let alert = json["data"]?["alerts"]?.elements?.first, let resource = alert["resource_id"]?.text
            else { continue }
            stories["\(rule) \(resource)", default: []].append(type)
        }
        for (name, story) in stories.sorted(by: { $0.key < $1.key }) where name.hasPrefix("review") {
            let expected = story.indices.map { $0 % 2 == 0 ? "alert.fired" : "alert.resolved" }
            if story != expected { disorder.append("\(name): \(story)") }
        }
    }

    func firings(_ rule: String, _ id: String) -> Int { stories["\(rule) \(id)"]?.count { $0 == "alert.fired" } ?? 0 }
    func isFiring(_ id: String) -> Bool { stories["review \(id)"]?.last == "alert.fired" }
}
