package import Core
package import Store
import Synchronization

/// Recorded history through rules: what they would have said. Reads the store and changes nothing.
package struct Backtest: Sendable {
    package var store: SQLiteStore
    package var rules: [Rule]
    package var since: Timestamp
    package var until: Timestamp
    /// How many resources are gone through at a time.
    package var workers: Int

    package init(store: SQLiteStore, rules: [Rule], since: Timestamp, until: Timestamp, workers: Int) {
        self.store = store
        self.rules = rules
        self.since = since
        self.until = until
        self.workers = max(1, workers)
    }

    /// What came of it.
    package struct Outcome: Sendable {
        package var result: BacktestResult
        /// How many changes were gone through.
        package var changes: Int
    }

    /// What one worker has gathered.
    private struct Gathered: Sendable {
        var result: BacktestResult
        var contributions: [String: [(seenAt: Timestamp, contribution: WindowContribution)]] = [:]
        var changes = 0
    }

    /// How often progress is told, in changes.
    private static let stride = 1000

    /// `progress` is told how many changes have been gone through so far.
    package func run(_ progress: @escaping @Sendable (Int) -> Void) async throws(StoreError) -> Outcome {
        var outcome = Outcome(result: BacktestResult(rules: rules), changes: 0)
        let engine = RuleEngine(rules: rules)
        let done = Atomic(0)
        for (source, kind) in try await store.recordedListings() where kind.isListed {
            guard !engine.rules(watching: kind).isEmpty else { continue }
            let parts = try await replay(source, kind, engine) { count in
                let before = done.wrappingAdd(count, ordering: .relaxed).oldValue
                if (before + count) / Backtest.stride != before / Backtest.stride { progress(before + count) }
            }
            for part in parts {
                outcome.result.add(part.result)
                outcome.changes += part.changes
            }
            for decision in await windows(source, kind, engine, parts) { outcome.result.add(decision) }
        }
        outcome.result.sort()
        return outcome
    }

    /// How far before `since` history is needed to fill the windows.
    private func reach(_ kind: ResourceKind, _ engine: RuleEngine) -> Duration {
        engine.windows(watching: kind).map { ($0.window?.over ?? .zero) + ($0.policy.hold ?? .zero) }.max() ?? .zero
    }

    private func replay(
        _ source: String, _ kind: ResourceKind, _ engine: RuleEngine, _ count: @escaping @Sendable (Int) -> Void
    ) async throws(StoreError) -> [Gathered] {
        let results = await withTaskGroup(of: Result<Gathered, StoreError>.self) { group in
            for number in 0..<workers {
                group.addTask {
                    do throws(StoreError) {
                        return .success(
                            try await replay(source, kind, engine, HistoryPart(number, of: workers), count))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            var results: [Result<Gathered, StoreError>] = []
            for await result in group { results.append(result) }
            return results
        }
        var parts: [Gathered] = []
        for result in results { parts.append(try result.get()) }
        return parts
    }

    private func replay(
        _ source: String, _ kind: ResourceKind, _ engine: RuleEngine, _ part: HistoryPart,
        _ count: @escaping @Sendable (Int) -> Void
    ) async throws(StoreError) -> Gathered {
        let gathered = Mutex(Gathered(result: BacktestResult(rules: rules)))
        let replay = ResourceReplay(engine: engine, since: since, until: until)
        let take: @Sendable (ResourceHistory) -> Void = { history in
            let outcome = replay.run(history)
            gathered.withLock { gathered in
                gathered.result.add(outcome.decision)
                gathered.changes += outcome.changes
                for item in outcome.contributions {
                    gathered.contributions[item.contribution.rule, default: []].append(item)
                }
            }
            count(outcome.changes)
        }
        let from = since.advanced(by: .zero - reach(kind, engine))
        try await store.histories(source: source, kind: kind, after: from, part: part, take)
        // What has not changed since then can only be told by the clock.
        if engine.rules(watching: kind).contains(where: { $0.policy.hold != nil || $0.clockUse.isUsed }) {
            try await store.standing(source: source, kind: kind, until: from, part: part) { snapshot in
                take(ResourceHistory(snapshot: snapshot, changes: []))
            }
        }
        return gathered.withLock { $0 }
    }

    /// The windows one beside the other.
    private func windows(
        _ source: String, _ kind: ResourceKind, _ engine: RuleEngine, _ parts: [Gathered]
    ) async -> [Decision] {
        await withTaskGroup(of: Decision.self) { group in
            for rule in engine.windows(watching: kind) {
                group.addTask {
                    let contributions = parts.flatMap { $0.contributions[rule.name] ?? [] }
                    return WindowReplay(rule: rule, source: source, since: since, until: until).run(contributions)
                }
            }
            var decisions: [Decision] = []
            for await decision in group { decisions.append(decision) }
            return decisions
        }
    }
}
