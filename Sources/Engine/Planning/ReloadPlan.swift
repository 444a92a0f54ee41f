package import Core
import Sinks
package import Store

/// What loading a configuration would do, found out from the store without changing it.
package struct ReloadPlan: Sendable {
    /// Something that is held back or gathered, and what becomes of it.
    package struct Waiting: Sendable {
        package var telling: Telling
        package var fate: Fate
    }

    package enum Fate: Sendable, Equatable {
        /// Its alert ends, so nobody is told.
        case dropped
        case staysHeld(Hold)
        /// Nothing holds it back any more.
        case told
        /// It waits for its group, until then.
        case staysQueued(until: Timestamp?)
    }

    /// Empty where no watch has noted its rules yet.
    package var rules: [RuleChange] = []
    /// Whether it is known what is in force, so that ``rules`` can be told.
    package var isBeforeKnown = false
    /// All but those that go on as they are, at most ``limit``.
    package var alerts: [AlertOutcome] = []
    package var goesOn = 0
    /// How many more there are of ``alerts``.
    package var more = 0
    package var waiting: [Waiting] = []
    /// Sinks that the configuration does not have, with what waits for them and how many ends they are owed.
    package var goneSinks: [(name: String, pending: Int, owed: Int)] = []

    package static let limit = 10_000
    private static let batch = 200

    /// - Parameter progress: is told how many resources have been looked at.
    package init(
        for loaded: LoadedConfiguration, store: SQLiteStore, now: Timestamp, progress: (Int) -> Void = { _ in }
    ) async throws(StoreError) {
        let engine = RuleEngine(rules: loaded.rules)
        if let fact = try await store.facts(prefix: RulesInForce.fact).first(where: { $0.name == RulesInForce.fact }),
            let before = RulesInForce(document: fact.value)
        {
            rules = RuleChange.between(before, and: loaded.rules)
            isBeforeKnown = true
        }
        var looked = 0
        for listing in try await store.listings() {
            let fresh = try await freshRules(engine, of: listing, store)
            let isWatched = loaded.settings.watches(listing)
            var after = ""
            while true {
                let ids = try await ids(of: listing, isLookedAtWhole: isWatched && !fresh.isEmpty, after, store)
                guard let last = ids.last else { break }
                after = last
                let known = try await store.known(source: listing.source, kind: listing.kind, ids: ids)
                for id in ids {
                    guard let resource = known[id] else { continue }
                    let watched = isWatched && loaded.settings.has(resource.snapshot?.key)
                    take(engine.outcomes(of: resource, fresh: fresh, isWatched: watched, now: now))
                }
                looked += ids.count
                progress(looked)
            }
        }
        try await followTellings(loaded, store, now)
        try await findGoneSinks(loaded, store)
    }

    private mutating func take(_ outcomes: [AlertOutcome]) {
        for outcome in outcomes {
            if outcome.effect == .goesOn {
                goesOn += 1
            } else if alerts.count < ReloadPlan.limit {
                alerts.append(outcome)
            } else {
                more += 1
            }
        }
    }

    /// The rules that have not looked at the listing as they are.
    private func freshRules(
        _ engine: RuleEngine, of listing: SQLiteStore.Listing, _ store: SQLiteStore
    ) async throws(StoreError) -> Set<String> {
        let all = engine.rules(watching: listing.kind)
        guard listing.kind.isListed else { return Set(all.map(\.name)) }
        let before = try await store.ruleIdentities(source: listing.source, kind: listing.kind)
        let fresh = all.filter { rule in
            if before[rule.name] == rule.conditionIdentity { return false }
            return !rule.renamedFrom.contains { before[$0] == rule.conditionIdentity(named: $0) }
        }
        return Set(fresh.map(\.name))
    }

    /// What a new rule looks at; where there is none, what has open alerts.
    private func ids(
        of listing: SQLiteStore.Listing, isLookedAtWhole: Bool, _ after: String, _ store: SQLiteStore
    ) async throws(StoreError) -> [String] {
        try await store.idsToPlan(
            listing, isWhole: isLookedAtWhole, after: after, limit: ReloadPlan.batch)
    }

    private mutating func followTellings(
        _ loaded: LoadedConfiguration, _ store: SQLiteStore, _ now: Timestamp
    ) async throws(StoreError) {
        let routing = Routing(rules: loaded.rules, sinks: loaded.settings.groupings)
        var fates: [AlertID: AlertOutcome.Effect] = [:]
        for outcome in alerts { fates[outcome.alert] = outcome.effect }
        let prospects = try await store.prospects(of: routing, at: now, limit: ReloadPlan.limit)
        waiting = prospects.map { prospect in
            let telling = prospect.telling
            if telling.state == .held, fates[telling.alert] == .ends {
                return Waiting(telling: telling, fate: .dropped)
            }
            if telling.state == .queued { return Waiting(telling: telling, fate: .staysQueued(until: prospect.dueAt)) }
            return Waiting(telling: telling, fate: prospect.hold.map { .staysHeld($0) } ?? .told)
        }
    }

    private mutating func findGoneSinks(
        _ loaded: LoadedConfiguration, _ store: SQLiteStore
    ) async throws(StoreError) {
        let sinks = Set(loaded.settings.sinks.map(\.configuration.name))
        let counts = try await store.deliveryCounts()
        let owed = try await store.noiseCounts(at: Timestamp(clampedSeconds: 0, nanoseconds: 0)).owed
        for name in Set(counts.keys).union(owed.keys).subtracting(sinks).sorted() {
            let (pending, ends) = (counts[name]?.pending ?? 0, owed[name] ?? 0)
            if pending > 0 || ends > 0 { goneSinks.append((name, pending, ends)) }
        }
    }
}

extension Settings {
    fileprivate func watches(_ listing: SQLiteStore.Listing) -> Bool {
        guard listing.kind.isListed else { return true }
        return sources.contains { $0.name == listing.source && $0.watch.contains(listing.kind) }
    }

    /// Whether one of Auspex' own resources is still there.
    fileprivate func has(_ key: ResourceKey?) -> Bool {
        switch key?.kind {
        case .source: sources.contains { $0.name == key?.id }
        case .sink: sinks.contains { $0.configuration.name == key?.id }
        default: true
        }
    }
}
