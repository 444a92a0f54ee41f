import CEL

/// One rule looking at one resource once: evaluate, step the alert, and say what is to be said.
struct RuleStep {
    private let rule: Rule
    private let context: ObservationContext
    /// ``KnownResource/restoredAt``.
    private let restoredAt: Timestamp?

    init(_ rule: Rule, context: ObservationContext, restoredAt: Timestamp?) {
        self.rule = rule
        self.context = context
        self.restoredAt = restoredAt
    }

    func run(latest: AlertRecord?, into decision: inout Decision) {
        let verdict = verdict(on: context.activation)
        if case .unknown(let reason) = verdict {
            decision.unknowns.append(
                UnknownVerdict(rule: rule.name, resource: context.snapshot.key, reason: reason))
        }
        var record = latest
        if let open = latest, open.isOpen {
            // Nobody has seen that it lasted until its time was up.
            if context.occasion == .gone { return end(open, into: &decision) }
            advance(open, verdict: verdict, into: &decision, record: &record)
        } else if verdict == .holds, startsNow(latest: latest) {
            start(after: latest, into: &decision, record: &record)
        } else {
            let watched = latest.flatMap { $0.isTimer ? $0 : nil }
            watchClock(
                watched, number: RuleStep.number(after: latest, began: context.now, restoredAt: restoredAt),
                verdict: verdict, into: &decision)
            return
        }
        if context.occasion == .gone, let open = record, open.isOpen {
            end(open, into: &decision)
        }
    }

    private func verdict(on activation: Activation) -> Verdict {
        RuleStep.verdict(of: rule, on: activation, in: context)
    }

    static func verdict(of rule: Rule, on activation: Activation, in context: ObservationContext) -> Verdict {
        guard context.snapshot.isWhole || rule.condition.expression.asksOnly(for: Snapshot.keptMembers) else {
            return .unknown(reason: "the resource settled long ago and is kept without its details")
        }
        do {
            return try rule.condition.evaluateBool(activation) ? .holds : .fails
        } catch {
            return .unknown(reason: error.message)
        }
    }

    /// Whether a condition that holds, with no alert open, is news. For a rule with `for` it always is; else it must
    /// not have held before, and the baseline says nothing beyond the reach of `backfill`.
    private func startsNow(latest: AlertRecord?) -> Bool {
        // What is gone starts what its going made true, not what only the clock has meanwhile.
        if context.occasion == .gone, heldBefore { return false }
        if latest?.phase == .watching { return true }
        if rule.policy.hold != nil {
            // An alert about what settled so long ago that its details are gone may have come and gone too.
            return context.previous?.isWhole ?? true || context.occasion == .unchanged || !heldBefore
        }
        if context.isBaseline {
            guard let reach = rule.backfill, latest == nil else { return false }
            return context.snapshot.statusSince >= context.now.advanced(by: .zero - reach)
        }
        return !heldBefore
    }

    /// Whether the condition held in the state that was known before.
    private var heldBefore: Bool {
        context.previousActivation.map { verdict(on: $0) == .holds } ?? false
    }

    private func start(after latest: AlertRecord?, into decision: inout Decision, record: inout AlertRecord?) {
        let began: Timestamp
        let held = heldBefore
        // What the clock turned, it turned when it was due, whatever else has changed by the time somebody looks.
        if latest?.phase == .watching, let due = latest?.dueAt,
            context.occasion == .unchanged || (held && due <= context.now)
        {
            began = min(due, context.now)
        } else {
            began = context.conditionBegan(previouslyTrue: held)
        }
        let continued = latest.flatMap { $0.isTimer ? $0.activation : nil }
        var fresh = AlertRecord(
            rule: rule.name, resource: context.snapshot.key,
            activation: continued ?? RuleStep.number(after: latest, began: began, restoredAt: restoredAt),
            phase: .pending, since: context.now,
            severity: rule.severity)
        let transition = AlertStateMachine(policy: rule.policy).start(&fresh, began: began, now: context.now)
        keepClockDue(&fresh)
        say(transition, &fresh, into: &decision)
        record = fresh
        decision.replaceRecord(fresh)
    }

    /// More than what may have been numbered between the making of a copy and its taking the store's place.
    private static let restoreGap = 1000

