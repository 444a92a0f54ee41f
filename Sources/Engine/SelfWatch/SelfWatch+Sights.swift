import Core
import Sinks
import Store

extension SelfWatch {
    /// Nil where nobody can tell, or nobody asks.
    mutating func sight(of key: ResourceKey, engine: RuleEngine) async throws -> Sight? {
        if key.kind == .source {
            guard let state = sourceState(key.id) else { return nil }
            memories[key.id] = state.memory
            return state.sight
        }
        guard let sink = settings.sinks.first(where: { $0.configuration.name == key.id }) else { return nil }
        guard !engine.rules(watching: .sink).isEmpty || resources[key]?.hasOpenAlerts ?? false else { return nil }
        let backlog = try await store.backlog(ofSink: key.id)
        if backlog.pending > SelfWatch.longBacklog { burdened.insert(key) } else { burdened.remove(key) }
        let (lane, tally) = signals.sink(key.id)
        return SinkState(name: key.id, kind: sink.kind.name, lane: lane, backlog: backlog, tally: tally).sight
    }

    private func sourceState(_ name: String) -> SourceState? {
        guard let source = settings.sources.first(where: { $0.name == name }),
            let health = health.first(where: { $0.source == name })
        else { return nil }
        let listings = health.current.map { kind, state in
            (kind, SourceState.Listing(health: state, isSynced: signals.isSynced(name, kind)))
        }
        return SourceState(
            name: name, listings: Dictionary(uniqueKeysWithValues: listings),
            before: memories[name] ?? SourceState.Memory(), limits: limits(source))
    }
}
