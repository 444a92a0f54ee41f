import CEL
import Core
import Store
import TestSupport
import Testing

private let critical = Sample.rule(
    "critical", when: "self.duration_ms > 1000", title: "${self.id} is very slow", sendsResolved: true)
private let warning = Sample.rule(
    "warning", when: "self.duration_ms > 100", title: "${self.id} is slow", sendsResolved: true
).with(noise: NoisePolicy(inhibitedBy: ["critical"]))
private let down = Sample.rule("down", watch: .source, when: "!self.reachable", title: "down", sendsResolved: true)

private func took(_ milliseconds: Int) -> [(String, String)] { [("duration_ms", "\(milliseconds)")] }

@Suite(.serialized) struct `An inhibited alert` {
    @Test(arguments: [false, true])
    func `is held while the other fires, and told when that ends and it fires still`(restarts: Bool) async throws {
        let life = try NoiseTimeline([warning, critical], restarts: restarts)
        // Both at once: what inhibits is known before anything is told, in whatever order the rules are.
        try await life.sees("img_1", "processing", at: 0, took(2000))
        #expect(try await life.told() == ["fired team: img_1 is very slow"])
        try await life.passes(at: 1000)
        #expect(try await life.told() == [])
        try await life.sees("img_1", "processing", at: 1001, took(500))
        try await life.passes(at: 1001)
        #expect(try await life.told() == ["resolved team: img_1 is very slow", "fired team: img_1 is slow"])
        try await life.sees("img_1", "processing", at: 1002, took(5))
        #expect(try await life.told() == ["resolved team: img_1 is slow"])
    }

    @Test func `that ends with the other was never told`() async throws {
        let life = try NoiseTimeline([warning, critical])
        try await life.sees("img_1", "processing", at: 0, took(2000))
        try await life.sees("img_1", "processing", at: 5, took(5))
        try await life.passes(at: 10)
        #expect(try await life.told() == ["fired team: img_1 is very slow", "resolved team: img_1 is very slow"])
    }

    @Test func `is one of the same resource where both rules are about resources of one kind`() async throws {
        let life = try NoiseTimeline([warning, critical])
        try await life.sees("img_1", "processing", at: 0, took(2000))
        try await life.sees("img_2", "processing", at: 1, took(200))
        #expect(try await life.told() == ["fired team: img_1 is very slow", "fired team: img_2 is slow"])
    }

    @Test func `that was told before is told to have ended, whatever fires`() async throws {
        let life = try NoiseTimeline([warning, critical])
        try await life.sees("img_1", "processing", at: 0, took(200))
        try await life.sees("img_1", "processing", at: 1, took(2000))
        try await life.sees("img_1", "processing", at: 2, took(2))
        #expect(
            try await life.told() == [
                "fired team: img_1 is slow", "fired team: img_1 is very slow", "resolved team: img_1 is slow",
                "resolved team: img_1 is very slow",
            ])
    }

    @Test func `by a source that is down is one of that source alone`() async throws {
        let failed = Sample.rule("failed", when: #"self.status == "failed""#, title: "${self.id} failed")
            .with(noise: NoisePolicy(inhibitedBy: ["down"]))
        let life = try NoiseTimeline([failed, down])
        try await life.sees("other", "", at: 0, [("reachable", "false")], kind: .source)
        #expect(try await life.told() == ["fired team: down"])
        try await life.sees("img_1", "failed", at: 1)
        // The alert of a source is one of the source of its own name; in this store both are of `studio`.
        #expect(try await life.told() == [])
        try await life.sees("other", "", at: 2, [("reachable", "true")], kind: .source)
        try await life.passes(at: 3)
        #expect(try await life.told() == ["resolved team: down", "fired team: img_1 failed"])
    }

    /// The inhibitor fires on after a restart, and so the other is held on.
    @Test func `is held after a restart as before`() async throws {
        let life = try NoiseTimeline([warning, critical])
        try await life.sees("img_1", "processing", at: 0, took(2000))
        #expect(try await life.told() == ["fired team: img_1 is very slow"])
        try life.restart()
        try await life.reload([warning, critical])
        try await life.passes(at: 5)
        try await life.sees("img_1", "processing", at: 6, took(3000))
        try await life.passes(at: 7)
        #expect(try await life.told() == [])
    }

    @Test func `is told when the configuration inhibits it no more`() async throws {
        let life = try NoiseTimeline([warning, critical])
        try await life.sees("img_1", "processing", at: 0, took(2000))
        try await life.reload([warning.with(noise: NoisePolicy()), critical])
        try await life.passes(at: 10)
        #expect(try await life.told() == ["fired team: img_1 is very slow", "fired team: img_1 is slow"])
    }

    @Test func `that waited in a group is held when the other comes a little later`() async throws {
        let patient = warning.with(noise: NoisePolicy(grouping: Grouping(by: []), inhibitedBy: ["critical"]))
        let life = try NoiseTimeline([patient, critical])
        try await life.sees("img_1", "processing", at: 0, took(200))
        try await life.sees("img_1", "processing", at: 5, took(2000))
        try await life.passes(at: 10)
        #expect(try await life.told() == ["fired team: img_1 is very slow"])
    }
}

