import CEL
import Core
import Store
import Synchronization
import TestSupport
import Testing

@Suite struct `The recorded changes of a store` {
    private let engine = RuleEngine(rules: [])

    /// Shows a resource in a state and commits what follows.
    private func see(
        _ test: TestStore, _ id: String, _ status: String, at seconds: Int, _ fields: [(String, String)] = []
    ) async throws {
        let known = try await test.store.known(source: "studio", kind: .generation, ids: [id])[id]
        var decision = Decision()
        engine.observed(
            Observation(
                key: Sample.key(id), body: Sample.json(id, status, fields), fingerprint: 0, status: status,
                observedAt: Sample.at(seconds)),
            known: known ?? KnownResource(snapshot: nil, latest: [:]), isBaseline: false, now: Sample.at(seconds),
            into: &decision)
        try await test.commit(decision)
    }

    private func steps(_ test: TestStore, after seconds: Int = -1) async throws -> [ResourceHistory.Step] {
        let found = Mutex<[ResourceHistory.Step]>([])
        try await test.store.histories(source: "studio", kind: .generation, after: Sample.at(seconds)) { history in
            found.withLock { $0 += history.steps() }
        }
        return found.withLock { $0 }
    }

    private func text(_ value: CELValue?, _ name: String) -> CELValue? {
        guard case .map(let members)? = value else { return nil }
        return members[name]
    }

    @Test func `tell how a resource was at every one of them`() async throws {
        let test = try TestStore()
        try await see(test, "img_2", "pending", at: 0)
        try await see(test, "img_1", "pending", at: 1, [("width", "5"), ("cost", "{\"amount\":1}")])
        try await see(test, "img_1", "processing", at: 2, [("cost", "{\"amount\":2}"), ("prompt", "\"a cat\"")])
        try await see(test, "img_1", "failed", at: 3, [("prompt", "\"a cat\""), ("completed_at", Sample.time(2))])
        let steps = try await steps(test).filter { $0.change.key.id == "img_1" }
        #expect(steps.map(\.change.newStatus) == ["pending", "processing", "failed"])
        #expect(steps.map { text($0.after.raw, "status") } == ["pending", "processing", "failed"])
        #expect(steps.map { text($0.after.raw, "width") } == [.int(5), nil, nil])
        #expect(steps.map { text(text($0.after.raw, "cost"), "amount") } == [.int(1), .int(2), nil])
        #expect(steps.map { text($0.before?.raw, "status") } == [nil, "pending", "processing"])
        #expect(steps.map(\.after.since) == [Sample.at(1), Sample.at(2), Sample.at(2)])
        #expect(steps.map { $0.before?.since } == [nil, Sample.at(1), Sample.at(2)])
        #expect(
            steps.map(\.change.paths) == [
                [], ["status", "cost.amount", "prompt", "width"], ["status", "completed_at", "cost"],
            ])
    }

    @Test func `hold only what became another`() async throws {
        let test = try TestStore()
        let prompt = ("prompt", "\"\(String(repeating: "cat ", count: 500))\"")
        try await see(test, "img_1", "pending", at: 1, [prompt])
        try await see(test, "img_1", "failed", at: 2, [prompt])
        let step = try #require(try await steps(test).last)
        #expect(step.change.before?.members == CELMap([("status", .string("pending"))]))
        #expect(text(step.before?.raw, "prompt") == text(step.after.raw, "prompt"))
    }

    @Test func `end where the details have left`() async throws {
        let test = try TestStore()
        try await see(test, "img_1", "processing", at: 1)
        try await see(test, "img_1", "failed", at: 2)
        _ = try await test.store.work(on: .earlierStates, before: Sample.at(100), after: nil, limit: 100)
        let left = try await steps(test)
        #expect(left.map(\.change.newStatus) == ["failed"])
        #expect(left.first?.before == nil)
        _ = try await test.store.work(on: .details, before: Sample.at(100), after: nil, limit: 100)
        #expect(try await steps(test).isEmpty)
    }

    @Test func `begin where they are asked for`() async throws {
        let test = try TestStore()
        try await see(test, "img_1", "processing", at: 1)
        try await see(test, "img_1", "failed", at: 5)
        #expect(try await steps(test, after: 3).map(\.change.newStatus) == ["failed"])
        #expect(try await steps(test, after: 5).isEmpty)
    }

    @Test func `know how far windows have come`() async throws {
        let test = try TestStore()
        var commit = ObservationCommit(decision: Decision(), progress: [:], source: "studio")
        let marks = ["a", "b"].map { WindowMark(rule: $0, identity: "i", clock: Sample.at(5)) }
        commit.windows = [.generation: marks]
        try await test.store.commit(commit)
        #expect(
            try await test.store.windowMarks(source: "studio", kind: .generation) == ["a": marks[0], "b": marks[1]])
        #expect(try await test.store.windowMarks(source: "studio", kind: .character).isEmpty)
        try await test.store.forgetWindows(except: ["b"], source: "studio", kind: .generation)
        #expect(try await test.store.windowMarks(source: "studio", kind: .generation) == ["b": marks[1]])
    }

    @Test func `keep the alerts of groups apart from those of resources`() async throws {
        let test = try TestStore()
        var group = Sample.alert("inference_type=t2i", rule: "rate")
        group.members = CELMap([("inference_type", .string("t2i"))])
        group.dueAt = Sample.at(5)
        var decision = Decision()
        decision.records = [group, Sample.alert("img_1")]
        try await test.commit(decision)
        #expect(try await test.store.groupAlerts(source: "studio", kind: .generation) == [group])
        #expect(try await test.store.due(source: "studio", kind: .generation, at: Sample.at(10), limit: 10).isEmpty)
        #expect(try await test.store.nextDue(source: "studio", kind: .generation, after: Sample.at(0)) == nil)
    }
}
