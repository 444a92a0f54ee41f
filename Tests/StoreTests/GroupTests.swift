import CEL
import Core
import Store
import TestSupport
import Testing

/// A rule whose alerts end, gathered by the given expressions.
private func grouped(
    _ name: String = "failed", by: [String] = [], wait: Int = 10, interval: Int = 60, sendsResolved: Bool = true,
    severity: Severity = .warning, when status: String = "failed", repeatInterval: Duration? = nil
) -> Rule {
    Sample.rule(
        name, when: #"self.status == "\#(status)""#, repeatInterval: repeatInterval, severity: severity,
        title: "${self.id} \(status)", sendsResolved: sendsResolved
    ).with(noise: NoisePolicy(grouping: grouping(by, wait: wait, interval: interval)))
}

private func grouping(_ by: [String], wait: Int = 10, interval: Int = 60) -> Grouping {
    Grouping(
        by: by.compactMap { AlertScope.environment.compile($0).program }, wait: .seconds(wait),
        interval: .seconds(interval))
}

@Suite(.serialized) struct `A group of alerts` {
    @Test(arguments: [false, true])
    func `waits for more, then speaks at most once in its interval`(restarts: Bool) async throws {
        let life = try NoiseTimeline([grouped()], restarts: restarts)
        try await life.sees("img_1", "failed", at: 0)
        try await life.sees("img_2", "failed", at: 5)
        #expect(try await life.passes(at: 9) == 10)
        #expect(try await life.told() == [])
        try await life.passes(at: 10)
        #expect(try await life.told() == ["fired team: 2 generations: failed"])
        try await life.sees("img_3", "failed", at: 12)
        try await life.sees("img_4", "failed", at: 65)
        #expect(try await life.passes(at: 69) == 70)
        #expect(try await life.told() == [])
        try await life.passes(at: 70)
        #expect(try await life.told() == ["fired team: 2 generations: failed"])
        // It was quiet for its interval, so it waits only for more.
        try await life.sees("img_5", "failed", at: 200)
        #expect(try await life.passes(at: 200) == 210)
        try await life.passes(at: 210)
        #expect(try await life.told() == ["fired team: img_5 failed"])
    }

    @Test func `that has one alert speaks in its words, and tells all that is known of it`() async throws {
        let life = try NoiseTimeline([grouped()])
        try await life.sees("img_1", "failed", at: 0)
        try await life.passes(at: 10)
        let said = try await life.notifications()
        #expect(said.map(\.words) == ["fired team: img_1 failed"])
        #expect(said.first?.notification.alerts.map(\.resource.id) == ["img_1"])
        #expect(try await life.alert("img_1")?.told == ["team"])
        try await life.sees("img_1", "ready", at: 100)
        try await life.passes(at: 110)
        #expect(try await life.told() == ["resolved team: img_1 failed"])
        #expect(try await life.passes(at: 1000) == nil)
    }

