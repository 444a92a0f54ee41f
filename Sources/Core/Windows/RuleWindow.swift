import CEL

/// One rule's window over one listing, and the alerts of its groups.
///
/// Contributions are given as changes are seen (``add(_:)``); a look at the whole listing then moves the window to its
/// time (``step(to:now:into:)``). On the way the condition is evaluated wherever its value can change: at each time
/// at which something comes or leaves, at each timer, and at the end. So what a window says depends on the resources'
/// own times and not on when the looks were.
///
/// The clock is the last moment at which anything came, left or was due; it never goes back. What is seen with an earlier
/// time counts from the clock on. Who stores the clock after each step finds the same again after a restart, whatever
/// came in between: looks at which nothing happens leave no trace.
package struct RuleWindow: Sendable {
    package private(set) var rule: Rule
    private let window: Window
    private let listing: ResourceKey
    private var contents: WindowContents
    private var timers = Heap<Dated>()
    /// The last alert of each group that is not here now: the next one goes on with its number.
    private var past: [String: AlertRecord] = [:]
    private let restoredAt: Timestamp?
    /// Alerts whose group the rule cannot have any more.
    private var strangers: [AlertRecord] = []
    /// Whether all groups are to be evaluated at the clock: it is not known whether they were.
    private var isFresh = true
    /// Groups whose condition had no value when it was last evaluated, and why.
    private var unknown: [String: String] = [:]
    private var looked: Set<String> = []
    /// Groups whose alert fires: those of which is reminded.
    private var firing: Set<Int32> = []
    /// When the listing was last looked at.
    private var lookedAt: Int64

    /// `latest` are the last alerts of all its groups, as they are stored; `clock` is how far the window has come.
    ///
    /// `restoredAt` is when a copy took the store's place, see ``KnownResource/restoredAt``.
    ///
    /// Nil for a rule without a window.
    package init?(
        _ rule: Rule, source: String, clock: Timestamp, latest: [AlertRecord], restoredAt: Timestamp? = nil
    ) {
        guard let window = rule.window else { return nil }
        self.rule = rule
        self.window = window
        self.restoredAt = restoredAt
        listing = ResourceKey(source: source, kind: rule.watch, id: "")
        contents = WindowContents(window, clock: clock.microseconds)
        lookedAt = clock.microseconds
        for record in latest where record.rule == rule.name {
            guard let members = record.members else { continue }
            guard record.isOpen else {
                past[record.resource.id] = record
                continue
            }
            guard let key = WindowGroup(members: members, keys: window.keys), key.text == record.resource.id,
                let place = contents.place(of: key)
            else {
                strangers.append(record)
                continue
            }
            contents.update(place) { $0.latest = record }
        }
        if window.keys.isEmpty { ensureGroup() }
    }

    /// Without `by` there is one group, also while nothing is in it.
    private mutating func ensureGroup() {
        let key = WindowGroup(keys: [], values: [])
        guard let place = contents.place(of: key), let record = past.removeValue(forKey: key.text) else { return }
        contents.update(place) { $0.latest = $0.latest ?? record }
    }

    /// Takes the place of the rule that it was made for, if it says nothing else: only its texts and to whom. Returns
    /// whether it did.
    package mutating func adopt(_ other: Rule) -> Bool {
        guard other.conditionIdentity == rule.conditionIdentity else { return false }
        rule = other
        return true
    }

    /// What was seen before this time is not in the window any more.
    package var remembers: Timestamp { Timestamp(microseconds: contents.clock - window.length) }

    /// The last moment at which something happened in it.
    package var clock: Timestamp { Timestamp(microseconds: contents.clock) }
    /// How many contributions are in it.
    package var contributions: Int { contents.contributions }
    package var groups: Int { contents.groupCount }

    /// A change was seen; nothing follows from it before the next step.
    package mutating func add(_ contribution: WindowContribution) { contents.add(contribution) }

    /// The listing was looked at: what is known is as it was at `time`. Adds to the decision what follows, decided
    /// `now`. Returns the groups that were looked at.
    package mutating func step(to time: Timestamp, now: Timestamp, into decision: inout Decision) -> Set<String> {
        looked = []
        for record in strangers { WindowStep.endOrphan(record, now: now, into: &decision) }
        strangers = []
        let end = max(time.microseconds, contents.clock)
        if isFresh {
            isFresh = false
            let clock = contents.clock
            let arrived = contents.move(to: clock)
            for place in contents.ordered(Set(contents.allPlaces + arrived)) {
                evaluate(place, at: clock, now: now, into: &decision)
            }
        }
        var reminded: Set<Int32> = []
        while let instant = nextInstant(), instant <= end {
            var places = Set(contents.move(to: instant))
            while let timer = timers.first, timer.time <= instant {
                _ = timers.removeFirst()
                if contents.groups[Int(timer.index)]?.due == timer.time { places.insert(timer.index) }
            }
            for place in contents.ordered(places) { evaluate(place, at: instant, now: now, into: &decision) }
            if !rule.policy.repeatIntervals.isEmpty { reminded.formUnion(places) }
        }
        lookedAt = end
        remind(reminded, at: end, now: now, into: &decision)
        note(&decision)
        return looked
    }

    private mutating func nextInstant() -> Int64? {
        let change = contents.nextChange()
        while let timer = timers.first, contents.groups[Int(timer.index)]?.due != timer.time {
            _ = timers.removeFirst()
        }
        let timer = timers.first.map { max($0.time, contents.clock) }
        guard let change, let timer else { return change ?? timer }
        return min(change, timer)
    }

    /// Reminders are of the present: however much time a step goes over, each group gets one.
    private mutating func remind(
        _ evaluated: Set<Int32>, at end: Int64, now: Timestamp, into decision: inout Decision
    ) {
        guard !rule.policy.repeatIntervals.isEmpty else { return }
        let instant = Timestamp(microseconds: end)
        for place in contents.ordered(firing) {
            guard let record = contents.groups[Int(place)]?.latest, record.phase == .firing, record.clearedAt == nil
            else { continue }
            guard evaluated.contains(place) || record.dueAt.map({ $0 <= instant }) ?? true else { continue }
            evaluate(place, at: end, now: now, isLast: true, into: &decision)
        }
    }

    private mutating func note(_ decision: inout Decision) {
        for name in looked.sorted() {
            guard let reason = unknown[name] else { continue }
            decision.unknowns.append(UnknownVerdict(rule: rule.name, resource: key(name), reason: reason))
        }
        for name in contents.refused {
            looked.insert(name)
            decision.unknowns.append(
                UnknownVerdict(
                    rule: rule.name, resource: key(name),
                    reason: "the rule has \(WindowLimits.groups) groups already; this one is not looked at"))
        }
        contents.forgetRefused()
    }

    private func key(_ group: String) -> ResourceKey {
        ResourceKey(source: listing.source, kind: listing.kind, id: group)
    }

    /// When the listing should be looked at for the window's sake: a timer of an alert, the time at which a group is
    /// empty if nothing else comes, and while an alert is open whenever something leaves. What leaves otherwise is looked
    /// at with the polls that come anyway, that is, not before `ease` has passed.
    package func nextLook(ease: Duration) -> Timestamp? {
        var next: Int64?
        var isOpen = false
        for place in contents.allPlaces {
            guard let group = contents.groups[Int(place)] else { continue }
            isOpen = isOpen || group.latest?.isOpen == true
            let due = group.latest.flatMap { $0.isOpen ? $0.dueAt?.microseconds : nil }
            for time in [due, group.due, contents.emptiedAt(place)] {
                if let time, time > lookedAt { next = min(next ?? time, time) }
            }
        }
        if let leaving = contents.nextLeaving {
            let pause = isOpen ? 1 : Int64((ease / .microseconds(1)).rounded())
            let time = max(leaving, lookedAt + pause)
            next = min(next ?? time, time)
        }
        return next.map(Timestamp.init(microseconds:))
    }

    // One group

    private mutating func evaluate(
        _ place: Int32, at instant: Int64, now: Timestamp, isLast: Bool = false, into decision: inout Decision
    ) {
        if let key = contents.groups[Int(place)]?.key, contents.groups[Int(place)]?.latest == nil,
            let record = past.removeValue(forKey: key.text)
        {
            contents.update(place) { $0.latest = record }
        }
        guard let outcome = look(at: place, at: instant, now: now, isLast: isLast, into: &decision) else { return }
        looked.insert(outcome.name)
        unknown[outcome.name] = outcome.problem
        contents.update(place) { group in
            group.latest = outcome.latest
            group.due = outcome.due?.microseconds
        }
        if outcome.latest?.phase == .firing { firing.insert(place) } else { firing.remove(place) }
        if let due = outcome.due { timers.insert(Dated(time: due.microseconds, index: place)) }
        dropIfEmpty(place)
    }

    private struct Outcome {
        var name: String
        var latest: AlertRecord?
        var problem: String?
        var due: Timestamp?
    }

    /// Apart from what changes the window, which nobody else may hold then: it would be copied.
    private func look(
        at place: Int32, at instant: Int64, now: Timestamp, isLast: Bool, into decision: inout Decision
    ) -> Outcome? {
        guard let group = contents.groups[Int(place)] else { return nil }
        var policy = rule.policy
        if !isLast { policy.repeatIntervals = [] }
        let view = WindowView(
            rule: rule, window: window, group: group, source: listing.source, time: Timestamp(microseconds: instant),
            now: now)
        var step = WindowStep(view: view, policy: policy, key: key(group.key.text), restoredAt: restoredAt)
        step.run(latest: group.latest, isIncomplete: group.isIncompleteUntil > instant, into: &decision) {
            contents.samples(of: place)
        }
        let due = [step.timer, view.nextFlip()].compactMap(\.self).min()
        return Outcome(name: group.key.text, latest: step.latest, problem: step.problem, due: due)
    }

    private mutating func dropIfEmpty(_ place: Int32) {
        guard !window.keys.isEmpty, let group = contents.groups[Int(place)], group.live == 0,
            group.latest?.isOpen != true
        else { return }
        if let record = group.latest, record.activation > 0 { past[group.key.text] = record }
        unknown[group.key.text] = nil
        contents.drop(place)
    }
}