    /// The next number. What began before a copy took the store's place may have been told, and then under the number
    /// that follows in the copy: receivers recognise it. What began later is certainly another, and must have a number
    /// that nobody has heard of.
    static func number(after latest: AlertRecord?, began: Timestamp, restoredAt: Timestamp?) -> Int {
        let next = (latest?.activation ?? 0) + 1
        guard let restoredAt, began > restoredAt, latest.map({ $0.since <= restoredAt }) ?? true else { return next }
        return next + RuleStep.restoreGap
    }

    private func advance(
        _ open: AlertRecord, verdict: Verdict, into decision: inout Decision, record: inout AlertRecord?
    ) {
        var next = open
        let transition = AlertStateMachine(policy: rule.policy).step(&next, verdict: verdict, now: context.now)
        if next.phase == .resolved, next.firedAt == nil {
            decision.forgotten.append(open.id)
            record = nil
            watchClock(nil, number: open.activation, verdict: verdict, into: &decision)
            return
        }
        say(transition, &next, into: &decision)
        if case .unknown = verdict {} else { keepClockDue(&next) }
        record = next
        if next != open { decision.replaceRecord(next) }
        // What has ended can begin again by the clock alone.
        if next.phase == .resolved {
            watchClock(nil, number: open.activation + 1, verdict: verdict, into: &decision)
        }
    }

    /// A firing alert may end by the clock alone.
    private func keepClockDue(_ record: inout AlertRecord) {
        guard record.isOpen, let flip = nextFlip() else { return }
        record.dueAt = record.dueAt.map { min($0, flip) } ?? flip
    }

    private func end(_ open: AlertRecord, into decision: inout Decision) {
        var over = open
        let transition = AlertStateMachine(policy: rule.policy).end(&over, now: context.now)
        if over.firedAt == nil {
            decision.forget(over.id)
            return
        }
        say(transition, &over, into: &decision)
        decision.replaceRecord(over)
    }

    /// Keeps, renews or drops the timer of a condition without an alert that the clock alone can turn.
    /// `number` is the activation that a new timer stands for.
    private func watchClock(
        _ watched: AlertRecord?, number: Int, verdict: Verdict, into decision: inout Decision
    ) {
        guard context.occasion != .gone, let flip = nextFlip() else {
            if let watched { decision.forgotten.append(watched.id) }
            return
        }
        var record =
            watched
            ?? AlertRecord(
                rule: rule.name, resource: context.snapshot.key, activation: number,
                phase: .watching, since: context.now, severity: rule.severity)
        switch verdict {
        case .holds: record.phase = .standing
        case .fails: record.phase = .watching
        case .unknown: break
        }
        record.dueAt = flip
        guard record != watched else { return }
        decision.replaceRecord(record)
    }

    private func nextFlip() -> Timestamp? {
        rule.clockUse.nextFlip(
            after: context.now, isSettled: context.snapshot.isSettled,
            activation: context.activation)
    }

    private func say(_ transition: AlertTransition?, _ record: inout AlertRecord, into decision: inout Decision) {
        guard let transition else { return }
        NotificationComposer(rule: rule, context: context).say(transition, about: &record, into: &decision)
    }

    /// Ends an alert whose rule is not in force any more.
    static func endOrphan(_ record: AlertRecord, context: ObservationContext, into decision: inout Decision) {
        var over = record
        let transition = AlertStateMachine(policy: AlertPolicy()).end(&over, now: context.now)
        guard over.firedAt != nil else {
            decision.forgotten.append(record.id)
            return
        }
        if transition == .resolved {
            NotificationComposer.sayOrphanEnded(&over, context: context, into: &decision)
        }
        decision.replaceRecord(over)
    }
}

extension Decision {
    /// Later steps of one decision replace what earlier ones said of the same alert.
    mutating func replaceRecord(_ record: AlertRecord) {
        forgotten.removeAll { $0 == record.id }
        if let index = records.firstIndex(where: { $0.id == record.id }) {
            records[index] = record
        } else {
            records.append(record)
        }
    }

    mutating func forget(_ id: AlertID) {
        records.removeAll { $0.id == id }
        forgotten.append(id)
    }
}
