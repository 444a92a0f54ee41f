import CEL
import Core
import Store
import TestSupport
import Testing

/// Resources that come and go, silences, restarts, reloads, and a clock that is set back and forth: whatever happens,
/// each sink is told of each alert once that it fires and once that it ended, in this order, and never of an end alone.
@Suite(.serialized) struct `Whatever happens` {
    private static func rules(grouped: Bool) -> [Rule] {
        let plain = Sample.rule(
            "plain", when: #"self.status == "failed""#, title: "${self.id}", notify: ["team", "ops"],
            sendsResolved: true)
        let patient = Sample.rule(
            "patient", when: #"self.status == "slow""#, for: .seconds(30), keepFiringFor: .seconds(20),
            title: "${self.id}", notify: ["team"])
        let inhibited = Sample.rule(
            "inhibited", when: #"self.status == "failed" || self.status == "expired""#, title: "${self.id}",
            notify: ["team"], sendsResolved: true
        ).with(noise: NoisePolicy(inhibitedBy: ["plain"]))
        let grouping = grouped ? Grouping(by: [], wait: .seconds(10), interval: .seconds(40)) : nil
        let gathered = Sample.rule(
            "gathered", when: #"self.status == "expired" || self.status == "slow""#, title: "${self.id}",
            notify: ["ops"], sendsResolved: true
        ).with(noise: NoisePolicy(grouping: grouping))
        return [plain, patient, inhibited, gathered]
    }

    /// What one sink has heard of one alert, in order.
    private struct Heard: Hashable {
        var sink: String
        var alert: AlertID
    }

    @Test(arguments: 1...16) func `whoever hears of an alert hears all of it, once and in order`(seed: UInt64)
        async throws
    {
        var random = SeededRandom(seed: seed)
        let sinkGroups = ["ops": Grouping(by: [], wait: .seconds(5), interval: .seconds(30))]
        let life = try NoiseTimeline(
            Self.rules(grouped: true), sinks: ["team", "ops"], groups: seed % 3 == 0 ? sinkGroups : [:],
            restarts: seed.isMultiple(of: 2))
        var heard: [Heard: [String]] = [:]
        var silences: [String] = []
        var now = 0
        for _ in 0..<90 {
            switch Int.random(in: 0..<16, using: &random) {
            case 0..<7:
                let changed = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    (
                        "img_\(Int.random(in: 0..<6, using: &random))",
                        random.pick(["ready", "failed", "slow", "expired"])
                    )
                }
                try await life.sees(Dictionary(changed, uniquingKeysWith: { $1 }).map { ($0.key, $0.value) }, at: now)
            case 7..<10: try await life.looks(at: now)
            case 10:
                let expression = random.pick(["true", #"rule.name == "plain""#, #"resource_id == "img_1""#])
                silences.append(
                    try await life.silence(expression, from: now, to: now + Int.random(in: 5...60, using: &random)))
            case 11:
                if let id = silences.popLast() { _ = try await life.store.expireSilence(id, at: Sample.at(now)) }
            case 12: try await life.reload(Self.rules(grouped: random.oneIn(2)))
            case 13: try life.restart()
            case 14: now += random.pick([-3600, -20, 20, 90])
            default: now += 5
            }
            try await life.passes(at: now)
            try await hear(life, into: &heard)
        }
        // Everything comes to rest: the clock is right again, and no silence lasts.
        now = 100_000
        for step in 0..<6 {
            try await life.looks(at: now + 100 * step)
            try await life.passes(at: now + 100 * step)
        }
        try await hear(life, into: &heard)
        let waiting = try await life.store.untold(limit: 1000).values.joined()
        #expect(waiting.allSatisfy { $0.hold?.reason == .inhibited }, "nothing else is held by now")
        try await life.sees((0..<6).map { ("img_\($0)", "ready") }, at: now + 1000)
        for step in 11..<18 {
            try await life.looks(at: now + 100 * step)
            try await life.passes(at: now + 100 * step)
        }
        try await hear(life, into: &heard)
        try await check(life, heard)
    }

    private func hear(_ life: NoiseTimeline, into heard: inout [Heard: [String]]) async throws {
        for (words, notification) in try await life.notifications() {
            let sink = words.split(separator: " ")[1].dropLast()
            for view in notification.alerts {
                heard[Heard(sink: String(sink), alert: view.id), default: []].append(view.state)
            }
        }
    }

    private func check(_ life: NoiseTimeline, _ heard: [Heard: [String]]) async throws {
        let alerts = try await life.store.alerts(includingResolved: true, limit: 10_000)
        #expect(alerts.count { $0.firedAt != nil } > 5, "the story is worth telling")
        var told: Set<Heard> = []
        for alert in alerts where alert.firedAt != nil {
            #expect(alert.phase == .resolved && alert.waiting.isEmpty)
            told.formUnion(alert.told.map { Heard(sink: $0, alert: alert.id) })
        }
        #expect(Set(heard.keys) == told, "told is who was told")
        for (hearing, states) in heard {
            // In a digest what fired and ended while it waited is told as ended.
            #expect(states == ["firing", "resolved"] || states == ["resolved"], "\(hearing): \(states)")
        }
        #expect(try await life.store.untold(limit: 10).isEmpty)
        #expect(try await life.store.noiseCounts(at: Sample.at(1_000_000)).owed.isEmpty)
    }
}

/// Timers are due times in the store: nothing of them is anywhere else.
@Suite(.serialized) struct `A timer of an alert` {
    private let stuck = Sample.rule(
        "stuck", when: #"self.status == "processing""#, for: .seconds(1800), keepFiringFor: .seconds(300),
        repeatInterval: .seconds(3600), title: "${self.id} is stuck")

