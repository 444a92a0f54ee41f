import CEL

/// What is known of one resource: its last snapshot and the latest alert of each rule.
package struct KnownResource: Sendable {
    package var snapshot: Snapshot?
    /// The record with the highest activation of each rule.
    package var latest: [String: AlertRecord]
    /// When a copy of the store took its place; nil if none ever did. What happened between the making of the copy and
    /// then is not known, and numbers that were given meanwhile must not be given again to something else.
    package var restoredAt: Timestamp?

    package init(snapshot: Snapshot?, latest: [String: AlertRecord], restoredAt: Timestamp? = nil) {
        self.snapshot = snapshot
        self.latest = latest
        self.restoredAt = restoredAt
    }
}

extension KnownResource {
    /// What is known of the resource named `id` once the decision is in force.
    package func after(_ decision: Decision, id: String) -> KnownResource {
        var latest = latest
        for record in decision.records where record.resource.id == id {
            // It may have gone on under another name.
            for (rule, other) in latest where other.id == record.id { latest[rule] = nil }
            latest[record.rule] = record
        }
        for (rule, record) in latest where decision.forgotten.contains(record.id) {
            // What is forgotten gives its number back; those before it keep theirs.
            latest[rule] = AlertRecord(
                rule: rule, resource: record.resource, activation: record.activation - 1, phase: .resolved,
                since: record.since, severity: record.severity)
        }
        return KnownResource(
            snapshot: decision.snapshots.last { $0.key.id == id } ?? snapshot, latest: latest, restoredAt: restoredAt)
    }
}

extension KnownResource {
    /// The rule's latest alert: one that is open under a name that the rule had before goes on as its own, with the id
    /// by which it was told.
    func latest(of rule: Rule) -> AlertRecord? {
        let own = latest[rule.name]
        guard !rule.renamedFrom.isEmpty, own == nil || own?.phase == .resolved else { return own }
        for name in rule.renamedFrom {
            guard var record = latest[name], record.phase != .resolved else { continue }
            record.rule = rule.name
            record.activation = max(record.activation, (own?.activation ?? 0) + 1)
            return record
        }
        return own
    }
}

