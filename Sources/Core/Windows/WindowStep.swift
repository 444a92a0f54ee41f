import CEL

/// One rule looking at one group once: evaluate, step the alert, and say what is to be said.
struct WindowStep {
    private var view: WindowView
    let policy: AlertPolicy
    let key: ResourceKey
    /// ``KnownResource/restoredAt``.
    let restoredAt: Timestamp?
    /// The group's alert afterwards.
    private(set) var latest: AlertRecord?
    /// Why the condition has no value.
    private(set) var problem: String?

    private var rule: Rule { view.rule }

    init(view: WindowView, policy: AlertPolicy, key: ResourceKey, restoredAt: Timestamp?) {
        self.view = view
        self.policy = policy
        self.key = key
        self.restoredAt = restoredAt
    }

    /// `samples` is asked only where something is said.
    mutating func run(
        latest: AlertRecord?, isIncomplete: Bool, into decision: inout Decision, samples: () -> [String]
    ) {
        self.latest = latest
        let verdict = verdict(isIncomplete: isIncomplete)
        if case .unknown(let reason) = verdict { problem = reason }
        if let open = latest, open.isOpen {
            advance(open, verdict: verdict, into: &decision, samples)
        } else if verdict == .holds {
            start(into: &decision, samples)
        }
    }

    private func verdict(isIncomplete: Bool) -> Verdict {
        guard !isIncomplete else {
            return .unknown(reason: "the window holds more than \(WindowLimits.contributions) resources")
        }
        do {
            return try rule.condition.evaluateBool(view.conditionActivation) ? .holds : .fails
        } catch {
            return .unknown(reason: error.message)
        }
    }

    private mutating func start(into decision: inout Decision, _ samples: () -> [String]) {
        var fresh = AlertRecord(
            rule: rule.name, resource: key,
            activation: RuleStep.number(after: latest, began: view.time, restoredAt: restoredAt), phase: .pending,
            since: view.time, severity: rule.severity)
        fresh.members = view.group.members(keys: rule.window?.keys ?? [])
        let transition = AlertStateMachine(policy: policy).start(&fresh, began: view.time, now: view.time)
        say(transition, &fresh, into: &decision, samples)
        latest = fresh
        decision.replaceRecord(fresh)
    }

    private mutating func advance(
        _ open: AlertRecord, verdict: Verdict, into decision: inout Decision, _ samples: () -> [String]
    ) {
        var next = open
        let transition = AlertStateMachine(policy: policy).step(&next, verdict: verdict, now: view.time)
        if next.phase == .resolved, next.firedAt == nil {
            // What is forgotten gives its number back.
            decision.forget(open.id)
            latest = AlertRecord(
                rule: rule.name, resource: key, activation: open.activation - 1, phase: .resolved, since: open.since,
                severity: rule.severity)
            return
        }
        say(transition, &next, into: &decision, samples)
        latest = next
        if next != open { decision.replaceRecord(next) }
    }

    private mutating func say(
        _ transition: AlertTransition?, _ record: inout AlertRecord, into decision: inout Decision,
        _ samples: () -> [String]
    ) {
        guard let transition else { return }
        view.samples = samples()
        NotificationComposer(rule: rule, context: view).say(transition, about: &record, into: &decision)
        // The moment may be long over when it is told; the next reminder counts from when it was.
        if record.phase == .firing { record.notifiedAt = view.now }
    }

    /// When the alert is to be evaluated again though nothing comes or leaves. Reminders are looked at by themselves.
    var timer: Timestamp? {
        guard let record = latest, record.phase == .pending || record.clearedAt != nil, record.isOpen else {
            return nil
        }
        return record.dueAt
    }

    /// Ends the alert of a group that no rule looks at any more.
    static func endOrphan(_ record: AlertRecord, now: Timestamp, into decision: inout Decision) {
        var over = record
        let transition = AlertStateMachine(policy: AlertPolicy()).end(&over, now: now)
        guard over.firedAt != nil else {
            decision.forget(record.id)
            return
        }
        if transition == .resolved {
            NotificationComposer.sayOrphanEnded(&over, context: EndedGroup(record: record, now: now), into: &decision)
        }
        decision.replaceRecord(over)
    }
}

/// A group of which nothing is known any more but its alert.
private struct EndedGroup: NotifiedThing {
    let record: AlertRecord
    let now: Timestamp

    var activation: Activation { Environment(Declarations()).activation() }
    func defaultTitle(of rule: Rule) -> [TemplatePiece] { [.literal(record.title)] }
    var defaultText: [TemplatePiece] { [] }
    var changedPaths: [String] { [] }
    var currentValue: CELValue { .map(record.members ?? CELMap([(String, CELValue)]())) }
    var previousValue: CELValue { .null }
}
