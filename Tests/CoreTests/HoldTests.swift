import CEL
import Core
import TestSupport
import Testing

@Suite struct `A rule with a hold time` {
    private let stuck = Sample.rule(
        "stuck", watch: .character, when: #"self.status == "reviewing""#, for: .seconds(1800))

    private func updated(_ seconds: Int) -> [(String, String)] {
        [("created_at", Sample.time(-100_000)), ("updated_at", Sample.time(seconds))]
    }

    @Test func `counts from when the resource says that its status began`() {
        var line = Timeline(stuck)
        _ = line.at(0, sees: "char_1", "reviewing", updated(-1000), kind: .character)
        #expect(line.alert("stuck", "char_1", kind: .character)?.dueAt == Sample.at(800))
        #expect(line.at(799, looksAt: "char_1", kind: .character) == [])
        #expect(line.at(800, looksAt: "char_1", kind: .character) == ["fired stuck char_1"])
    }

    @Test func `fires at first sight for what has been stuck for long, baseline or not`() {
        for isBaseline in [true, false] {
            var line = Timeline(stuck)
            #expect(
                line.at(0, sees: "char_1", "reviewing", updated(-5000), kind: .character, isBaseline: isBaseline)
                    == ["fired stuck char_1"])
        }
    }

    @Test func `over a balance, added later, counts from when the balance last changed`() {
        let low = Sample.rule("low", watch: .balance, when: "self.credits < 100.0", for: .seconds(600))
        var line = Timeline()
        _ = line.at(0, sees: "balance", "", [("credits", "500")], kind: .balance, isBaseline: true)
        _ = line.at(1000, sees: "balance", "", [("credits", "50")], kind: .balance)
        line.replaceRules(low)
        #expect(line.at(1100, newRules: ["low"], lookAt: "balance", kind: .balance) == [])
        #expect(line.alert("low", "balance", kind: .balance)?.dueAt == Sample.at(1600))
    }