/// Decides what follows from what was seen. Pure: no clock, no chance, no I/O; the same input gives the same ids.
package struct RuleEngine: Sendable {
    private let rulesByKind: [ResourceKind: [Rule]]
    private let singleRules: [ResourceKind: [Rule]]
    private let windowRules: [ResourceKind: [Rule]]
    private let rulesByName: [String: Rule]
    /// Rules by what they were called before.
    private let formerNames: [String: Rule]
    /// How much decisions say of what each rule made of what it saw.
    let looks: LookKeeping

    package init(rules: [Rule], looks: LookKeeping = .none) {
        self.looks = looks
        rulesByKind = Dictionary(grouping: rules, by: \.watch)
        singleRules = Dictionary(grouping: rules.filter { $0.window == nil }, by: \.watch)
        windowRules = Dictionary(grouping: rules.filter { $0.window != nil }, by: \.watch)
        rulesByName = Dictionary(rules.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        formerNames = Dictionary(
            rules.flatMap { rule in rule.renamedFrom.map { ($0, rule) } }, uniquingKeysWith: { first, _ in first })
    }

    package func rules(watching kind: ResourceKind) -> [Rule] { rulesByKind[kind] ?? [] }
    /// Those of them that look at one resource at a time.
    func singles(watching kind: ResourceKind) -> [Rule] { singleRules[kind] ?? [] }
    /// Those of them with `over`.
    package func windows(watching kind: ResourceKind) -> [Rule] { windowRules[kind] ?? [] }
    package func rule(named name: String) -> Rule? { rulesByName[name] }
    package var rules: [Rule] { rulesByKind.values.joined().sorted { $0.name < $1.name } }

    /// A resource was seen in a state that differs from the known one, or for the first time. Where nothing is known to
    /// have changed but the fingerprint, the snapshot is renewed and no change is noted.
    ///
    /// `isBaseline`: it belongs to the first sight of its source, so rules without `for` start nothing but what their
    /// `backfill` reaches.
    package func observed(
        _ observation: Observation, known: KnownResource, isBaseline: Bool, now: Timestamp,
        into decision: inout Decision
    ) {
        let context = ObservationContext(observation, previous: known.snapshot, isBaseline: isBaseline, now: now)
        decision.snapshots.append(context.snapshot)
        if !context.isOnlyRead { decision.changes.append(context.change) }
        if !context.misfits.isEmpty { decision.misfits.append((observation.key, context.misfits)) }
        decide(known, context: context, into: &decision)
    }

    /// A resource disappeared: absent from a complete listing, and 404 by id. Rules see it once more, with
    /// `self.gone`; then its alerts end.
    package func disappeared(_ known: KnownResource, now: Timestamp, into decision: inout Decision) {
        guard let snapshot = known.snapshot, !snapshot.isGone else { return }
        let context = ObservationContext(gone: snapshot, now: now)
        decision.snapshots.append(context.snapshot)
        decision.changes.append(context.change)
        decide(known, context: context, into: &decision)
    }

    /// What follows from a change by all rules.
    private func decide(_ known: KnownResource, context: ObservationContext, into decision: inout Decision) {
        let kind = context.snapshot.key.kind
        let looking = singleRules[kind] ?? []
        for rule in looking {
            RuleStep(rule, context: context, restoredAt: known.restoredAt)
                .run(latest: known.latest(of: rule), into: &decision)
        }
        noteLook(context, looking, into: &decision)
        contribute(context, into: &decision)
        endOrphans(known, context: context, into: &decision)
    }

    func contribute(_ context: ObservationContext, into decision: inout Decision) {
        for rule in windowRules[context.snapshot.key.kind] ?? [] {
            let (contribution, problem) = rule.contribution(of: context)
            if let contribution { decision.contributions.append(contribution) }
            guard let problem else { continue }
            decision.unknowns.append(
                UnknownVerdict(rule: rule.name, resource: context.snapshot.key, reason: problem))
        }
    }

    /// The clock reached the due time of alerts of a resource that was seen, unchanged, at or after that time; or
    /// rules are new. `onlyRules` limits what is looked at.
    package func looked(
        at known: KnownResource, onlyRules: Set<String>?, isNewRule: Bool, now: Timestamp, into decision: inout Decision
    ) {
        guard let snapshot = known.snapshot, !snapshot.isGone else { return }
        let context = ObservationContext(unchanged: snapshot, isNewRule: isNewRule, now: now)
        let looking = (singleRules[snapshot.key.kind] ?? []).filter { isAsked($0, onlyRules) }
        for rule in looking {
            RuleStep(rule, context: context, restoredAt: known.restoredAt)
                .run(latest: known.latest(of: rule), into: &decision)
        }
        noteLook(context, looking, into: &decision)
    }

    /// Whether a rule of this name looks at resources of this kind, or one that was called so.
    package func isInForce(_ name: String, for kind: ResourceKind) -> Bool {
        (rulesByName[name] ?? formerNames[name])?.watch == kind
    }

    private func isAsked(_ rule: Rule, _ names: Set<String>?) -> Bool {
        guard let names else { return true }
        return names.contains(rule.name) || rule.renamedFrom.contains(where: names.contains)
    }

    /// Ends open alerts whose rule is no longer in force; those who were told are told that it ended.
    package func endOrphans(_ known: KnownResource, now: Timestamp, into decision: inout Decision) {
        for record in known.latest.values.sorted(by: { $0.rule < $1.rule })
        where record.members != nil && record.phase != .resolved && !isInForce(record) {
            WindowStep.endOrphan(record, now: now, into: &decision)
        }
        guard let snapshot = known.snapshot else { return }
        endOrphans(
            known, context: ObservationContext(unchanged: snapshot, isNewRule: false, now: now), into: &decision)
    }

    private func endOrphans(_ known: KnownResource, context: ObservationContext, into decision: inout Decision) {
        for record in known.latest.values.sorted(by: { $0.rule < $1.rule })
        where record.members == nil && record.phase != .resolved && !isInForce(record) {
            RuleStep.endOrphan(record, context: context, into: &decision)
        }
    }

    /// Whether there is a rule of that name which looks at such things: resources, or groups of them.
    private func isInForce(_ record: AlertRecord) -> Bool {
        guard let rule = rulesByName[record.rule] ?? formerNames[record.rule] else { return false }
        return rule.watch == record.resource.kind && (rule.window != nil) == (record.members != nil)
    }
}
