import CEL

/// What a configuration that is put in force does to one alert.
package struct AlertOutcome: Sendable, Equatable {
    package enum Effect: Sendable, Equatable {
        /// It is true of the resource, and would fire at once.
        case fires
        /// It is true of the resource, and would wait until then.
        case waits(until: Timestamp?)
        /// It ends.
        case ends
        /// Nothing was told of it yet, and nothing will be.
        case isForgotten
        /// It goes on, and is looked at again at another time.
        case timerMoves(from: Timestamp?, to: Timestamp?)
        case goesOn
    }

    package var alert: AlertID
    package var rule: String
    package var resource: ResourceKey
    package var effect: Effect
    /// The sinks to which something is said of it now, unless something holds it back.
    package var says: [String]
}

extension RuleEngine {
    /// What putting these rules in force does to the alerts about one resource.
    ///
    /// It is found out by doing it: the decision is the very one that a watch commits when it takes the rules up.
    /// - Parameters:
    ///   - fresh: the rules that have not looked at it yet; they look now.
    ///   - isWatched: whether the resource is watched by the new configuration at all.
    package func outcomes(
        of known: KnownResource, fresh: Set<String>, isWatched: Bool = true, now: Timestamp
    ) -> [AlertOutcome] {
        var decision = Decision()
        takeUp(known, fresh: fresh, isWatched: isWatched, now: now, into: &decision)
        var outcomes: [AlertOutcome] = []
        var seen: Set<AlertID> = []
        let before = Dictionary(
            known.latest.values.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for record in decision.records {
            seen.insert(record.id)
            let says = decision.notifications.filter { $0.notification.alerts.contains { $0.id == record.id } }
                .flatMap(\.sinks)
            guard let effect = effect(from: before[record.id], to: record) else { continue }
            outcomes.append(
                AlertOutcome(
                    alert: record.id, rule: record.rule, resource: record.resource, effect: effect, says: says))
        }
        for record in known.latest.values.sorted(by: { $0.rule < $1.rule })
        where record.isOpen && !seen.contains(record.id) {
            let isForgotten = decision.forgotten.contains(record.id)
            outcomes.append(
                AlertOutcome(
                    alert: record.id, rule: record.rule, resource: record.resource,
                    effect: isForgotten ? .isForgotten : .goesOn, says: []))
        }
        return outcomes
    }

    /// Takes the rules up for one resource: alerts of rules that are gone end, and rules that are new look at it.
    package func takeUp(
        _ known: KnownResource, fresh: Set<String>, isWatched: Bool = true, now: Timestamp,
        into decision: inout Decision
    ) {
        guard isWatched else { return RuleEngine(rules: []).endOrphans(known, now: now, into: &decision) }
        endOrphans(known, now: now, into: &decision)
        guard !fresh.isEmpty else { return }
        // Auspex' own sources and sinks are no history but what goes on: all that holds starts an alert.
        guard let snapshot = known.snapshot, !snapshot.key.kind.isListed else {
            return looked(at: known, onlyRules: fresh, isNewRule: true, now: now, into: &decision)
        }
        var before = known
        before.snapshot?.isGone = true
        let observation = Observation(
            key: snapshot.key, body: snapshot.body, fingerprint: 0, status: snapshot.status, observedAt: now)
        var look = Decision()
        observed(observation, known: before, isBaseline: false, now: now, into: &look)
        for record in look.records { decision.replaceRecord(record) }
        decision.forgotten += look.forgotten
        decision.notifications += look.notifications.filter { said in
            !decision.notifications.contains { $0.notification.id == said.notification.id }
        }
    }

    private func effect(from before: AlertRecord?, to record: AlertRecord) -> AlertOutcome.Effect? {
        let wasOpen = before?.isOpen ?? false
        switch record.phase {
        case .firing where before?.phase != .firing: return .fires
        case .pending where !wasOpen: return .waits(until: record.dueAt)
        case .resolved: return wasOpen ? .ends : nil
        case .firing, .pending:
            return record.dueAt == before?.dueAt ? .goesOn : .timerMoves(from: before?.dueAt, to: record.dueAt)
        case .watching, .standing: return nil
        }
    }
}
