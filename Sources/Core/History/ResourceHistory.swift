package import CEL

/// The recorded changes of one resource, and how it was after each of them.
package struct ResourceHistory: Sendable {
    package var snapshot: Snapshot
    /// Oldest first.
    package var changes: [ResourceChange]

    package init(snapshot: Snapshot, changes: [ResourceChange]) {
        self.snapshot = snapshot
        self.changes = changes
    }

    /// How the resource was for a while.
    package struct State: Sendable {
        package var raw: CELValue
        /// As rules read it.
        var record: CELRecord
        /// When its status began.
        package var since: Timestamp
    }

    /// A change, with the resource as it was before and after it.
    package struct Step: Sendable {
        package var change: ResourceChange
        package var after: State
        /// Nil where it was not there, or is not known whole.
        package var before: State?
    }

    /// The changes of which is known what they led to, oldest first. The states are made backwards from the snapshot, so
    /// those before something that is not recorded are missing; so are all where the snapshot is not whole.
    package func steps() -> [Step] {
        guard snapshot.isWhole else { return [] }
        let schema = ResourceSchema.of(snapshot.key.kind)
        var steps: [Step] = []
        steps.reserveCapacity(changes.count)
        let raw = ObservationContext.parse(snapshot.body)
        var after = State(
            raw: raw, record: RecordBuilder.record(of: raw, schema: schema).record, since: snapshot.statusSince)
        for change in changes.reversed() {
            guard let earlier = change.before else {
                steps.append(Step(change: change, after: after, before: nil))
                break
            }
            let raw = ResourceDiff.undo(earlier.members, in: after.raw)
            let record = RecordBuilder.record(
                of: raw, near: after.record, differingIn: earlier.members, schema: schema)
            let before = State(raw: raw, record: record, since: earlier.statusSince)
            steps.append(
                Step(change: change, after: after, before: change.nature == .firstSeen ? nil : before))
            after = before
        }
        return steps.reversed()
    }

    /// The resource as it was before the first of its recorded changes; nil where that is not known or it was not there.
    package func stateBefore(_ first: Step) -> Snapshot? {
        guard let before = first.before else { return nil }
        var state = snapshot
        state.body = JSON.serializedBytes(before.raw)
        state.status = first.change.oldStatus ?? snapshot.status
        state.statusSince = before.since
        state.isGone = false
        return state
    }
}

extension RuleEngine {
    /// What a recorded change adds to windows, as it did when it was seen.
    package func contributions(of step: ResourceHistory.Step, of history: ResourceHistory) -> [WindowContribution] {
        let context = ObservationContext(step, of: history)
        var decision = Decision()
        contribute(context, into: &decision)
        return decision.contributions
    }
}

extension ObservationContext {
    /// A recorded change, as it was when it was seen.
    convenience init(_ step: ResourceHistory.Step, of history: ResourceHistory) {
        let change = step.change
        let schema = ResourceSchema.of(change.key.kind)
        let isGone = change.nature == .gone
        let now = change.observedAt
        var snapshot = history.snapshot
        // What is asked of a snapshot here is in `view` already.
        snapshot.body = []
        snapshot.status = change.newStatus
        snapshot.statusSince = step.after.since
        snapshot.observedAt = now
        snapshot.isGone = isGone
        let record = isGone ? RecordBuilder.gone(step.after.record, schema: schema) : step.after.record
        var previous: Snapshot?
        var previousView: ResourceView?
        var old: CELRecord?
        if change.nature != .firstSeen {
            var before = snapshot
            before.isGone = false
            before.isWhole = step.before != nil
            before.status = change.oldStatus ?? change.newStatus
            before.statusSince = step.before?.since ?? step.after.since
            // Where only its status is known the rest counts as it is now.
            let raw = step.before?.raw ?? ObservationContext.withStatus(before.status, in: step.after.raw)
            let earlier = step.before?.record ?? RecordBuilder.record(of: raw, schema: schema).record
            previous = before
            previousView = ObservationContext.view(of: before, record: earlier, raw: raw)
            if before.isWhole { old = earlier }
        }
        let view = ResourceView(
            record: record, raw: step.after.raw, previous: old, changed: change.paths, since: step.after.since,
            firstSeen: snapshot.firstSeen, source: change.key.source)
        self.init(
            occasion: isGone ? .gone : previous == nil ? .firstSeen : .changed, snapshot: snapshot, previous: previous,
            change: change, view: view, previousView: previousView, isBaseline: change.isBaseline, now: now)
    }

    /// The same resource, unchanged, at a later time.
    func standing(at now: Timestamp, isNewRule: Bool = false) -> ObservationContext {
        var change = change
        (change.nature, change.paths, change.isBaseline, change.observedAt) = (.changed, [], isNewRule, now)
        let standing = ObservationContext.view(of: snapshot, record: view.record, raw: view.raw)
        return ObservationContext(
            occasion: .unchanged, snapshot: snapshot, previous: snapshot, change: change, view: standing,
            previousView: standing, isBaseline: isNewRule, now: now)
    }
}