@Suite(.serialized) struct `A muted alert` {
    private static func muted(_ mute: [MuteTime]) -> Rule {
        Sample.rule("failed", when: #"self.status == "failed""#, title: "${self.id} failed", sendsResolved: true)
            .with(noise: NoisePolicy(mute: mute))
    }

    /// Noon on a Monday is 14:00 in Berlin.
    @Test(arguments: [false, true])
    func `is told when the time is over and it fires still`(restarts: Bool) async throws {
        let mute = MuteTime(days: [1], from: 13 * 60, to: 15 * 60, zone: "Europe/Berlin")
        let life = try NoiseTimeline([Self.muted([mute])], restarts: restarts)
        try await life.sees([("img_1", "failed"), ("img_2", "failed"), ("img_3", "failed")], at: 0)
        try await life.sees("img_2", "ready", at: 60)
        #expect(try await life.passes(at: 3599) == 3600)
        #expect(try await life.told() == [])
        try await life.passes(at: 3600)
        #expect(try await life.told() == ["fired team: 2 generations: failed"])
    }

    @Test func `that was told before is told to have ended in the muted time`() async throws {
        let mute = MuteTime(from: 12 * 60 + 10, to: 13 * 60)
        let life = try NoiseTimeline([Self.muted([mute])])
        try await life.sees("img_1", "failed", at: 0)
        try await life.sees("img_2", "failed", at: 700)
        try await life.sees([("img_1", "ready"), ("img_2", "ready")], at: 800)
        try await life.passes(at: 4000)
        #expect(try await life.told() == ["fired team: img_1 failed", "resolved team: img_1 failed"])
    }
}

@Suite(.serialized) struct `A rule with a new name` {
    private let old = Sample.rule(
        "old", when: #"self.status == "failed""#, title: "${self.id} failed", sendsResolved: true)

    @Test(arguments: [false, true])
    func `takes open alerts over, and ends them by the ids under which they were told`(restarts: Bool) async throws {
        let life = try NoiseTimeline([old], restarts: restarts)
        try await life.sees("img_1", "failed", at: 0)
        let first = try await life.notifications()
        let new = old.with(name: "new", renamedFrom: ["old"])
        try await life.reload([new])
        try await life.endsOrphans(of: "img_1", at: 10)
        #expect(try await life.told() == [], "nothing has ended")
        #expect(try await life.alert("img_1", rule: "new")?.phase == .firing)
        try await life.sees("img_1", "ready", at: 20)
        let last = try await life.notifications()
        #expect(last.map(\.words) == ["resolved team: img_1 failed"])
        #expect(last.first?.notification.alerts.first?.id == first.first?.notification.alerts.first?.id)
        try await life.sees("img_1", "failed", at: 30)
        let again = try await life.notifications()
        #expect(again.map(\.words) == ["fired team: img_1 failed"])
        #expect(again.first?.notification.alerts.first?.id != first.first?.notification.alerts.first?.id)
    }

    @Test func `that had alerts of its own under that name before takes none of their ids`() async throws {
        let new = old.with(name: "new", renamedFrom: ["old"])
        let life = try NoiseTimeline([old.with(name: "new")])
        try await life.sees("img_1", "failed", at: 0)
        try await life.sees("img_1", "ready", at: 1)
        try await life.reload([old])
        try await life.sees("img_1", "failed", at: 2)
        try await life.reload([new])
        try await life.sees("img_1", "ready", at: 3)
        try await life.sees("img_1", "failed", at: 4)
        #expect(
            try await life.told() == [
                "fired team: img_1 failed", "resolved team: img_1 failed", "fired team: img_1 failed",
                "resolved team: img_1 failed", "fired team: img_1 failed",
            ])
    }

    @Test func `without saying so ends the alerts of the old one`() async throws {
        let life = try NoiseTimeline([old])
        try await life.sees("img_1", "failed", at: 0)
        try await life.reload([old.with(name: "new")])
        try await life.endsOrphans(of: "img_1", at: 10)
        #expect(try await life.told() == ["fired team: img_1 failed", "resolved team: img_1 failed"])
    }
}
