import Core
import Store

/// Ends the alerts of what is watched no more: a source, a kind of its resources, or a sink was taken out of the
/// configuration. Those who were told that such an alert fires are told that it ended.
struct Retirement {
    let store: SQLiteStore
    let routing: Routing
    let dependencies: Dependencies

    private static let batch = 200

    func run(watched sources: [SourceSettings], sinks: [String]) async throws {
        for (source, kind) in try await store.listingsWithOpenAlerts() where kind.isListed {
            let isWatched = sources.contains { $0.name == source && $0.watch.contains(kind) }
            guard !isWatched else { continue }
            let rules = try await store.rulesWithOpenAlerts(source: source, kind: kind)
            let ids = try await store.resources(withAlertsOf: rules, source: source, kind: kind)
            try await end(ids, source: source, kind: kind)
        }
        let own = Set(sources.map { ResourceKey.source($0.name) } + sinks.map { ResourceKey.sink($0) })
        for key in try await store.ownResources() where !own.contains(key) {
            try await end([key.id], source: key.source, kind: key.kind, isGone: true)
        }
    }

    /// `isGone`: what is known of them counts no more, should they come back.
    private func end(_ ids: [String], source: String, kind: ResourceKind, isGone: Bool = false) async throws {
        var rest = ids[...]
        let none = RuleEngine(rules: [])
        while !rest.isEmpty {
            let ids = Array(rest.prefix(Retirement.batch))
            rest = rest.dropFirst(ids.count)
            let known = try await store.known(source: source, kind: kind, ids: ids)
            var decision = Decision()
            for id in ids {
                guard let resource = known[id] else { continue }
                none.endOrphans(resource, now: dependencies.now(), into: &decision)
                guard isGone, var snapshot = resource.snapshot else { continue }
                snapshot.isGone = true
                decision.snapshots.append(snapshot)
            }
            try await store.commit(
                ObservationCommit(decision: decision, progress: [:], source: source, routing: routing))
            for decided in decision.notifications { dependencies.report(.decided(decided)) }
        }
    }
}
