import Core

/// Whether what was said is what was so: everything that a rule should say, and nothing else. It knows the world's whole
/// history and the rules' meaning, and asks nothing of the engine.
struct Judge {
    let story: Story
    var plan: Plan { story.plan }
    var ledger: Ledger { story.ledger }

    init(_ story: Story) {
        self.story = story
        story.ledger.update(story)
    }

    /// Whether all that is owed was said.
    var isContent: Bool { owed().isEmpty }

    func findings() -> [String] {
        let clutter = story.receivers.flatMap { receiver in
            receiver.unreadable.map { "\(receiver.name) was sent what is no callback: \($0)" }
        }
        return clutter + storeFindings + owed() + evidence() + deliveries() + requests()
    }

    /// A store that fails without a disk that does.
    private var storeFindings: [String] {
        plan.disk > 0 || story.plan.crashes > 0 ? [] : story.chronicle.storeFailures.map { "the store failed: \($0)" }
    }

    /// What is to be said of a resource once all is well.
    enum Due {
        /// One firing, and no more of it.
        case once
        case never
        /// It fires at the end.
        case firing
        /// Nothing fires at the end.
        case quiet
        /// Whether it was said depends on who looked first.
        case either
    }

    func due(_ rule: RuleSpec, _ thing: Team.Thing) -> Due {
        let status = thing.status
        if rule.hold == nil, !rule.usesClock { return dueOnce(rule, thing) }
        guard let status, !story.removed.contains(rule.name) else { return .quiet }
        let now = story.kernel.now
        if rule.usesClock {
            guard status == "processing" else { return .quiet }
            // Just before it is slow, it may be either.
            guard (now - thing.created).inSeconds > RuleSpec.slowAge + 20 else { return .either }
            let isNew = story.chronicle.baselinedAt[rule.kind].map { thing.created > $0 } ?? false
            return isNew && story.additions[rule.name] == nil ? .firing : .either
        }
        guard rule.holds(status, 0) else { return .quiet }
        let held = (now - (thing.states.last?.from ?? now)).inSeconds
        return held > (rule.hold ?? 0) ? .firing : .either
    }

    private func dueOnce(_ rule: RuleSpec, _ thing: Team.Thing) -> Due {
        guard let last = thing.states.last(where: { $0.status != nil }), let status = last.status,
            rule.holds(status, 0)
        else { return .never }
        if thing.isDeleted { return .either }
        guard let baselined = story.chronicle.baselinedAt[rule.kind] else { return .either }
        if last.from < 0 { return story.hasLied ? .either : .never }
        return last.from > baselined || thing.created > baselined ? .once : .either
    }

    func things(_ kind: ResourceKind) -> [Team.Thing] {
        kind == .balance ? [story.team.balance] : story.team.order[kind] ?? []
    }

    // What is owed

    private func owed() -> [String] {
        if plan.isScarce { return [] }
        var owed: [String] = []
        for kind in plan.watch where story.chronicle.baselinedAt[kind] == nil {
            owed.append("owed: the first full reading of \(kind)")
        }
        for rule in plan.rules {
            if rule.isOwn {
                owed += owedOfOwn(rule)
                continue
            }
            for thing in things(rule.kind) { owed += self.owed(rule, thing) }
        }
        return owed
    }

    /// Auspex's own troubles are over.
    private func owedOfOwn(_ rule: RuleSpec) -> [String] {
        ledger.subjects.keys.filter { $0.rule == rule.name }.flatMap { subject -> [String] in
            let told = ledger.sequence(subject)
            let isOver = told.last?.reason == "alert.resolved"
            return (isOver ? [] : ["owed: the end of \(rule.name) \(subject.key.id)"]) + undelivered(rule, told)
        }
    }

    private func owed(_ rule: RuleSpec, _ thing: Team.Thing) -> [String] {
        let told = ledger.sequence(
            Ledger.Subject(rule: rule.name, key: ResourceKey(source: "studio", kind: thing.kind, id: thing.id)))
        let name = "\(rule.name) \(thing.id)"
        var owed = undelivered(rule, told)
        switch due(rule, thing) {
        case .once: if told.count != 1 { owed.append("owed: \(name) once, not \(told.count) times") }
        case .never: if !told.isEmpty { owed.append("\(name) was said, and should not have been") }
        case .firing:
            if told.last.map({ $0.reason == "alert.resolved" }) ?? true { owed.append("owed: \(name) fires") }
            if rule.name == "stuck", let last = told.last, isReminderLate(last) { owed.append("owed: \(name) again") }
        case .quiet:
            guard rule.resolves else { break }
            if let last = told.last, last.reason != "alert.resolved" { owed.append("owed: the end of \(name)") }
        case .either: break
        }
        return owed
    }

    /// `repeat_interval`, and what a poll may add.
    private func isReminderLate(_ last: Ledger.Told) -> Bool {
        (story.kernel.now - last.known).inSeconds > 40 + 30 && story.lastClockStep < 0
    }

    /// What was decided and has not reached a sink that it was for.
    private func undelivered(_ rule: RuleSpec, _ told: [Ledger.Told]) -> [String] {
        rule.notify.flatMap { sink -> [String] in
            // Who refused one is not told the rest of that alert.
            let spoilt = Set(told.filter { isRefused($0.id, at: sink) }.compactMap { $0.place?.activation })
            return told.compactMap { one in
                if isTaken(one.id, at: sink) { return nil }
                let isSpoilt = one.place.map { spoilt.contains($0.activation) } ?? false
                guard isSpoilt else { return "owed: \(one.reason) \(rule.name) \(one.key.id) to \(sink) (\(one.id))" }
                let isOver = isTaken(one.id, at: "c") || isRefused(one.id, at: "c")
                guard plan.hasFallback, sink == "a", !isOver else { return nil }
                return "owed: \(one.reason) \(rule.name) \(one.key.id) to c, as \(sink) refused it (\(one.id))"
            }
        }
    }

    func isTaken(_ id: String, at sink: String) -> Bool {
        ledger.attempts(of: id, at: sink).contains { $0.isAccepted }
    }

    func isRefused(_ id: String, at sink: String) -> Bool {
        ledger.attempts(of: id, at: sink).contains { $0.isRefused }
    }
}
