import SimulatedAurous
import Testing

@Suite struct `A simulated world` {
    private func world(seed: UInt64 = 7, speed: Double = 60) -> SimulatedWorld {
        SimulatedWorld(seed: seed, start: ManualClock.start, pace: .studio, speed: speed)
    }

    private func everything(_ world: SimulatedWorld) -> [SimulatedJSON?] {
        (world.generationIDs + world.characterIDs).map { world.resource($0) } + [world.balance.json]
    }

    @Test func `begins with a past in which all is settled but one review that is stuck for an hour`() throws {
        let world = world()
        let generations = world.generationIDs.compactMap { world.resource($0) }
        let characters = world.characterIDs.compactMap { world.resource($0) }
        #expect(generations.count == 48)
        #expect(generations.allSatisfy { $0["completed_at"] != nil })
        let stuck = characters.filter { $0["status"] == "reviewing" }
        #expect(stuck.map { $0["updated_at"] } == ["2026-11-20T11:00:00Z"])
        #expect(characters.filter { $0["status"] == "ready" }.count == 6)
    }

    @Test func `tells the same story for the same seed, however often it is asked`() {
        var (often, once, other) = (world(), world(), world(seed: 8))
        let end = ManualClock.start.adding(milliseconds: 120_000)
        for step in 1...1200 { often.advance(to: ManualClock.start.adding(milliseconds: Int64(step) * 100)) }
        once.advance(to: end)
        other.advance(to: end)
        #expect(everything(often) == everything(once))
        #expect(everything(often) != everything(other))
    }

    @Test func `lets statuses follow one another only as documented, and keeps what is terminal for ever`() throws {
        var world = SimulatedWorld(
            seed: 11, start: ManualClock.start,
            pace: SimulatedPace(generationsPerHour: 300, charactersPerHour: 60, hasHistory: false), speed: 1)
        var generations: [String: GenerationStatus] = [:]
        var characters: [String: CharacterStatus] = [:]
        var terminal: [String: SimulatedJSON] = [:]
        // A second is shorter than any state that is followed by another, but `pending`, which all begin in.
        for second in 1...2400 {
            world.advance(to: ManualClock.start.adding(milliseconds: Int64(second) * 1000))
            for id in world.generationIDs where terminal[id] == nil {
                let resource = try #require(world.resource(id))
                let status = try #require(resource["status"]?.text.flatMap { GenerationStatus(rawValue: $0) })
                let before = generations.updateValue(status, forKey: id) ?? status
                #expect(status == before || before.successors.contains(status), "\(before) → \(status)")
                if status.isTerminal { terminal[id] = resource }
            }
            for id in world.characterIDs where second % 5 == 0 {
                let status = try #require(world.resource(id)?["status"]?.text.flatMap { CharacterStatus(rawValue: $0) })
                let before = characters.updateValue(status, forKey: id) ?? status
                #expect(status == before || before.successors.contains(status), "\(before) → \(status)")
            }
        }
        #expect(Set(generations.values).isSuperset(of: GenerationStatus.allCases.filter(\.isTerminal)))
        #expect(Set(characters.values) == Set(CharacterStatus.allCases))
        #expect(terminal.count > 150)
        for (id, resource) in terminal { #expect(world.resource(id) == resource) }
    }

    @Test func `reports times that agree with each other and with the watcher's clock`() throws {
        var world = world()
        let end = ManualClock.start.adding(milliseconds: 60_000)
        world.advance(to: end)
        var finished = 0
        for resource in world.generationIDs.compactMap({ world.resource($0) }) {
            let created = try #require(resource["created_at"]?.text.flatMap { WorldTime($0) })
            #expect(created <= end)
            guard let completed = resource["completed_at"]?.text.flatMap({ WorldTime($0) }) else { continue }
            finished += 1
            #expect(resource["duration_ms"]?.integer == completed.milliseconds - created.milliseconds)
            #expect(completed <= end)
        }
        #expect(finished > 60)
        // A ULID begins with its instant: ten characters.
        let instants = world.generationIDs.map { $0.dropFirst(4).prefix(10) }
        #expect(instants == instants.sorted(by: >))
    }

    @Test func `sees characters deleted in both ways, renamed, retried and uploaded`() {
        var world = SimulatedWorld(
            seed: 5, start: ManualClock.start,
            pace: SimulatedPace(generationsPerHour: 0, charactersPerHour: 40, hasHistory: false), speed: 1)
        var (gone, renamed, retried, uploaded) = (0, 0, 0, 0)
        var last: [String: SimulatedJSON] = [:]
        for step in 1...400 {
            world.advance(to: ManualClock.start.adding(milliseconds: Int64(step) * 15_000))
            let now = Dictionary(uniqueKeysWithValues: world.characterIDs.map { ($0, world.resource($0) ?? nil) })
            gone += last.keys.count { now[$0] == nil }
            for (id, character) in now {
                guard let old = last[id] else {
                    if character["status"] == "ready" { uploaded += 1 }
                    continue
                }
                if old["name"] != character["name"] { renamed += 1 }
                if old["status"] == "failed", character["status"] == "synthesizing" { retried += 1 }
            }
            last = now
        }
        #expect([gone, renamed, retried, uploaded].allSatisfy { $0 > 0 })
        #expect(last.count <= SimulatedWorld.charactersKept)
    }

    @Test func `holds credits while work is under way and charges what succeeds`() {
        var world = world()
        world.advance(to: ManualClock.start.adding(milliseconds: 30_000))
        let held = world.generationIDs.compactMap { world.resource($0) }
            .filter { $0["status"] == "pending" || $0["status"] == "processing" }
            .compactMap { $0["cost"]?["amount"]?.number }.reduce(0, +)
        #expect(Double(world.balance.heldHundredths) == held * 100)
    }

    @Test func `leaves alone what a test has touched`() throws {
        var world = world()
        world.advance(to: ManualClock.start.adding(milliseconds: 5_000))
        let id = try #require(world.generationIDs.first { world.resource($0)?["completed_at"]?.text == nil })
        let isUpdated = world.update(id) { $0["status"] = "paused" }
        world.advance(to: ManualClock.start.adding(milliseconds: 500_000))
        #expect(isUpdated)
        #expect(world.resource(id)?["status"] == "paused")
        let isUnknown = world.update("img_none") { $0["status"] = "paused" }
        #expect(!isUnknown)
        world.remove(id)
        #expect(world.resource(id) == nil)
    }

    @Test func `does not go back in time, and follows a leap of years without end in portions`() {
        var world = world()
        world.advance(to: ManualClock.start.adding(milliseconds: -1_000_000))
        #expect(world.now == ManualClock.start)
        let years = ManualClock.start.adding(milliseconds: 1_000 * 3600 * 24 * 365 * 10)
        var still = SimulatedWorld(seed: 1, start: ManualClock.start, pace: .still, speed: 1)
        still.advance(to: years)
        #expect(still.now == years)
    }
}