    @Test func `is one for each value, and what has no value is a group of its own`() async throws {
        let life = try NoiseTimeline([grouped(by: ["self.inference_type"])])
        for (number, type) in ["t2i", "i2i", "t2i"].enumerated() {
            try await life.sees("img_\(number)", "failed", at: number, [("inference_type", "\"\(type)\"")])
        }
        try await life.sees("img_9", "failed", at: 3)
        try await life.passes(at: 20)
        #expect(
            try await life.told().sorted() == [
                "fired team: 2 generations: failed", "fired team: img_1 failed", "fired team: img_9 failed",
            ])
    }

    @Test func `reads well: the first are named, the rest counted, and the reasons with how often`() async throws {
        let life = try NoiseTimeline([grouped("refused-by-policy")])
        let reasons = ["Content policy violation", "Moderation refused"]
        for number in 1...12 {
            try await life.sees(
                "img_\(number)", "failed", at: 0, [("error_message", "\"\(reasons[number % 3 == 0 ? 1 : 0])\"")])
        }
        try await life.passes(at: 10)
        let said = try await life.notifications()
        #expect(said.first?.notification.title.plain == "12 generations: refused by policy")
        #expect(
            said.first?.notification.text.plain == """
                - img_1 failed
                - img_2 failed
                - img_3 failed
                - img_4 failed
                - img_5 failed
                - and 7 more
                Reasons:
                - 8 × Content policy violation
                - 4 × Moderation refused
                """)
        #expect(said.first?.notification.alerts.count == 12)
    }

    /// What strangers write stays literal in a digest: a sink escapes it as it does elsewhere.
    @Test func `never makes markup of what a stranger wrote`() async throws {
        let rule = grouped()
        let life = try NoiseTimeline([rule])
        for id in ["<!channel>", "*b*"] {
            try await life.sees(id, "failed", at: 0, [("error_message", #""@everyone""#)])
        }
        try await life.passes(at: 10)
        let text = try #require(try await life.notifications().first?.notification.text)
        for piece in text {
            guard case .markup(let markup) = piece else { continue }
            #expect(!markup.contains("channel") && !markup.contains("everyone") && !markup.contains("*b*"))
        }
    }

    @Test(arguments: [false, true])
    func `tells every end to whoever was told, and is over when the last has ended`(restarts: Bool) async throws {
        let life = try NoiseTimeline([grouped()], restarts: restarts)
        try await life.sees([("img_1", "failed"), ("img_2", "failed"), ("img_3", "failed")], at: 0)
        try await life.passes(at: 10)
        try await life.sees("img_2", "ready", at: 20)
        try await life.passes(at: 70)
        try await life.sees([("img_1", "ready"), ("img_3", "ready")], at: 80)
        try await life.passes(at: 130)
        let said = try await life.notifications()
        #expect(
            said.map(\.words) == [
                "fired team: 3 generations: failed", "reminded team: 2 generations: failed; 1 has ended",
                "resolved team: 2 generations: failed",
            ])
        #expect(Set(said.map(\.notification.group)).count == 1)
        // The next storm is another matter.
        try await life.sees("img_4", "failed", at: 300)
        try await life.passes(at: 310)
        let next = try await life.notifications()
        #expect(next.map(\.words) == ["fired team: img_4 failed"])
        #expect(next.first?.notification.group != said.first?.notification.group)
    }

    @Test func `tells what fired and ended while it waited, as ended`() async throws {
        let life = try NoiseTimeline([grouped()])
        try await life.sees([("img_1", "failed"), ("img_2", "failed")], at: 0)
        try await life.sees("img_1", "ready", at: 5)
        try await life.passes(at: 10)
        #expect(try await life.told() == ["fired team: 1 generation: failed; 1 other has ended"])
        try await life.sees("img_3", "failed", at: 200)
        try await life.sees([("img_2", "ready"), ("img_3", "ready")], at: 201)
        try await life.passes(at: 210)
        #expect(try await life.told() == ["resolved team: 2 generations: failed"])
    }

    /// A job is started by each of them, whether it lasts or not.
    @Test func `of alerts whose end nobody is told says that they fired, each storm for itself`() async throws {
        let life = try NoiseTimeline([grouped(sendsResolved: false)])
        try await life.sees([("img_1", "failed"), ("img_2", "failed")], at: 0)
        try await life.sees("img_1", "ready", at: 5)
        try await life.passes(at: 10)
        try await life.sees("img_3", "failed", at: 100)
        try await life.passes(at: 110)
        let said = try await life.notifications()
        #expect(said.map(\.words) == ["fired team: 2 generations: failed", "fired team: img_3 failed"])
        #expect(Set(said.map(\.notification.group)).count == 2)
        #expect(try await life.store.untold(limit: 10).isEmpty)
    }

    @Test func `is asked whether a silence has come while it waited`() async throws {
        let life = try NoiseTimeline([grouped()])
        try await life.sees([("img_1", "failed"), ("img_2", "failed")], at: 0)
        _ = try await life.silence(#"resource_id == "img_1""#, from: 5, to: 100)
        try await life.passes(at: 10)
        #expect(try await life.told() == ["fired team: img_2 failed"])
        try await life.passes(at: 100)
        try await life.passes(at: 120)
        #expect(try await life.told() == ["fired team: img_1 failed"])
        try await life.sees([("img_1", "ready"), ("img_2", "ready")], at: 130)
        try await life.passes(at: 200)
        #expect(try await life.told() == ["resolved team: 2 generations: failed"])
    }

    @Test func `of a sink takes what rules without a group of their own say, and names several rules`() async throws {
        let other = Sample.rule("lost", when: #"self.status == "expired""#, title: "${self.id} is lost")
        let own = grouped("own", when: "cancelled")
        let life = try NoiseTimeline(
            [
                Sample.rule(
                    "failed", when: #"self.status == "failed""#, severity: .critical, title: "${self.id} failed"),
                other, own,
            ],
            groups: ["team": grouping([])])
        try await life.sees([("img_1", "failed"), ("img_2", "expired"), ("img_3", "cancelled")], at: 0)
        try await life.passes(at: 10)
        let said = try await life.notifications()
        #expect(said.map(\.words).sorted() == ["fired team: 2 alerts", "fired team: img_3 cancelled"])
        #expect(said.first { $0.words.hasSuffix("alerts") }?.notification.severity == .critical)
        #expect(said.first { $0.words.hasSuffix("alerts") }?.notification.rule == "digest")
    }

    @Test func `tells the end in the group even if the rule is gathered no more, or gone`() async throws {
        let life = try NoiseTimeline([grouped()])
        try await life.sees([("img_1", "failed"), ("img_2", "failed")], at: 0)
        try await life.passes(at: 10)
        try await life.reload([grouped().with(noise: NoisePolicy())])
        try await life.sees("img_1", "ready", at: 100)
        try await life.passes(at: 110)
        try await life.reload([])
        try await life.endsOrphans(of: "img_2", at: 200)
        try await life.passes(at: 210)
        let said = try await life.notifications()
        #expect(
            said.map(\.words) == [
                "fired team: 2 generations: failed", "reminded team: 1 generation: failed; 1 has ended",
                "resolved team: img_2 failed",
            ])
        #expect(Set(said.map(\.notification.group)).count == 1)
    }

    @Test func `tells at once what was told at once, though the rule is gathered now`() async throws {
        let life = try NoiseTimeline([grouped().with(noise: NoisePolicy())])
        try await life.sees("img_1", "failed", at: 0)
        try await life.reload([grouped()])
        try await life.sees("img_1", "ready", at: 100)
        #expect(try await life.told() == ["fired team: img_1 failed", "resolved team: img_1 failed"])
    }

    @Test func `is neither cut short nor told twice by reloads and restarts while it waits`() async throws {
        let life = try NoiseTimeline([grouped()], restarts: true)
        try await life.sees("img_1", "failed", at: 0)
        try await life.reload([grouped()])
        try await life.passes(at: 3)
        try await life.sees("img_2", "failed", at: 5)
        try await life.reload([grouped()])
        #expect(try await life.passes(at: 9) == 10)
        #expect(try await life.told() == [])
        for second in 10..<20 { try await life.passes(at: second) }
        #expect(try await life.told() == ["fired team: 2 generations: failed"])
    }

    @Test func `reminds together, and not of what has ended`() async throws {
        let life = try NoiseTimeline([grouped(repeatInterval: .seconds(300))])
        try await life.sees([("img_1", "failed"), ("img_2", "failed"), ("img_3", "failed")], at: 0)
        try await life.passes(at: 10)
        try await life.looks(at: 300)
        try await life.sees("img_3", "ready", at: 305)
        try await life.passes(at: 310)
        #expect(
            try await life.told() == [
                "fired team: 3 generations: failed", "reminded team: 2 generations: failed; 1 other has ended",
            ])
    }

    @Test func `of more alerts than one digest is about speaks in several, and loses none`() async throws {
        let life = try NoiseTimeline([grouped()])
        let count = GroupDigest.alerts + 20
        for start in stride(from: 0, to: count, by: 130) {
            let ids = start..<min(start + 130, count)
            try await life.sees(ids.map { ("img_\($0)", "failed") }, at: 0)
        }
        try await life.passes(at: 10)
        let said = try await life.notifications()
        #expect(said.map(\.words) == ["fired team: 500 generations: failed", "fired team: 20 generations: failed"])
        #expect(Set(said.flatMap { $0.notification.alerts.map(\.resource.id) }).count == count)
    }

    /// At each second of a storm the store is closed and opened anew, and the clock is set back and forth at each.
    @Test(arguments: [0, -7200, 7200])
    func `neither loses nor doubles anything, whatever the clock does`(jump: Int) async throws {
        let life = try NoiseTimeline([grouped()], restarts: true)
        var heard: [String] = []
        for second in 0..<30 {
            try await life.sees("img_\(second)", "failed", at: second)
            try await life.passes(at: second)
            try await life.passes(at: second + jump)
            heard += try await life.notifications().flatMap { $0.notification.alerts.map(\.resource.id) }
        }
        for second in stride(from: 30, to: 400, by: 10) {
            try await life.passes(at: second)
            heard += try await life.notifications().flatMap { $0.notification.alerts.map(\.resource.id) }
        }
        #expect(heard.count == 30)
        #expect(Set(heard).count == 30)
    }

    @Test func `is not held for hours by a clock that was set back`() async throws {
        let life = try NoiseTimeline([grouped()])
        try await life.sees("img_1", "failed", at: 7200)
        try await life.passes(at: 0)
        try await life.passes(at: 60)
        #expect(try await life.told() == ["fired team: img_1 failed"])
    }

    @Test func `says what it has when nobody will look again soon, but for what it has just said`() async throws {
        let life = try NoiseTimeline([grouped()])
        try await life.sees("img_1", "failed", at: 0)
        try await life.passes(at: 1, isLast: true)
        #expect(try await life.told() == ["fired team: img_1 failed"])
        try await life.sees("img_2", "failed", at: 2)
        try await life.passes(at: 3, isLast: true)
        #expect(try await life.told() == [])
        try await life.passes(at: 61, isLast: true)
        #expect(try await life.told() == ["fired team: img_2 failed"])
    }

    @Test func `whose first digest died is not silent with the second`() async throws {
        let life = try NoiseTimeline([grouped()])
        try await life.sees("img_1", "failed", at: 0)
        try await life.passes(at: 10)
        let due = try await life.store.dueDeliveries(sink: "team", at: Sample.at(10), limit: 1, excluding: [])
        var record = try #require(due.first?.record)
        record.attemptEnded(AttemptResult(.refused(reason: "no")), schedule: .standard, at: Sample.at(10), unit: 0)
        try await life.store.record([record])
        try await life.sees("img_2", "failed", at: 20)
        try await life.passes(at: 70)
        #expect(try await life.told() == ["fired team: img_2 failed"])
    }

    @Test func `goes out in its order, however long the sink is down`() async throws {
        let life = try NoiseTimeline([grouped()])
        try await life.sees("img_1", "failed", at: 0)
        try await life.passes(at: 10)
        try await life.sees("img_1", "ready", at: 100)
        try await life.passes(at: 110)
        let due = try await life.store.dueDeliveries(sink: "team", at: Sample.at(110), limit: 9, excluding: [])
        #expect(due.map(\.notification.reason) == [.fired])
    }
}