    /// Looks every minute, as a poll does, from the first second to the last.
    private func story(_ life: NoiseTimeline, from: Int, to: Int, skipping: Range<Int> = 0..<0) async throws -> [String]
    {
        var said: [String] = []
        for second in stride(from: from, to: to, by: 60) where !skipping.contains(second) {
            try await life.looks(at: second)
            said += try await life.told().map { "\(second / 60) \($0)" }
        }
        return said
    }

    @Test func `comes to the same whether the process lives on or is begun anew at every step`() async throws {
        var stories: [[String]] = []
        for restarts in [false, true] {
            let life = try NoiseTimeline([stuck], restarts: restarts)
            try await life.sees("img_1", "processing", at: 0, [("created_at", Sample.time(0))])
            var said = try await story(life, from: 0, to: 9000)
            try await life.sees("img_1", "ready", at: 9000)
            said += try await story(life, from: 9000, to: 12_000)
            stories.append(said)
        }
        #expect(
            stories[0] == [
                "30 fired team: img_1 is stuck", "90 reminded team: img_1 is stuck",
                "155 resolved team: img_1 is stuck",
            ])
        #expect(stories[0] == stories[1])
    }

    /// For a day; then all that is due is due at once, and is said once.
    @Test(arguments: [60, 1740, 1800, 3660, 5400])
    func `loses and doubles nothing while the machine is suspended`(from: Int) async throws {
        let life = try NoiseTimeline([stuck])
        try await life.sees("img_1", "processing", at: 0, [("created_at", Sample.time(0))])
        let said = try await story(life, from: 0, to: 100_000, skipping: from..<86_400)
        #expect(said.count { $0.contains("fired") } == 1)
        // One reminder for the day, and then one each hour.
        let reminders = said.filter { $0.contains("reminded") }.compactMap { $0.split(separator: " ").first }.compactMap
        { Int($0) }
        #expect(zip(reminders, reminders.dropFirst()).allSatisfy { $1 - $0 >= 60 }, "\(reminders)")
        #expect(said.allSatisfy { !$0.contains("resolved") })
    }

    @Test(arguments: [-86_400, -3600, -600, 600])
    func `says nothing twice when the clock is set`(jump: Int) async throws {
        let life = try NoiseTimeline([stuck])
        try await life.sees("img_1", "processing", at: 0, [("created_at", Sample.time(0))])
        var said = try await story(life, from: 0, to: 2400)
        said += try await story(life, from: 2400 + jump, to: 2400 + max(jump, 0) + 600)
        #expect(said.count { $0.contains("fired") } == 1)
        #expect(said.count { $0.contains("resolved") } == 0)
        try await life.sees("img_1", "ready", at: 20_000)
        said += try await story(life, from: 20_000, to: 21_000)
        #expect(said.count { $0.contains("resolved") } == 1)
    }

    @Test func `backs off as the rule says, and goes on with the last interval`() async throws {
        var policy = stuck.policy
        policy.repeatIntervals = [.seconds(600), .seconds(1200), .seconds(2400)]
        let rule = stuck.with(policy: policy)
        let life = try NoiseTimeline([rule], restarts: true)
        try await life.sees("img_1", "processing", at: 0, [("created_at", Sample.time(0))])
        let said = try await story(life, from: 0, to: 12_000)
        #expect(said.map { $0.prefix { $0 != " " } } == ["30", "40", "60", "100", "140", "180"])
    }
}
