import Core
import GRDB
import Glibc
import Store
import TestSupport
import Testing

/// Works on a chore to its end, a few rows at a time.
func finish(_ chore: Chore, in test: TestStore, before seconds: Int, limit: Int = 2) async throws {
    var position: Chore.Position?
    repeat {
        position = try await test.store.work(on: chore, before: Sample.at(seconds), after: position, limit: limit)
    } while position != nil
}

@Suite struct `Details of what settled long ago` {
    /// What is left of each resource, in the order of the ids: `img_1 whole`.
    private func left(_ test: TestStore, kind: ResourceKind = .generation) async throws -> [String] {
        let ids = try await test.store.presentIDs(source: "studio", kind: kind, after: "", limit: 100)
        let known = try await test.store.known(source: "studio", kind: kind, ids: ids)
        return ids.map { "\($0) \(known[$0]?.snapshot?.isWhole == true ? "whole" : "reduced")" }
    }

    private func store(_ snapshots: [Snapshot], _ alerts: [AlertRecord] = []) async throws -> TestStore {
        let test = try TestStore()
        var decision = Decision()
        decision.snapshots = snapshots
        decision.records = alerts
        try await test.commit(decision)
        return test
    }

    @Test func `leave, and id, status, fingerprint and times stay`() async throws {
        let test = try await store([Sample.snapshot("img_1", "succeeded", fingerprint: .max, at: 5)])
        try await finish(.details, in: test, before: 100)
        let known = try await test.store.known(source: "studio", kind: .generation, ids: ["img_1"])["img_1"]
        let snapshot = try #require(known?.snapshot)
        #expect(!snapshot.isWhole)
        #expect(snapshot.fingerprint == .max)
        #expect(snapshot.status == "succeeded")
        #expect(snapshot.statusSince == Sample.at(5))
        #expect(snapshot.firstSeen == Sample.at(5))
        #expect(snapshot.createdAt == Sample.at(5))
        let expected = #"{"id":"img_1","status":"succeeded","created_at":"2026-05-04T12:00:05Z"}"#
        #expect(String(decoding: snapshot.body, as: UTF8.self) == expected)
        let prints = try await test.store.fingerprints(source: "studio", kind: .generation, ids: ["img_1"])
        #expect(prints == ["img_1": .max])
    }

    @Test func `stay while it is young, in flight, or no generation`() async throws {
        let test = try await store([
            Sample.snapshot("img_1", "succeeded"), Sample.snapshot("img_2", "failed", at: 100),
            Sample.snapshot("img_3", "processing"), Sample.snapshot("img_4", "cancelled", at: 99),
            Sample.snapshot("char_1", "ready", kind: .character), Sample.snapshot("balance", "", kind: .balance),
        ])
        try await finish(.details, in: test, before: 100, limit: 1)
        #expect(try await left(test) == ["img_1 reduced", "img_2 whole", "img_3 whole", "img_4 reduced"])
        #expect(try await left(test, kind: .character) == ["char_1 whole"])
        #expect(try await left(test, kind: .balance) == ["balance whole"])
    }

    @Test func `stay while an alert about it is open, its end is owed, or a timer runs`() async throws {
        var alerts = (1...6).map { Sample.alert("img_\($0)") }
        alerts[0].phase = .pending
        alerts[1].owesResolve = true
        alerts[2].dueAt = Sample.at(1000)
        alerts[3].phase = .watching
        alerts[3].dueAt = Sample.at(1000)
        alerts[4].phase = .resolved
        let test = try await store((1...7).map { Sample.snapshot("img_\($0)", "failed") }, alerts)
        try await finish(.details, in: test, before: 100)
        #expect(
            try await left(test) == [
                "img_1 whole", "img_2 whole", "img_3 whole", "img_4 whole", "img_5 reduced", "img_6 reduced",
                "img_7 reduced",
            ])
    }

    @Test func `stay until what was said about it is delivered or dead`() async throws {
        let test = try await store(["img_1", "img_2"].map { Sample.snapshot($0, "failed") })
        for id in ["img_1", "img_2"] {
            var decision = Decision()
            decision.records = [Sample.alert(id)]
            try await test.commit(decision)
            try await test.say(Sample.alert(id))
        }
        try await test.end(.delivered)
        try await finish(.details, in: test, before: 100)
        #expect(try await left(test) == ["img_1 reduced", "img_2 whole"])
        try await test.end(.delivered)
        try await finish(.details, in: test, before: 100)
        #expect(try await left(test) == ["img_1 reduced", "img_2 reduced"])
    }

    @Test func `are there again when it is seen in another state`() async throws {
        let test = try await store([Sample.snapshot("img_1", "succeeded")])
        try await finish(.details, in: test, before: 100)
        var decision = Decision()
        decision.snapshots = [Sample.snapshot("img_1", "failed", fingerprint: 9, at: 200)]
        try await test.commit(decision)
        #expect(try await left(test) == ["img_1 whole"])
        #expect(try await test.store.wholeIDs(source: "studio", kind: .generation, after: "", limit: 9) == ["img_1"])
    }

    @Test func `gone, it is nothing that a new rule looks at`() async throws {
        let test = try await store(["a", "b", "c"].map { Sample.snapshot($0, $0 == "b" ? "processing" : "failed") })
        try await finish(.details, in: test, before: 100)
        #expect(try await test.store.wholeIDs(source: "studio", kind: .generation, after: "", limit: 9) == ["b"])
        #expect(try await test.store.presentIDs(source: "studio", kind: .generation, after: "", limit: 9).count == 3)
    }

    @Test func `leave whole or not at all when the process is killed`() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path("auspex.db")
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let store = try SQLiteStore(path: path, access: .watching)
            var decision = Decision()
            decision.snapshots = (0..<3000).map { Sample.snapshot("img_\($0)", "failed", fingerprint: UInt64($0)) }
            try await store.commit(ObservationCommit(decision: decision, progress: [:], source: "studio"))
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    try? await Task.sleep(for: .milliseconds(15))
                    kill(getpid(), SIGKILL)
                }
                var position: Chore.Position?
                repeat {
                    position = try? await store.work(
                        on: .details, before: Sample.at(10), after: position, limit: 20)
                } while position != nil
                while true { await Task.yield() }
            }
        }
        let store = try SQLiteStore(path: path, access: .watching)
        let ids = (0..<3000).map { "img_\($0)" }
        let known = try await store.known(source: "studio", kind: .generation, ids: ids)
        for (number, id) in ids.enumerated() {
            let snapshot = try #require(known[id]?.snapshot)
            #expect(snapshot.fingerprint == UInt64(number))
            if snapshot.isWhole { #expect(snapshot.body == Sample.json(id, "failed")) }
        }
        #expect(try await store.presentCount(source: "studio", kind: .generation) == 3000)
        #expect(
            try await store.work(on: .details, before: Sample.at(10), after: nil, limit: 10_000) == nil)
        #expect(try await store.wholeIDs(source: "studio", kind: .generation, after: "", limit: 1) == [])
    }
}

