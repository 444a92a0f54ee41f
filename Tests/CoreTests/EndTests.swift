import CEL
import Core
import TestSupport
import Testing

@Suite struct `A resource that disappears` {
    @Test func `ends its alerts, and those who were told are told`() {
        var line = Timeline(
            Sample.rule("stuck", watch: .character, when: #"self.status == "reviewing""#, for: .zero))
        _ = line.at(0, sees: "char_1", "reviewing", kind: .character)
        #expect(line.at(9, loses: "char_1", kind: .character) == ["resolved stuck char_1"])
        #expect(line.snapshots[Sample.key("char_1", kind: .character)]?.isGone == true)
    }

    @Test func `is seen once more by rules that ask for it`() {
        var line = Timeline(Sample.rule("gone", watch: .character, when: "self.gone", sendsResolved: true))
        #expect(line.at(0, sees: "char_1", "reviewing", kind: .character) == [])
        #expect(
            line.at(9, loses: "char_1", kind: .character) == ["fired gone char_1", "resolved gone char_1"])
        #expect(line.at(10, loses: "char_1", kind: .character) == [])
    }

    @Test func `takes its pending alerts and timers along without a word`() {
        var line = Timeline(
            Sample.rule("stuck", when: #"self.status == "pending""#, for: .seconds(60)),
            Sample.rule("old", when: #"now - since > duration("60s")"#))
        _ = line.at(0, sees: "img_1", "pending")
        #expect(line.alerts.count == 2)
        #expect(line.at(9, loses: "img_1") == [])
        #expect(line.alerts.isEmpty)
    }

    @Test func `fires nothing whose time was up unseen`() {
        var line = Timeline(
            Sample.rule("stuck", when: #"self.status == "pending""#, for: .seconds(60)),
            Sample.rule("old", when: #"now - since > duration("60s")"#))
        _ = line.at(0, sees: "img_1", "pending")
        #expect(line.at(90, loses: "img_1") == [])
        #expect(line.alerts.isEmpty)
    }

    @Test func `ends without a reminder that was due`() {
        var line = Timeline(
            Sample.rule(
                "busy", when: #"self.status == "processing""#, repeatInterval: .seconds(60), sendsResolved: true))
        _ = line.at(0, sees: "img_1", "processing")
        #expect(line.at(90, loses: "img_1") == ["resolved busy img_1"])
    }

    @Test func `ends what keep_firing_for would hold`() {
        var line = Timeline(
            Sample.rule(
                "busy", when: #"self.status == "processing" && !self.gone"#, keepFiringFor: .seconds(600),
                sendsResolved: true))
        _ = line.at(0, sees: "img_1", "processing")
        #expect(line.at(9, loses: "img_1") == ["resolved busy img_1"])
    }

    @Test func `and comes back is news`() {
        var line = Timeline(Sample.rule("failed", when: #"self.status == "failed""#, sendsResolved: true))
        _ = line.at(0, sees: "img_1", "failed")
        #expect(line.at(9, loses: "img_1") == ["resolved failed img_1"])
        #expect(line.at(20, sees: "img_1", "failed") == ["fired failed img_1 #2"])
        #expect(line.last.changes.map(\.nature) == [.firstSeen])
    }

    @Test func `that was never known changes nothing`() {
        var line = Timeline(Sample.rule("gone", when: "self.gone"))
        #expect(line.at(0, loses: "img_1") == [])
        #expect(line.last.isEmpty)
    }
}

@Suite struct `A rule that is taken out of force` {
    @Test func `owes its end to whoever was told`() {
        var line = Timeline(Sample.rule("stuck", when: #"self.status == "pending""#, for: .zero))
        _ = line.at(0, sees: "img_1", "pending")
        line.replaceRules()
        #expect(line.at(9, endsOrphansOf: "img_1") == ["resolved stuck img_1"])
        #expect(line.last.notifications.first?.sinks == ["team"])
        #expect(line.at(10, endsOrphansOf: "img_1") == [])
    }

    @Test func `says nothing where it would have said nothing of the end`() {
        var line = Timeline(Sample.rule("failed", when: #"self.status == "failed""#))
        _ = line.at(0, sees: "img_1", "failed")
        line.replaceRules()
        #expect(line.at(9, endsOrphansOf: "img_1") == [])
        #expect(line.alert("failed", "img_1")?.phase == .resolved)
    }

    @Test func `leaves no pending alert and no timer behind`() {
        var line = Timeline(
            Sample.rule("stuck", when: #"self.status == "pending""#, for: .seconds(60)),
            Sample.rule("old", when: #"now - since > duration("60s")"#))
        _ = line.at(0, sees: "img_1", "pending")
        line.replaceRules()
        #expect(line.at(9, endsOrphansOf: "img_1") == [])
        #expect(line.alerts.isEmpty)
    }

    @Test func `ends also when its resource changes before anyone looks for orphans`() {
        var line = Timeline(Sample.rule("stuck", when: #"self.status == "pending""#, for: .zero))
        _ = line.at(0, sees: "img_1", "pending")
        line.replaceRules()
        #expect(line.at(9, sees: "img_1", "processing") == ["resolved stuck img_1"])
    }

    @Test func `and now watches another kind has ended for the old one`() {
        var line = Timeline(Sample.rule("stuck", when: #"self.status == "pending""#, for: .zero))
        _ = line.at(0, sees: "img_1", "pending")
        line.replaceRules(
            Sample.rule("stuck", watch: .character, when: #"self.status == "reviewing""#, for: .zero))
        #expect(line.at(9, endsOrphansOf: "img_1") == ["resolved stuck img_1"])
    }

    @Test func `still owes the end if it stays but does not send_resolved any more`() {
        var line = Timeline(Sample.rule("stuck", when: #"self.status == "pending""#, sendsResolved: true))
        _ = line.at(0, sees: "img_1", "pending")
        line.replaceRules(Sample.rule("stuck", when: #"self.status == "pending""#, sendsResolved: false))
        #expect(line.at(9, sees: "img_1", "processing") == ["resolved stuck img_1"])
    }
}

@Suite struct `A rule that comes into force later` {
    @Test func `says nothing of what is so already, without a hold time`() {
        var line = Timeline()
        _ = line.at(0, sees: "img_1", "failed")
        line.replaceRules(Sample.rule("failed", when: #"self.status == "failed""#))
        #expect(line.at(60, newRules: ["failed"], lookAt: "img_1") == [])
        #expect(line.at(70, sees: "img_1", "failed", [("prompt", #""x""#)]) == [])
    }

    @Test func `reaches back as far as its backfill`() {
        var line = Timeline()
        _ = line.at(0, sees: "img_1", "failed", [("completed_at", Sample.time(0))])
        line.replaceRules(Sample.rule("failed", when: #"self.status == "failed""#, backfill: .seconds(60)))
        #expect(line.at(60, newRules: ["failed"], lookAt: "img_1") == ["fired failed img_1"])
        #expect(line.at(61, newRules: ["failed"], lookAt: "img_1") == [])
    }

    @Test func `applies at once with a hold time`() {
        var line = Timeline()
        _ = line.at(0, sees: "img_1", "pending", [("created_at", Sample.time(0))])
        line.replaceRules(Sample.rule("stuck", when: #"self.status == "pending""#, for: .seconds(60)))
        #expect(line.at(61, newRules: ["stuck"], lookAt: "img_1") == ["fired stuck img_1"])
    }

    @Test func `waits for the clock like any other`() {
        var line = Timeline()
        _ = line.at(0, sees: "img_1", "pending", [("created_at", Sample.time(0))])
        line.replaceRules(Sample.rule("old", when: #"now - self.created_at > duration("60s")"#))
        #expect(line.at(30, newRules: ["old"], lookAt: "img_1") == [])
        #expect(line.at(61, looksAt: "img_1") == ["fired old img_1"])
    }
}

@Suite struct `A decision that was lost before its commit` {
    @Test func `is made again with the same ids`() {
        var line = Timeline(
            Sample.rule("failed", when: #"self.status == "failed""#),
            Sample.rule("stuck", when: #"self.status == "failed""#, for: .zero, notify: ["ops"]))
        _ = line.at(0, sees: "img_1", "pending")
        line.commits = false
        let first = line.at(5, sees: "img_1", "failed")
        let ids = line.last.notifications.map(\.notification.id)
        line.commits = true
        #expect(line.at(9, sees: "img_1", "failed") == first)
        #expect(line.last.notifications.map(\.notification.id) == ids)
        #expect(line.at(10, sees: "img_1", "failed", [("prompt", #""x""#)]) == [])
    }
}

@Suite struct `A reminder` {
    private func rule(notify: [String] = ["team"]) -> Rule {
        Sample.rule(
            "stuck", when: #"self.status == "pending""#, repeatInterval: .seconds(60), notify: notify,
            sendsResolved: true)
    }

    @Test func `is said while it fires, and the end once`() {
        var line = Timeline(rule())
        var story = line.at(0, sees: "img_1", "pending")
        for second in stride(from: 30, through: 150, by: 30) { story += line.at(second, looksAt: "img_1") }
        story += line.at(160, sees: "img_1", "succeeded")
        story += line.at(300, looksAt: "img_1")
        #expect(story == ["fired stuck img_1", "reminded stuck img_1", "reminded stuck img_1", "resolved stuck img_1"])
    }

    @Test func `is said of what fires already when the rule comes to ask for it`() {
        var line = Timeline(
            Sample.rule("stuck", when: #"self.status == "pending""#, sendsResolved: true))
        _ = line.at(0, sees: "img_1", "pending")
        line.replaceRules(rule())
        #expect(line.at(10, newRules: ["stuck"], lookAt: "img_1") == [])
        #expect(line.at(60, looksAt: "img_1") == ["reminded stuck img_1"])
    }

    @Test func `to a sink that the rule names only now earns it the end as well`() {
        var line = Timeline(rule())
        _ = line.at(0, sees: "img_1", "pending")
        line.replaceRules(rule(notify: ["team", "ops"]))
        #expect(line.at(60, looksAt: "img_1") == ["reminded stuck img_1"])
        _ = line.at(90, sees: "img_1", "succeeded")
        #expect(line.last.notifications.first?.sinks == ["team", "ops"])
    }

    @Test func `is no longer sent to a sink that the rule dropped, but the end is`() {
        var line = Timeline(rule(notify: ["team", "ops"]))
        _ = line.at(0, sees: "img_1", "pending")
        line.replaceRules(rule(notify: ["team"]))
        _ = line.at(60, looksAt: "img_1")
        #expect(line.last.notifications.first?.sinks == ["team"])
        _ = line.at(90, sees: "img_1", "succeeded")
        #expect(line.last.notifications.first?.sinks == ["team", "ops"])
    }
}