    @Test func `counts from when the clock turned its condition, although something else has changed by then`() {
        let old = Sample.rule("old", when: #"now - self.created_at > duration("10m")"#, for: .seconds(300))
        var line = Timeline(old)
        let created = [("created_at", Sample.time(0))]
        _ = line.at(10, sees: "img_1", "pending", created)
        _ = line.at(700, sees: "img_1", "processing", created)
        #expect(line.alert("old", "img_1")?.since == Sample.at(600).advanced(by: .milliseconds(1)))
    }

    @Test func `never speaks of what recovers early`() {
        var line = Timeline(stuck)
        _ = line.at(0, sees: "char_1", "reviewing", updated(0), kind: .character)
        #expect(line.at(900, sees: "char_1", "ready", updated(899), kind: .character) == [])
        #expect(line.alert("stuck", "char_1", kind: .character) == nil)
        #expect(line.at(5000, looksAt: "char_1", kind: .character) == [])
    }

    @Test func `counts anew after it recovered, and keeps its number`() {
        var line = Timeline(stuck)
        _ = line.at(0, sees: "char_1", "reviewing", updated(0), kind: .character)
        _ = line.at(900, sees: "char_1", "synthesizing", updated(900), kind: .character)
        _ = line.at(1000, sees: "char_1", "reviewing", updated(1000), kind: .character)
        #expect(line.alert("stuck", "char_1", kind: .character)?.dueAt == Sample.at(2800))
        #expect(line.alert("stuck", "char_1", kind: .character)?.activation == 1)
    }

    @Test func `counts on while other things change`() {
        var line = Timeline(stuck)
        _ = line.at(0, sees: "char_1", "reviewing", updated(0), kind: .character)
        let renamed = updated(600) + [("name", #""Ada""#)]
        _ = line.at(600, sees: "char_1", "reviewing", renamed, kind: .character)
        #expect(line.alert("stuck", "char_1", kind: .character)?.dueAt == Sample.at(1800))
        #expect(line.at(1800, looksAt: "char_1", kind: .character) == ["fired stuck char_1"])
    }

    @Test func `tells that it ended to whoever was told that it fires`() {
        var line = Timeline(stuck)
        _ = line.at(0, sees: "char_1", "reviewing", updated(-5000), kind: .character)
        #expect(line.at(60, sees: "char_1", "ready", updated(59), kind: .character) == ["resolved stuck char_1"])
        #expect(line.last.notifications.first?.sinks == ["team"])
        #expect(line.last.notifications.first?.sequence == 2)
    }

    @Test func `that fires late, after a restart, still says when it began`() throws {
        var line = Timeline(stuck)
        _ = line.at(0, sees: "char_1", "reviewing", updated(-5000), kind: .character)
        let view = try #require(line.last.notifications.first?.notification.alerts.first)
        #expect(view.since == Sample.at(-5000))
        #expect(view.firedAt == Sample.at(0))
    }

    @Test func `whose condition is not the status counts from the change that made it true`() {
        var line = Timeline(Sample.rule("dear", when: "self.cost.amount > 1.0", for: .seconds(60)))
        _ = line.at(0, sees: "img_1", "processing", [("cost", #"{"amount":1}"#)])
        _ = line.at(100, sees: "img_1", "processing", [("cost", #"{"amount":2}"#)])
        #expect(line.alert("dear", "img_1")?.dueAt == Sample.at(160))
    }

    @Test func `that was pending goes on with its number after a firing has ended`() {
        let rule = Sample.rule(
            "stuck", watch: .character, when: #"self.status == "reviewing""#, for: .seconds(60))
        var line = Timeline(rule)
        var story: [String] = []
        story += line.at(0, sees: "char_1", "reviewing", updated(-100), kind: .character)
        story += line.at(10, sees: "char_1", "ready", updated(10), kind: .character)
        story += line.at(20, sees: "char_1", "reviewing", updated(20), kind: .character)
        story += line.at(30, sees: "char_1", "ready", updated(30), kind: .character)
        story += line.at(40, sees: "char_1", "reviewing", updated(40), kind: .character)
        story += line.at(100, looksAt: "char_1", kind: .character)
        #expect(story == ["fired stuck char_1", "resolved stuck char_1", "fired stuck char_1 #2"])
    }

    @Test func `and the clock in its condition keeps its numbers apart`() {
        let rule = Sample.rule(
            "slow", watch: .character,
            when: #"self.status == "reviewing" && now - since > duration("10s")"#, for: .seconds(5))
        var line = Timeline(rule)
        var story: [String] = []
        for start in [0, 100, 200, 300] {
            story += line.at(start, sees: "char_1", "reviewing", updated(start), kind: .character)
            story += line.at(start + 11, looksAt: "char_1", kind: .character)
            story += line.at(start + 20, looksAt: "char_1", kind: .character)
            story += line.at(start + 50, sees: "char_1", "ready", updated(start + 50), kind: .character)
        }
        #expect(
            story
                == (1...4).flatMap { number in
                    let suffix = number > 1 ? " #\(number)" : ""
                    return ["fired slow char_1\(suffix)", "resolved slow char_1\(suffix)"]
                })
    }

    @Test func `that recovers early by a condition on the clock does not take an older alert's number`() {
        let rule = Sample.rule(
            "slow", watch: .character,
            when: #"self.status == "reviewing" && now - since > duration("10s")"#, for: .seconds(5))
        var line = Timeline(rule)
        var story: [String] = []
        for (start, end) in [(0, 50), (100, 112), (200, 250)] {
            story += line.at(start, sees: "char_1", "reviewing", updated(start), kind: .character)
            story += line.at(start + 11, looksAt: "char_1", kind: .character)
            if end > start + 20 { story += line.at(start + 20, looksAt: "char_1", kind: .character) }
            story += line.at(end, sees: "char_1", "ready", updated(end), kind: .character)
        }
        #expect(
            story == [
                "fired slow char_1", "resolved slow char_1", "fired slow char_1 #2", "resolved slow char_1 #2",
            ])
    }
}

@Suite struct `A condition on the clock` {
    private let old = Sample.rule(
        "old", when: #"self.status == "processing" && now - self.created_at > duration("30m")"#)

    private func created(_ seconds: Int) -> [(String, String)] { [("created_at", Sample.time(seconds))] }

    @Test func `is looked at again just when it turns`() {
        var line = Timeline(old)
        #expect(line.at(0, sees: "img_1", "processing", created(0)) == [])
        #expect(line.alert("old", "img_1")?.phase == .watching)
        #expect(line.alert("old", "img_1")?.isOpen == false)
        #expect(line.at(1800, looksAt: "img_1") == [])
        #expect(line.at(1801, looksAt: "img_1") == ["fired old img_1"])
        #expect(line.at(9000, looksAt: "img_1") == [])
    }

    @Test func `starts nothing at the baseline that is true already, but what comes to be true`() {
        var line = Timeline(old)
        #expect(line.at(0, sees: "img_1", "processing", created(-4000), isBaseline: true) == [])
        #expect(line.at(0, sees: "img_2", "processing", created(-1000), isBaseline: true) == [])
        #expect(line.at(900, looksAt: "img_1") == [])
        #expect(line.at(900, looksAt: "img_2") == ["fired old img_2"])
    }

    @Test func `is not waited for any more once it cannot turn`() {
        var line = Timeline(old)
        _ = line.at(0, sees: "img_1", "processing", created(0))
        #expect(line.at(60, sees: "img_1", "succeeded", created(0)) == [])
        #expect(line.at(1801, looksAt: "img_1") == [])
        #expect(line.alert("old", "img_1")?.dueAt == nil)
    }

    @Test(arguments: [
        #"now - duration("30m") > self.created_at"#, #"self.created_at + duration("30m") < now"#,
        #"self.created_at < now - duration("30m")"#, #"duration("30m") <= now - self.created_at"#,
        #"!(now - self.created_at <= duration("30m"))"#, #"self.created_at - now < duration("-30m")"#,
    ])
    func `turns in whatever way it is written`(condition: String) {
        var line = Timeline(Sample.rule("old", when: condition))
        _ = line.at(0, sees: "img_1", "processing", created(0))
        #expect(line.alert("old", "img_1")?.dueAt.map { $0 <= Sample.at(1801) && $0 >= Sample.at(1800) } == true)
        #expect(line.at(1801, looksAt: "img_1") == ["fired old img_1"])
    }

    @Test func `in any other way is looked at from time to time`() {
        var line = Timeline(Sample.rule("odd", when: "now.getMinutes() == 30"))
        _ = line.at(0, sees: "img_1", "processing")
        #expect(line.alert("odd", "img_1")?.dueAt == Sample.at(60))
        _ = line.at(60, looksAt: "img_1")
        #expect(line.alert("odd", "img_1")?.dueAt == Sample.at(120))
        #expect(line.at(1800, looksAt: "img_1") == ["fired odd img_1"])
    }

    @Test func `that was true at the baseline and then false fires when the clock makes it true again`() {
        var line = Timeline(Sample.rule("nine", when: "now.getMinutes() == 0"))
        _ = line.at(0, sees: "img_1", "processing", isBaseline: true)
        var story: [String] = []
        for second in stride(from: 60, through: 3660, by: 60) { story += line.at(second, looksAt: "img_1") }
        #expect(story == ["fired nine img_1"])
    }

    @Test func `that stands since the baseline says nothing while it only goes on`() {
        var line = Timeline(Sample.rule("late", when: "now.getMinutes() < 30"))
        _ = line.at(0, sees: "img_1", "processing", isBaseline: true)
        #expect(line.alert("late", "img_1")?.isOpen == false)
        #expect(line.at(60, looksAt: "img_1") == [])
        #expect(line.at(90, sees: "img_1", "processing", [("prompt", #""x""#)]) == [])
        #expect(line.at(200, looksAt: "img_1") == [])
    }

    @Test func `ends an alert by the clock alone`() {
        var line = Timeline(
            Sample.rule("fresh", when: #"now - self.created_at < duration("60s")"#, sendsResolved: true))
        #expect(line.at(0, sees: "img_1", "processing", created(0)) == ["fired fresh img_1"])
        #expect(line.at(61, looksAt: "img_1") == ["resolved fresh img_1"])
    }

    @Test func `that waits keeps apart from the alerts before it`() {
        let rule = Sample.rule(
            "slow", watch: .character, when: #"self.status == "reviewing" && now - since > duration("60s")"#,
            sendsResolved: true)
        var line = Timeline(rule)
        var story: [String] = []
        for start in [0, 1000] {
            let fields = [("updated_at", Sample.time(start))]
            story += line.at(start, sees: "char_1", "reviewing", fields, kind: .character)
            story += line.at(start + 61, looksAt: "char_1", kind: .character)
            let ready = [("updated_at", Sample.time(start + 90))]
            story += line.at(start + 90, sees: "char_1", "ready", ready, kind: .character)
        }
        #expect(
            story == [
                "fired slow char_1", "resolved slow char_1", "fired slow char_1 #2", "resolved slow char_1 #2",
            ])
    }
}
