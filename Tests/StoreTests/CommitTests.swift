import CEL
import Core
import GRDB
import Store
import TestSupport
import Testing

@Suite struct `One observed page` {
    /// A decision with one of everything.
    private func decision(_ id: String = "img_1") -> Decision {
        var alert = Sample.alert(id)
        alert.firedAt = Sample.at(0)
        alert.dueAt = Sample.at(60)
        alert.told = ["team", "ops"]
        alert.owesResolve = true
        alert.title = "it failed \"badly\""
        var decision = Decision()
        decision.snapshots = [Sample.snapshot(id, "failed", fingerprint: .max)]
        decision.changes = Sample.decision().changes
        decision.records = [alert]
        decision.notifications = [
            Sample.decided(Sample.notification(alert), sinks: ["team", "ops"], sequence: 1)
        ]
        return decision
    }

    @Test func `keeps a title whole that a stranger wrote a NUL into`() async throws {
        let rule = Sample.rule("failed", when: #"self.status == "failed""#, title: "${self.prompt}")
        let life = try NoiseTimeline([rule])
        try await life.sees("img_1", "failed", at: 0, [("prompt", #""a\u0000b""#)])
        #expect(try await life.alert("img_1", rule: "failed")?.title == "a\u{FFFD}b")
    }

    @Test func `is read back as it was committed`() async throws {
        let test = try TestStore()
        try await test.commit(decision())
        let known = try #require(
            try await test.store.known(source: "studio", kind: .generation, ids: ["img_1"])["img_1"])
        let snapshot = try #require(known.snapshot)
        #expect(snapshot.body == Sample.json("img_1", "failed"))
        #expect(snapshot.fingerprint == .max)
        #expect(snapshot.status == "failed")
        #expect(snapshot.statusSince == Sample.at(0))
        #expect(known.latest["failed"] == decision().records[0])
    }

    @Test func `knows nothing of what was never seen, nor of another source's`() async throws {
        let test = try TestStore()
        try await test.commit(decision())
        let known = try await test.store.known(source: "other", kind: .generation, ids: ["img_1"])["img_1"]
        #expect(known?.snapshot == nil)
        #expect(known?.latest.isEmpty == true)
    }

    @Test func `gives the latest alert of each rule`() async throws {
        let test = try TestStore()
        var decision = Decision()
        for activation in [3, 1, 2, 10] { decision.records.append(Sample.alert("img_1", activation: activation)) }
        decision.records.append(Sample.alert("img_1", rule: "slow"))
        try await test.commit(decision)
        let known = try await test.store.known(source: "studio", kind: .generation, ids: ["img_1"])["img_1"]
        #expect(known?.latest.mapValues(\.activation) == ["failed": 10, "slow": 1])
    }

    @Test func `committed twice says nothing twice`() async throws {
        let test = try TestStore()
        try await test.commit(decision())
        #expect(try await test.end(.delivered) != nil)
        try await test.commit(decision())
        #expect(try await test.due() == [])
        #expect(try await test.due("ops") == ["img_1#1"])
        #expect(try await test.store.alerts(includingResolved: true, limit: 10).count == 1)
    }

    @Test func `is committed as a whole or not at all, wherever it fails`() async throws {
        for table in ["snapshots", "changes", "alerts", "notifications", "deliveries", "sources"] {
            let test = try TestStore()
            try await failing(table, in: test)
            var progress = ListingProgress()
            progress.isBaselined = true
            await #expect(throws: StoreError.self) {
                try await test.commit(decision(), progress: [.generation: progress])
            }
            let known = try await test.store.known(source: "studio", kind: .generation, ids: ["img_1"])["img_1"]
            #expect(known?.snapshot == nil, "\(table)")
            #expect(known?.latest.isEmpty == true)
            #expect(try await test.due() == [])
            #expect(try await test.store.progress(source: "studio", kind: .generation) == ListingProgress())
        }
    }

    @Test func `that fails does not tell what it was about`() async throws {
        let test = try TestStore()
        try await failing("alerts", in: test)
        var decision = decision()
        decision.records[0].title = "hunter2"
        do {
            try await test.commit(decision)
            Issue.record("it was committed")
        } catch {
            #expect(!"\(error)".contains("hunter2") && !String(reflecting: error).contains("hunter2"))
            #expect(!"\(error)".contains("INSERT"))
        }
    }

    @Test func `forgets and keeps in one go, as the rules decided`() async throws {
        let test = try TestStore()
        var decision = Decision()
        decision.records = [Sample.alert("img_1", phase: .pending)]
        try await test.commit(decision)
        decision.forgotten = [decision.records[0].id]
        decision.records[0].phase = .watching
        try await test.commit(decision)
        let known = try await test.store.known(source: "studio", kind: .generation, ids: ["img_1"])["img_1"]
        #expect(known?.latest["failed"]?.phase == .watching)
        decision.records = []
        try await test.commit(decision)
        let after = try await test.store.known(source: "studio", kind: .generation, ids: ["img_1"])["img_1"]
        #expect(after?.latest.isEmpty == true)
    }

    @Test func `moves the listing's progress along`() async throws {
        let test = try TestStore()
        var progress = ListingProgress()
        progress.sweepCursor = "img_9"
        progress.sweepStartedAt = Sample.at(1)
        progress.sweptAt = Sample.at(2)
        try await test.commit(Decision(), progress: [.generation: progress])
        #expect(try await test.store.progress(source: "studio", kind: .generation) == progress)
        #expect(try await test.store.progress(source: "studio", kind: .character) == ListingProgress())
        #expect(try await test.store.progress(source: "other", kind: .generation) == ListingProgress())
    }

    /// Another connection makes every write to a table fail.
    private func failing(_ table: String, in test: TestStore) async throws {
        let queue = try DatabaseQueue(path: test.path)
        try await queue.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER broken BEFORE INSERT ON \(table)
                    BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END
                    """)
        }
        try queue.close()
    }
}

@Suite struct `What the poll plan asks the store` {
    private func store(_ snapshots: [Snapshot], _ alerts: [AlertRecord] = []) async throws -> TestStore {
        let test = try TestStore()
        var decision = Decision()
        decision.snapshots = snapshots
        decision.records = alerts
        try await test.commit(decision)
        return test
    }

    @Test func `is what is unsettled, oldest first, and not what is gone`() async throws {
        let test = try await store([
            Sample.snapshot("new", "processing", at: 10), Sample.snapshot("old", "pending", at: 5),
            Sample.snapshot("done", "succeeded"), Sample.snapshot("gone", "processing", isGone: true),
            Sample.snapshot("other", "pending", source: "other"),
        ])
        let ids = try await test.store.unsettled(source: "studio", kind: .generation, limit: 9).map(\.id)
        #expect(ids == ["old", "new"])
    }

    @Test func `is the fingerprints of what is present`() async throws {
        let test = try await store([
            Sample.snapshot("a", fingerprint: .max), Sample.snapshot("b", fingerprint: 7, isGone: true),
        ])
        let prints = try await test.store.fingerprints(source: "studio", kind: .generation, ids: ["a", "b", "c"])
        #expect(prints == ["a": .max])
    }

    @Test func `is which alerts are due, and when the next one is`() async throws {
        var alerts = [Sample.alert("a"), Sample.alert("b", rule: "slow"), Sample.alert("c"), Sample.alert("b")]
        for (index, due) in [20, 10, 30, nil].enumerated() { alerts[index].dueAt = due.map(Sample.at) }
        let test = try await store([], alerts)
        let due = try await test.store.due(source: "studio", kind: .generation, at: Sample.at(20), limit: 9)
        #expect(due.map(\.key.id) == ["b", "a"])
        #expect(due.map(\.rules) == [["slow"], ["failed"]])
        let next = try await test.store.nextDue(source: "studio", kind: .generation, after: Sample.at(20))
        #expect(next == Sample.at(30))
        #expect(try await test.store.nextDue(source: "other", kind: .generation, after: Sample.at(0)) == nil)
    }

    @Test func `is everything present, in batches`() async throws {
        let test = try await store((0..<7).map { Sample.snapshot("img_\($0)", isGone: $0 == 3) })
        var found: [String] = []
        while true {
            let batch = try await test.store.presentIDs(
                source: "studio", kind: .generation, after: found.last ?? "", limit: 2)
            if batch.isEmpty { break }
            found += batch
        }
        #expect(found == ["img_0", "img_1", "img_2", "img_4", "img_5", "img_6"])
        #expect(try await test.store.presentCount(source: "studio", kind: .generation) == 6)
    }

    @Test func `is which rules have looked at everything`() async throws {
        let test = try TestStore()
        try await test.store.setRuleIdentities(["a": "1", "b": "2"], source: "studio", kind: .generation)
        try await test.store.setRuleIdentities(["b": "3"], source: "studio", kind: .generation)
        #expect(try await test.store.ruleIdentities(source: "studio", kind: .generation) == ["b": "3"])
        #expect(try await test.store.ruleIdentities(source: "studio", kind: .character) == [:])
    }
}
