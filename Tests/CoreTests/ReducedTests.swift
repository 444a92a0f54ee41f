import CEL
import Core
import TestSupport
import Testing

/// A generation that settled long ago is known by its id, status, fingerprint and times alone.
@Suite struct `A resource that is known without its details` {
    private func observe(
        _ status: String, was old: String, _ fields: [(String, String)] = [], by rules: Rule...,
        known latest: [String: AlertRecord] = [:]
    ) -> Decision {
        var decision = Decision()
        RuleEngine(rules: rules).observed(
            Observation(
                key: Sample.key("img_1"), body: Sample.json("img_1", status, fields), fingerprint: 2, status: status,
                observedAt: Sample.at(1000)),
            known: KnownResource(snapshot: reduced(old), latest: latest), isBaseline: false, now: Sample.at(1000),
            into: &decision)
        return decision
    }

    private func reduced(_ status: String) -> Snapshot {
        var snapshot = Sample.snapshot("img_1", status)
        snapshot.isWhole = false
        snapshot.body = Snapshot.reducedBody(id: "img_1", status: status, createdAt: snapshot.createdAt)
        return snapshot
    }

    private func said(_ decision: Decision) -> [String] {
        decision.notifications.map { "\($0.notification.reason.rawValue) \($0.notification.rule)" }
    }

    @Test func `is not said to have changed by a fingerprint alone`() {
        let decision = observe(
            "failed", was: "failed", [("error_message", "\"policy\"")],
            by: Sample.rule("failed", when: #"self.status == "failed""#),
            Sample.rule("policy", when: #"self.error_message == "policy""#),
            Sample.rule("changed", when: "size(changed) > 0"),
            Sample.rule("held", when: #"self.status == "failed""#, for: .seconds(60)),
            Sample.rule("new", when: "old == null"))
        #expect(said(decision) == [])
        #expect(decision.changes == [])
        #expect(decision.records == [])
        #expect(decision.snapshots.first?.isWhole == true)
        #expect(decision.snapshots.first?.fingerprint == 2)
        // It is as old as it was, so its details leave again.
        #expect(decision.snapshots.first?.observedAt == Sample.at(0))
    }

    @Test func `tells a change of its status, with nothing else, and an old that is null`() throws {
        let decision = observe(
            "expired", was: "succeeded", [("prompt", "\"a cat\"")],
            by: Sample.rule("expired", when: #"self.status == "expired""#),
            Sample.rule("cat", when: #"self.prompt == "a cat""#),
            Sample.rule("moved", when: #""status" in changed"#),
            Sample.rule("from", when: #"old != null && old.status == "succeeded""#))
        #expect(said(decision) == ["alert.fired expired", "alert.fired moved"])
        #expect(decision.changes.map(\.paths) == [["status"]])
        #expect(decision.changes.first?.oldStatus == "succeeded")
        let view = try #require(decision.notifications.first?.notification.alerts.first)
        #expect(view.previous.isNull)
        #expect(view.changed == ["status"])
    }

    @Test func `is not believed to be in flight again`() {
        let observation = Observation(
            key: Sample.key("img_1"), body: Sample.json("img_1", "processing"), fingerprint: 2, status: "processing",
            observedAt: Sample.at(1000))
        #expect(Staleness.isOlder(observation, than: reduced("succeeded")))
    }

    @Test func `is gone for rules that ask for no more than is known, and unknown to others`() throws {
        var decision = Decision()
        RuleEngine(rules: [
            Sample.rule("deleted", when: #"self.gone && self.status == "failed""#, title: "${self.id} ${self.prompt}"),
            Sample.rule("no-prompt", when: "self.gone && self.prompt == null"),
            Sample.rule("raw", when: "self.gone && raw.size() < 5"),
            Sample.rule("old", when: "self.gone && old == null"),
        ]).disappeared(
            KnownResource(snapshot: reduced("failed"), latest: [:]), now: Sample.at(1000), into: &decision)
        #expect(decision.unknowns.map(\.rule) == ["no-prompt", "raw", "old"])
        let fired = decision.notifications.filter { $0.notification.reason == .fired }
        #expect(fired.map(\.notification.rule) == ["deleted"])
        let view = try #require(decision.notifications.first?.notification.alerts.first)
        #expect(view.previous.isNull)
        #expect(decision.snapshots.first?.isGone == true)
    }

    @Test func `known whole, has not changed either where only the fingerprint is another`() {
        var decision = Decision()
        RuleEngine(rules: [Sample.rule("failed", when: #"self.status == "failed""#)]).observed(
            Observation(
                key: Sample.key("img_1"), body: Sample.json("img_1", "failed"), fingerprint: 2, status: "failed",
                observedAt: Sample.at(1000)),
            known: KnownResource(snapshot: Sample.snapshot("img_1", "failed"), latest: [:]), isBaseline: false,
            now: Sample.at(1000), into: &decision)
        #expect(decision.changes == [])
        #expect(said(decision) == [])
        #expect(decision.snapshots.first?.fingerprint == 2)
    }
}
