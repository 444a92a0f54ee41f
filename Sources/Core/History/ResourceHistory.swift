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

    /// A change, with the resource as it was before and after it.
    package struct Step: Sendable {
        package var change: ResourceChange
        package var after: CELValue
        package var since: Timestamp
        /// Nil where it was not there, or is not known whole.
        package var before: CELValue?
        package var sinceBefore: Timestamp?
    }

    /// The changes of which is known what they led to, oldest first. The states are made backwards from the snapshot, so
    /// those before something that is not recorded are missing; so are all where the snapshot is not whole.
    package func steps() -> [Step] {
        guard snapshot.isWhole else { return [] }
        var steps: [Step] = []
        var after = ObservationContext.parse(snapshot.body)
        var since = snapshot.statusSince
        for change in changes.reversed() {
            let before = change.before.map { ResourceDiff.undo($0.members, in: after) }
            let isNew = change.nature == .firstSeen
            steps.append(
                Step(
                    change: change, after: after, since: since, before: isNew ? nil : before,
                    sinceBefore: isNew ? nil : change.before?.statusSince))
            guard let earlier = change.before, let before else { break }
            (after, since) = (before, earlier.statusSince)
        }
        return steps.reversed()
    }

    /// The resource as it was before the first of its recorded changes; nil where that is not known or it was not there.
    package func stateBefore(_ first: Step) -> Snapshot? {
        guard let before = first.before, let since = first.sinceBefore else { return nil }
        var state = snapshot
        state.body = JSON.serializedBytes(before)
        state.status = first.change.oldStatus ?? snapshot.status
        state.statusSince = since
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
    /// A recorded change, as it was when it was seen. `last` is the one before it, if it was read already.
    init(_ step: ResourceHistory.Step, of history: ResourceHistory, after last: ObservationContext? = nil) {
        let change = step.change
        let schema = ResourceSchema.of(change.key.kind)
        let isGone = change.nature == .gone
        let now = change.observedAt
        var snapshot = history.snapshot
        // What is asked of a snapshot here is in `view` already.
        snapshot.body = []
        snapshot.status = change.newStatus
        snapshot.statusSince = step.since
        snapshot.observedAt = now
        snapshot.isGone = isGone
        let (record, misfits) = RecordBuilder.record(of: step.after, schema: schema, isGone: isGone)
        var previous: Snapshot?
        var previousView: ResourceView?
        var old: CELRecord?
        if change.nature != .firstSeen {
            var before = snapshot
            before.isGone = false
            before.isWhole = step.before != nil
            before.status = change.oldStatus ?? change.newStatus
            before.statusSince = step.sinceBefore ?? step.since
            // Where only its status is known the rest counts as it is now.
            let raw = step.before ?? ObservationContext.withStatus(before.status, in: step.after)
            let known = before.isWhole && last?.snapshot.isGone == false ? last?.view.record : nil
            let earlier = known ?? RecordBuilder.record(of: raw, schema: schema).record
            previous = before
            previousView = ObservationContext.view(of: before, record: earlier, raw: raw)
            if before.isWhole { old = earlier }
        }
        let view = ResourceView(
            record: record, raw: step.after, previous: old, changed: change.paths, since: step.since,
            firstSeen: snapshot.firstSeen, source: change.key.source)
        self.init(
            occasion: isGone ? .gone : previous == nil ? .firstSeen : .changed, snapshot: snapshot, previous: previous,
            change: change, view: view, previousView: previousView, misfits: misfits, isBaseline: change.isBaseline,
            now: now)
    }

    /// The same resource, unchanged, at a later time.
    func standing(at now: Timestamp, isNewRule: Bool = false) -> ObservationContext {
        var change = change
        (change.nature, change.paths, change.isBaseline, change.observedAt) = (.changed, [], isNewRule, now)
        let standing = ObservationContext.view(of: snapshot, record: view.record, raw: view.raw)
        return ObservationContext(
            occasion: .unchanged, snapshot: snapshot, previous: snapshot, change: change, view: standing,
            previousView: standing, misfits: [], isBaseline: isNewRule, now: now)
    }

    private init(
        occasion: Occasion, snapshot: Snapshot, previous: Snapshot?, change: ResourceChange, view: ResourceView,
        previousView: ResourceView?, misfits: [String], isBaseline: Bool, now: Timestamp
    ) {
        let environment = RuleVariables.environment(for: snapshot.key.kind)
        self.occasion = occasion
        self.snapshot = snapshot
        self.previous = previous
        self.change = change
        self.view = view
        self.previousView = previousView
        activation = view.activation(in: environment, now: now)
        previousActivation = previousView?.activation(in: environment, now: now)
        self.isBaseline = isBaseline
        self.misfits = misfits
        self.now = now
    }
}