@Suite struct `History` {
    @Test func `of a resource that can change again keeps the last alert of each rule`() async throws {
        let test = try TestStore()
        var decision = Decision()
        decision.snapshots = [
            Sample.snapshot("img_whole", "failed", at: 1000), Sample.snapshot("img_reduced", "failed"),
            Sample.snapshot("img_gone", "failed", isGone: true),
        ]
        for id in ["img_whole", "img_reduced", "img_gone", "img_unknown"] {
            var over = Sample.alert(id, phase: .resolved)
            over.resolvedAt = Sample.at(1)
            var said = Sample.alert(id, rule: "said")
            said.firedAt = Sample.at(1)
            decision.records += [over, said]
        }
        try await test.commit(decision)
        try await finish(.details, in: test, before: 500)
        for chore in Chore.history { try await finish(chore, in: test, before: 500, limit: 1) }
        let left = try await test.store.alerts(includingResolved: true, limit: 99).map(\.resource.id)
        #expect(Set(left) == ["img_whole", "img_unknown"])
        #expect(left.count == 4)
    }

    @Test func `of a delivery that was sent again meanwhile stays`() async throws {
        let test = try TestStore()
        try await test.say(Sample.alert("img_1"))
        let record = try #require(try await test.end(.delivered))
        _ = try await test.store.replay([record.id], at: Sample.at(50))
        for chore in Chore.history { try await finish(chore, in: test, before: 500) }
        #expect(try await test.due(at: 50) == ["img_1#1"])
    }

    @Test func `is found without reading what is young, whatever there is`() async throws {
        let test = try TestStore()
        let queue = try DatabaseQueue(path: test.path)
        for chore in Chore.history + [.details, .earlierStates] {
            let plan = try await queue.read { db in
                try Row.fetchAll(
                    db, sql: "EXPLAIN QUERY PLAN " + chore.candidates, arguments: [0, 0, DatabaseValue.null, 1]
                ).map { $0["detail"] as String }
            }
            let first = plan.first ?? ""
            #expect(first.hasPrefix("SEARCH t USING") && first.contains("INDEX"), "\(plan)")
            #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(plan)")
        }
    }
}

@Suite struct `Counts` {
    @Test func `are right whatever came, changed, went or was said`() async throws {
        let test = try TestStore()
        var chance = SeededRandom(seed: 3)
        for round in 0..<60 {
            let id = "img_\(Int.random(in: 0..<8, using: &chance))"
            var alert = Sample.alert(id, phase: Bool.random(using: &chance) ? .firing : .resolved)
            alert.firedAt = Sample.at(round)
            alert.resolvedAt = alert.phase == .resolved ? Sample.at(round) : nil
            var decision = Decision()
            decision.snapshots = [Sample.snapshot(id, "failed", at: round, isGone: Bool.random(using: &chance))]
            if Bool.random(using: &chance) { decision.records = [alert] } else { decision.forgotten = [alert.id] }
            try await test.commit(decision)
            try await test.say(alert, sequence: round + 1, to: ["team", "ops"], at: round)
            try await test.end(Bool.random(using: &chance) ? .delivered : .refused(reason: "410"), at: round)
            if round % 10 == 9 { _ = try await test.store.prune(endedBefore: Sample.at(round - 5), limit: 100) }
            try await check(test)
        }
    }

    private func check(_ test: TestStore) async throws {
        let counted = """
            SELECT 'present' AS a, source AS b, kind AS c, count(*) AS n FROM snapshots WHERE is_gone = 0 GROUP BY 2, 3
            UNION ALL SELECT 'alerts', phase, '', count(*) FROM alerts GROUP BY 2
            UNION ALL SELECT 'deliveries', sink, phase, count(*) FROM deliveries GROUP BY 2, 3
            """
        let kept = "SELECT what AS a, name AS b, detail AS c, count AS n FROM tallies WHERE count <> 0"
        let queue = try DatabaseQueue(path: test.path)
        let (found, expected) = try await queue.read { db in
            func lines(_ sql: String) throws -> [String] {
                try String.fetchAll(
                    db, sql: "SELECT a || ' ' || b || ' ' || c || ' ' || n FROM (\(sql)) ORDER BY 1")
            }
            return (try lines(kept), try lines(counted))
        }
        #expect(found == expected)
    }
}
