import CEL

/// One resource's recorded life through the rules, as if they had been in force from `since` on.
///
/// The same steps as in the watch: every change when it was seen, and between changes every timer when it was due. What
/// holds at `since` already is treated as a new rule treats it: without `for` it starts nothing but what `backfill`
/// reaches.
package struct ResourceReplay: Sendable {
    package var engine: RuleEngine
    package var since: Timestamp
    package var until: Timestamp

    package init(engine: RuleEngine, since: Timestamp, until: Timestamp) {
        self.engine = engine
        self.since = since
        self.until = until
    }

    /// What came of it.
    package struct Outcome: Sendable {
        /// Every alert that was made, as it was in the end, and all that was said.
        package var decision = Decision()
        /// What the changes add to windows, with when they were seen; also of changes before `since`.
        package var contributions: [(seenAt: Timestamp, contribution: WindowContribution)] = []
        /// How many changes were gone through.
        package var changes = 0
    }

    /// `history` may begin before `since`: what is earlier only fills windows.
    package func run(_ history: ResourceHistory) -> Outcome {
        var outcome = Outcome()
        var latest: [String: AlertRecord] = [:]
        var current: ObservationContext?
        let kind = history.snapshot.key.kind
        let singles = engine.singles(watching: kind)
        let hasWindows = !engine.windows(watching: kind).isEmpty
        let steps = history.steps()
        if !singles.isEmpty, let standing = standing(history, before: steps) {
            look(standing, &latest, &outcome)
            current = standing
        }
        for step in steps where step.change.observedAt <= until {
            outcome.changes += 1
            let time = step.change.observedAt
            guard !singles.isEmpty || hasWindows else { continue }
            let context = ObservationContext(step, of: history)
            if hasWindows {
                var decision = Decision()
                engine.contribute(context, into: &decision)
                outcome.contributions += decision.contributions.map { (time, $0) }
                outcome.decision.unknowns += decision.unknowns
            }
            guard time > since, !singles.isEmpty else { continue }
            if let current { timers(of: current, before: time, &latest, &outcome) }
            for rule in singles {
                RuleStep(rule, context: context, restoredAt: nil)
                    .run(latest: latest[rule.name], into: &outcome.decision)
            }
            adopt(&latest, outcome.decision)
            current = context.snapshot.isGone ? nil : context
        }
        if let current { timers(of: current, before: until.advanced(by: .nanoseconds(1)), &latest, &outcome) }
        return outcome
    }

    /// The resource as it was at `since`; nil where it was not there or nobody knows.
    private func standing(_ history: ResourceHistory, before steps: [ResourceHistory.Step]) -> ObservationContext? {
        var state: Snapshot?
        if let last = steps.last(where: { $0.change.observedAt <= since }) {
            guard last.change.nature != .gone else { return nil }
            return ObservationContext(last, of: history).standing(at: since, isNewRule: true)
        }
        if let first = steps.first {
            state = history.stateBefore(first)
        } else if history.changes.isEmpty, history.snapshot.isWhole, !history.snapshot.isGone {
            state = history.snapshot
        }
        return state.map { ObservationContext(unchanged: $0, isNewRule: true, now: since) }
    }

    private func look(
        _ context: ObservationContext, only rules: Set<String>? = nil,
        _ latest: inout [String: AlertRecord], _ outcome: inout Outcome
    ) {
        for rule in engine.singles(watching: context.snapshot.key.kind) where rules?.contains(rule.name) ?? true {
            RuleStep(rule, context: context, restoredAt: nil)
                .run(latest: latest[rule.name], into: &outcome.decision)
        }
        adopt(&latest, outcome.decision)
    }

    /// Evaluates what the clock alone may change, each when it is due. What was seen at that very moment goes first: the
    /// resource is as it is then.
    private func timers(
        of context: ObservationContext, before end: Timestamp, _ latest: inout [String: AlertRecord],
        _ outcome: inout Outcome
    ) {
        // What stays due has no answer before something changes.
        var stuck: Set<String> = []
        func due() -> Timestamp? {
            latest.values.lazy.filter { !stuck.contains($0.rule) }.compactMap(\.dueAt).min()
        }
        while let time = due(), time < end {
            let rules = Set(latest.values.filter { $0.dueAt.map { $0 <= time } ?? false }.map(\.rule))
            look(context.standing(at: time), only: rules, &latest, &outcome)
            stuck.formUnion(rules.filter { latest[$0]?.dueAt.map { $0 <= time } ?? false })
        }
    }

    /// The latest alert of each rule, as they follow from the decision so far.
    private func adopt(_ latest: inout [String: AlertRecord], _ decision: Decision) {
        for record in decision.records where record.activation >= latest[record.rule]?.activation ?? 0 {
            latest[record.rule] = record
        }
        guard !decision.forgotten.isEmpty else { return }
        for (rule, record) in latest where decision.forgotten.contains(record.id) {
            latest[rule] = AlertRecord(
                rule: rule, resource: record.resource, activation: record.activation - 1, phase: .resolved,
                since: record.since, severity: record.severity)
        }
    }
}
