import CEL
import Core
import Store
import TestSupport
import Testing

private let failed = Sample.rule(
    "failed", when: #"self.status == "failed""#, title: "${self.id} failed", sendsResolved: true)

@Suite(.serialized) struct `A silence` {
    @Test(arguments: [false, true])
    func `holds what fires, and lets it be told when it ends and the alert fires still`(restarts: Bool) async throws {
        let life = try NoiseTimeline([failed], restarts: restarts)
        _ = try await life.silence(#"rule.name == "failed""#, from: 0, to: 3600)
        try await life.sees("img_1", "failed", at: 10)
        #expect(try await life.told() == [])
        #expect(try await life.alert("img_1")?.phase == .firing)
        #expect(try await life.alert("img_1")?.told == [])
        #expect(try await life.passes(at: 3599) == 3600)
        #expect(try await life.told() == [])
        try await life.passes(at: 3600)
        #expect(try await life.told() == ["fired team: img_1 failed"])
        #expect(try await life.alert("img_1")?.told == ["team"])
        try await life.passes(at: 9000)
        #expect(try await life.told() == [])
        try await life.sees("img_1", "processing", at: 9001)
        #expect(try await life.told() == ["resolved team: img_1 failed"])
    }

    @Test(arguments: [false, true])
    func `lets nothing be told of what began and ended while it lasted`(restarts: Bool) async throws {
        let life = try NoiseTimeline([failed], restarts: restarts)
        _ = try await life.silence("true", from: 0, to: 3600)
        try await life.sees("img_1", "failed", at: 10)
        try await life.sees("img_1", "processing", at: 20)
        try await life.passes(at: 4000)
        #expect(try await life.told() == [])
        #expect(try await life.alert("img_1")?.waiting == [])
        try await life.sees("img_1", "failed", at: 4001)
        #expect(try await life.told() == ["fired team: img_1 failed"])
    }

    @Test func `lets the end be told at once to whoever was told of the beginning`() async throws {
        let life = try NoiseTimeline([failed])
        try await life.sees("img_1", "failed", at: 0)
        #expect(try await life.told() == ["fired team: img_1 failed"])
        _ = try await life.silence("true", from: 10, to: 3600)
        try await life.sees("img_1", "processing", at: 20)
        #expect(try await life.told() == ["resolved team: img_1 failed"])
    }

    @Test func `that ends says nothing again of what was told before it`() async throws {
        let life = try NoiseTimeline([failed])
        try await life.sees("img_1", "failed", at: 0)
        _ = try await life.silence("true", from: 10, to: 100)
        try await life.passes(at: 50)
        try await life.passes(at: 200)
        #expect(try await life.told() == ["fired team: img_1 failed"])
    }

    /// A resource that is lost fires and is over in one look.
    @Test func `lets nothing be told of what fired and ended in one transaction`() async throws {
        let gone = Sample.rule("failed", when: "self.gone", title: "${self.id} is gone", sendsResolved: true)
        for isSilent in [true, false] {
            let life = try NoiseTimeline([gone])
            try await life.sees("img_1", "ready", at: 0)
            if isSilent { _ = try await life.silence("true", from: 0, to: 100) }
            try await life.loses("img_1", at: 10)
            try await life.passes(at: 200)
            let whole = ["fired team: img_1 is gone", "resolved team: img_1 is gone"]
            #expect(try await life.told() == (isSilent ? [] : whole))
        }
    }

    /// A new firing within the silence after an end that was told in it: held, and told when the silence ends.
    @Test func `holds what fires again after its end was told`() async throws {
        let life = try NoiseTimeline([failed])
        try await life.sees("img_1", "failed", at: 0)
        _ = try await life.silence("true", from: 10, to: 3600)
        try await life.sees("img_1", "processing", at: 20)
        try await life.sees("img_1", "failed", at: 30)
        #expect(try await life.told() == ["fired team: img_1 failed", "resolved team: img_1 failed"])
        try await life.passes(at: 3600)
        #expect(try await life.told() == ["fired team: img_1 failed"])
    }

    @Test func `of another process is obeyed by the next decision, and its early end by the next look`() async throws {
        let life = try NoiseTimeline([failed])
        let other = try SQLiteStore(path: life.store.path, access: .visiting)
        let silence = Silence(
            expression: #"resource_id == "img_1""#, startsAt: Sample.at(0), endsAt: Sample.at(3600), author: "ada",
            comment: "", createdAt: Sample.at(0))
        try await other.add(silence)
        try await life.sees([("img_1", "failed"), ("img_2", "failed")], at: 10)
        #expect(try await life.told() == ["fired team: img_2 failed"])
        #expect(try await other.expireSilence(silence.id, at: Sample.at(60)))
        #expect(try await !other.expireSilence(silence.id, at: Sample.at(61)))
        try await life.passes(at: 61)
        #expect(try await life.told() == ["fired team: img_1 failed"])
    }

    @Test func `is over all that one can ask of an alert`() async throws {
        let labelled = failed.with(labels: [Label(name: "team", value: "render")])
        let covering = [
            #"labels.team == "render" && rule.labels.team == "render""#, #"severity == "warning""#,
            #"source == "studio" && kind == "generation""#, #"title.contains("img_1")"#,
            #"self.error_message.matches("(?i)quota")"#, #"alert.self.error_message == "quota" && alert.id == id"#,
            #"since < timestamp("2026-06-01T00:00:00Z")"#,
        ]
        // A field that is not there has no value; what is doubtful is told.
        let others = [#"severity == "critical""#, #"self.nothing == "x""#, #"labels.other == "x""#]
        for expression in covering + others {
            let life = try NoiseTimeline([labelled])
            _ = try await life.silence(expression, from: 0, to: 100)
            try await life.sees("img_1", "failed", at: 1, [("error_message", #""quota""#)])
            #expect(try await life.told().isEmpty == covering.contains(expression), "\(expression)")
        }
        #expect(Silence.compile(#"severty == "info""#).program == nil)
        #expect(Silence.compile(#"severity"#).program == nil)
    }

    @Test func `that overlaps another holds until the later of them ends`() async throws {
        let life = try NoiseTimeline([failed])
        _ = try await life.silence("true", from: 0, to: 100)
        try await life.sees("img_1", "failed", at: 1)
        _ = try await life.silence("true", from: 50, to: 300)
        #expect(try await life.passes(at: 100) == 300)
        #expect(try await life.told() == [])
        try await life.passes(at: 300)
        #expect(try await life.told() == ["fired team: img_1 failed"])
    }

    @Test func `releases what it held of a rule as one digest, whose ends come after it and in order`() async throws {
        let life = try NoiseTimeline([failed])
        _ = try await life.silence("true", from: 0, to: 100)
        try await life.sees((1...12).map { ("img_\($0)", "failed") }, at: 1, [("error_message", #""quota""#)])
        try await life.passes(at: 100)
        let said = try await life.notifications()
        #expect(said.map(\.words) == ["fired team: 12 generations: failed"])
        #expect(said.first?.notification.alerts.count == 12)
        #expect(try await life.alert("img_7")?.told == ["team"])
        try await life.sees("img_7", "processing", at: 200)
        try await life.passes(at: 200)
        let partly = try await life.notifications()
        #expect(partly.map(\.words) == ["reminded team: 11 generations: failed; 1 has ended"])
        #expect(partly.first?.notification.alerts.map(\.state) == ["resolved"])
        try await life.sees((1...12).filter { $0 != 7 }.map { ("img_\($0)", "processing") }, at: 300)
        try await life.passes(at: 300)
        let all = try await life.notifications()
        #expect(all.map(\.words) == ["resolved team: 11 generations: failed"])
        #expect(Set((said + partly + all).map(\.notification.group)).count == 1, "a pager has one incident")
    }

    @Test func `lets no reminder through to whoever was told before`() async throws {
        let stuck = Sample.rule(
            "failed", when: #"self.status == "failed""#, repeatInterval: .seconds(60), title: "${self.id} failed")
        let life = try NoiseTimeline([stuck])
        try await life.sees("img_1", "failed", at: 0)
        _ = try await life.silence("true", from: 10, to: 100)
        try await life.looks(at: 60)
        #expect(try await life.told() == ["fired team: img_1 failed"])
        try await life.looks(at: 120)
        #expect(try await life.told() == ["reminded team: img_1 failed"])
    }

    @Test(arguments: [false, true])
    func `is announced when it begins and when it ends, once each`(restarts: Bool) async throws {
        let life = try NoiseTimeline([failed], sinks: ["team", "ops"], restarts: restarts)
        _ = try await life.silence("true", from: 100, to: 200, announce: ["ops"])
        let early = try await life.silence("false", from: 300, to: 400, announce: ["ops"])
        #expect(try await life.passes(at: 0) == 100)
        #expect(try await life.told() == [])
        for _ in 0..<3 { try await life.passes(at: 101) }
        #expect(try await life.told() == ["fired ops: Silence until 2026-05-04T12:03:20Z: known"])
        for _ in 0..<3 { try await life.passes(at: 200) }
        #expect(try await life.told() == ["resolved ops: Silence: known"])
        // Taken back before it began: there is nothing to tell.
        #expect(try await life.store.expireSilence(early, at: Sample.at(250)))
        #expect(try await life.passes(at: 500) == nil)
        #expect(try await life.told() == [])
    }

    /// A clock that is set back and forth, and back again: what is said is said once, and none of it is lost.
    @Test func `neither loses nor doubles anything when the clock is set`() async throws {
        let life = try NoiseTimeline([failed])
        _ = try await life.silence("true", from: 0, to: 3600)
        try await life.sees("img_1", "failed", at: 10)
        try await life.passes(at: 10)
        try await life.passes(at: -7200)
        #expect(try await life.told() == [])
        try await life.passes(at: 3600)
        try await life.passes(at: 0)
        try await life.passes(at: 3600)
        #expect(try await life.told() == ["fired team: img_1 failed"])
    }

    @Test func `knows how many are held, and what is owed`() async throws {
        let life = try NoiseTimeline([failed])
        try await life.sees("img_0", "failed", at: 0)
        _ = try await life.silence("true", from: 1, to: 100)
        _ = try await life.silence("true", from: 500, to: 600)
        try await life.sees("img_1", "failed", at: 2)
        let counts = try await life.store.noiseCounts(at: Sample.at(2))
        #expect(counts.held == [.silenced: 1])
        #expect(counts.owed == ["team": 1])
        #expect(counts.activeSilences == 1 && counts.pendingSilences == 1)
        let untold = try await life.store.untold(limit: 10)
        #expect(untold.values.joined().map(\.sink) == ["team"])
        #expect(untold.values.joined().first?.hold?.reason == .silenced)
    }

    @Test func `keeps what it holds from being pruned before it is told`() async throws {
        let event = Sample.rule("failed", when: #"self.status == "failed""#, title: "${self.id} failed")
        let life = try NoiseTimeline([event])
        _ = try await life.silence("true", from: 0, to: 1_000_000)
        try await life.sees("img_1", "failed", at: 1)
        _ = try await life.store.prune(endedBefore: Sample.at(500_000), limit: 100)
        _ = try await life.store.prune(endedBefore: Sample.at(500_000), limit: 100)
        try await life.passes(at: 1_000_000)
        #expect(try await life.told() == ["fired team: img_1 failed"])
    }
}
