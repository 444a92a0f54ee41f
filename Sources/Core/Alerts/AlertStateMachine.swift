import CEL

/// What a condition said. Unknown is neither true nor false: nothing starts, nothing ends.
package enum Verdict: Sendable, Equatable {
    case holds
    case fails
    case unknown(reason: String)
}

/// What a rule asks of its alerts' timing.
package struct AlertPolicy: Sendable, Equatable {
    /// `for`: how long the condition must hold before the alert fires.
    package var hold: Duration?
    /// `keep_firing_for`: how long the alert goes on after the condition turned false.
    package var keepFiringFor: Duration?
    /// `repeat_interval`: after how long a firing alert is told again, and again; the last goes on. Empty for never.
    package var repeatIntervals: [Duration]

    package init(hold: Duration? = nil, keepFiringFor: Duration? = nil, repeatIntervals: [Duration] = []) {
        self.hold = hold
        self.keepFiringFor = keepFiringFor
        self.repeatIntervals = repeatIntervals
    }

    package init(hold: Duration? = nil, keepFiringFor: Duration? = nil, repeatInterval: Duration?) {
        self.init(hold: hold, keepFiringFor: keepFiringFor, repeatIntervals: repeatInterval.map { [$0] } ?? [])
    }

    /// How long after its so-manieth notification (from 1) a firing alert is told again.
    func repeatInterval(after notifications: Int) -> Duration? {
        guard !repeatIntervals.isEmpty else { return nil }
        return repeatIntervals[min(max(notifications, 1), repeatIntervals.count) - 1]
    }
}

/// What became of an alert in one step.
package enum AlertTransition: Sendable, Equatable {
    case fired, resolved, reminded
}

/// The one state machine of all rules: inactive → pending → firing → resolved.
///
/// ```
/// condition   no alert            pending                      firing
/// holds       pending or firing   firing once held for `for`   a reminder when `repeat_interval` is over
/// fails       –                   forgotten, nothing was said  resolved, after `keep_firing_for`
/// unknown     –                   as it is                     as it is
/// ```
/// Pure: time is an argument, and a timer is a `dueAt` in the record. An overdue timer changes nothing by itself; only
/// a verdict at or after it does, so neither a late nor a repeated wake-up can say anything untrue.
package struct AlertStateMachine: Sendable {
    package var policy: AlertPolicy

    package init(policy: AlertPolicy) { self.policy = policy }

    /// Starts an alert whose condition holds since `began`.
    package func start(_ record: inout AlertRecord, began: Timestamp, now: Timestamp) -> AlertTransition? {
        record.phase = .pending
        record.since = min(began, now)
        return holds(&record, now: now)
    }

    /// Takes what the condition says now about an open alert. A pending alert whose condition fails becomes resolved
    /// without having fired; nobody was told, so the caller forgets it.
    package func step(_ record: inout AlertRecord, verdict: Verdict, now: Timestamp) -> AlertTransition? {
        switch verdict {
        case .unknown: nil
        case .holds: holds(&record, now: now)
        case .fails: fails(&record, now: now)
        }
    }

    /// Ends an open alert whatever its condition: the resource is gone, or the rule is.
    package func end(_ record: inout AlertRecord, now: Timestamp) -> AlertTransition? {
        let wasFiring = record.phase == .firing
        record.phase = .resolved
        record.resolvedAt = now
        record.dueAt = nil
        record.clearedAt = nil
        return wasFiring ? .resolved : nil
    }

    private func holds(_ record: inout AlertRecord, now: Timestamp) -> AlertTransition? {
        switch record.phase {
        case .pending:
            let due = record.since.advanced(by: policy.hold ?? .zero)
            guard due <= now else {
                record.dueAt = due
                return nil
            }
            record.phase = .firing
            record.firedAt = now
            noteTold(&record, now: now)
            return .fired
        case .firing:
            record.clearedAt = nil
            guard let interval = policy.repeatInterval(after: record.sequence), let last = record.notifiedAt else {
                record.dueAt = nil
                return nil
            }
            let due = last.advanced(by: interval)
            guard due <= now else {
                record.dueAt = due
                return nil
            }
            noteTold(&record, now: now)
            return .reminded
        case .watching, .standing, .resolved: return nil
        }
    }

    private func fails(_ record: inout AlertRecord, now: Timestamp) -> AlertTransition? {
        switch record.phase {
        case .pending: return end(&record, now: now)
        case .firing:
            let cleared = record.clearedAt ?? now
            let due = cleared.advanced(by: policy.keepFiringFor ?? .zero)
            guard due > now else { return end(&record, now: now) }
            record.clearedAt = cleared
            record.dueAt = due
            return nil
        case .watching, .standing, .resolved: return nil
        }
    }

    private func noteTold(_ record: inout AlertRecord, now: Timestamp) {
        record.notifiedAt = now
        // The notification that is made of this step is counted only when it is composed.
        record.dueAt = policy.repeatInterval(after: record.sequence + 1).map { now.advanced(by: $0) }
    }
}
