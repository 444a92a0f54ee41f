import CEL
import Core
import Engine
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

extension `On a moved clock` {
    /// A long time over an API that shifts, deletes, duplicates, lies, limits and dies. `AUSPEX_CHAOS_MINUTES` makes it
    /// longer, `AUSPEX_CHAOS_SEEDS` tries more stories.
    @Suite(.timeLimit(.minutes(30))) struct `However long it goes wrong` {
        private static let minutes = number("AUSPEX_CHAOS_MINUTES") ?? 1
        private static let seeds = UInt64(number("AUSPEX_CHAOS_SEEDS") ?? 1)

        private static func number(_ name: String) -> Int? {
            ProcessInfo.processInfo.environment[name].flatMap(Int.init)
        }

        @Test(arguments: 1...seeds) func `each end is seen once, within the budget`(seed: UInt64) async throws {
            var chance = SeededRandom(seed: seed)
            let share = chance.pick([0.15, 0.5, 1])
            let tellsLimits = chance.oneIn(2)
            let seen = try await Observatory(
                watch: "[generation, character]", budget: share, tellsLimits: tellsLimits)
            var world = Story(seen)
            world.begin(using: &chance)
            try await seen.start()
            var restarts = 0
            for second in 0..<(Self.minutes * 60) {
                world.step(using: &chance)
                if second % 20 == 0 { disturb(seen.api, seed: seed &* 1000 &+ UInt64(second), using: &chance) }
                if chance.oneIn(600) {
                    await seen.end()
                    restarts += 1
                    try await seen.start()
                }
                seen.bench.clock.advance(by: .seconds(1))
                try await seen.rest()
            }
            seen.api.setLie(nil)
            seen.api.setBetween(nil)
            // The back-off ends, what was cut is swept.
            try await seen.pass(1000, step: 2)
            let told = seen.told("ended")
            let counts = Dictionary(told.map { ($0, 1) }, uniquingKeysWith: +)
            for id in world.ended { #expect(counts[id] == 1, "seed \(seed): \(id) was told \(counts[id] ?? 0) times") }
            for (id, count) in counts { #expect(count == 1 && !world.endedBefore.contains(id), "seed \(seed): \(id)") }
            let present = try await seen.service?.service.store.presentCount(source: "studio", kind: .character)
            #expect(present == world.characterCount, "seed \(seed)")
            // A new process knows what the last one took by the first answers, where they tell.
            let unknown = Double(restarts) * (tellsLimits ? 4 : 1200 * share)
            checkBudget(seen.api.requests, share: share, unknown: unknown, seed: seed)
            await seen.close()
        }

        private func disturb(_ api: ScriptedAPI, seed: UInt64, using chance: inout SeededRandom) {
            if chance.oneIn(6) { api.drink(Double(Int.random(in: 0...1300, using: &chance))) }
            let trouble = chance.pick(["none", "none", "noise", "lies", "dead", "limit", "refused"])
            let random = Mutex(SeededRandom(seed: seed))
            api.setLie { _ in
                random.withLock { chance in
                    switch trouble {
                    case "noise": chance.oneIn(3) ? chance.pick([.html, .truncated, .status(500), .dead]) : nil
                    case "lies":
                        chance.oneIn(3)
                            ? chance.pick([
                                .duplicate, .moreWithoutCursor, .emptyWithMore, .cursor("img_nobody"), .cursor("img_5"),
                            ]) : nil
                    case "dead": .dead
                    case "limit": chance.oneIn(4) ? .status(429, retryAfter: "7") : nil
                    case "refused": chance.oneIn(4) ? .status(401) : nil
                    default: nil
                    }
                }
            }
        }

        /// In no window were there more requests than the share of the bucket's size and of its rate.
        private func checkBudget(_ requests: [ScriptedAPI.Request], share: Double, unknown: Double, seed: UInt64) {
            for (prefix, burst, rate) in [("v1/images", 1200.0, 10.0), ("v1/characters", 240.0, 2.0)] {
                let times = requests.filter { $0.path.hasPrefix(prefix) }.map(\.time)
                var lowest = Double.infinity
                for (index, time) in times.enumerated() {
                    // The most that any window that ends here has held beyond its rate.
                    lowest = min(lowest, Double(index) - rate * share * time)
                    let held = Double(index + 1) - rate * share * time - lowest
                    #expect(held <= max(1, burst * share) + unknown + 1e-6, "seed \(seed): \(prefix) at \(time)")
                }
            }
        }
    }
}

/// What happens in the world, to a seed.
private struct Story {
    private let seen: Observatory
    private var live: [String: Double] = [:]
    private(set) var ended: Set<String> = []
    private(set) var endedBefore: Set<String> = []
    private(set) var characterCount = 0
    private var count = 0

    init(_ seen: Observatory) { self.seen = seen }

    mutating func begin(using chance: inout SeededRandom) {
        for number in 0..<260 {
            let isLive = number % 50 == 7
            let id = "img_\(number)"
            seen.api.edit {
                $0.generations.append(
                    seen.row(
                        id, isLive ? "processing" : "failed", created: -Double(number), completed: isLive ? nil : -1))
            }
            if isLive { live[id] = Double.random(in: 5...300, using: &chance) } else { endedBefore.insert(id) }
        }
        for number in 0..<130 {
            seen.api.edit { $0.characters.append(seen.row("char_\(number)", "ready", created: -Double(number))) }
        }
        characterCount = 130
    }

    mutating func step(using chance: inout SeededRandom) {
        let now = seen.bench.clock.seconds
        let born = chance.oneIn(3) ? Int.random(in: 1...(chance.oneIn(40) ? 130 : 3), using: &chance) : 0
        for _ in 0..<born {
            count += 1
            let id = "\(chance.oneIn(5) ? "vid" : "img")_new_\(count)"
            let takes =
                id.hasPrefix("vid") ? Double.random(in: 60...200, using: &chance) : .random(in: 2...30, using: &chance)
            live[id] = now + takes
            let row = seen.row(id, "pending", created: now + Double(count % 1000) / 1000)
            seen.api.edit { $0.generations.append(row) }
        }
        let due = live.filter { $0.value <= now }.keys
        for id in due {
            live[id] = nil
            ended.insert(id)
        }
        if !due.isEmpty {
            let status = chance.pick(["failed", "succeeded"])
            let (ids, wall) = (Set(due), seen.bench.clock.wall)
            seen.api.edit { world in
                for index in world.generations.indices where ids.contains(world.generations[index].id) {
                    world.generations[index].status = status
                    world.generations[index].completedAt = wall
                }
            }
        }
        // Something that ended long ago is deleted, perhaps under a cursor.
        if chance.oneIn(10) {
            let old = "img_\(Int.random(in: 60...259, using: &chance))"
            if live[old] == nil { seen.api.edit { $0.generations.removeAll { $0.id == old } } }
        }
        if characterCount > 20, chance.oneIn(30) {
            let place = Int.random(in: 0..<characterCount, using: &chance)
            seen.api.edit { _ = $0.characters.remove(at: place) }
            characterCount -= 1
        }
    }
}
