import Core
import Store

/// Ends the alerts of listings that are watched no more: a source, or a kind of its resources, was taken out of the
/// configuration. Those who were told that such an alert fires are told that it ended.
struct Retirement {
    let store: SQLiteStore
    let dependencies: Dependencies

    private static let batch = 200

    func run(watched sources: [SourceSettings]) async throws {
        for (source, kind) in try await store.listingsWithOpenAlerts() {
            let isWatched = sources.contains { $0.name == source && $0.watch.contains(kind) }
            if !isWatched { try await retire(source: source, kind: kind) }
        }
    }

    private func retire(source: String, kind: ResourceKind) async throws {
        let rules = try await store.rulesWithOpenAlerts(source: source, kind: kind)
        var rest = try await store.resources(withAlertsOf: rules, source: source, kind: kind)[...]
        let none = RuleEngine(rules: [])
        while !rest.isEmpty {
            let ids = Array(rest.prefix(Retirement.batch))
            rest = rest.dropFirst(ids.count)
            let known = try await store.known(source: source, kind: kind, ids: ids)
            var decision = Decision()
            for id in ids {
                guard let resource = known[id] else { continue }
                none.endOrphans(resource, now: dependencies.now(), into: &decision)
            }
            try await store.commit(ObservationCommit(decision: decision, progress: [:], source: source))
            for decided in decision.notifications { dependencies.report(.decided(decided)) }
        }
    }
}
