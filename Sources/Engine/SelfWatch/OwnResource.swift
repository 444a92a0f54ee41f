import CEL
package import Core

/// A source or a sink as its rules know it: what is in the store, and what has been looked at since.
///
/// Its counters change all the time, so they are compared in memory; the store gets a row only when an alert moves, or
/// when something essential changes. Timers are in memory alone: at a start everything is looked at anew.
package struct OwnResource: Sendable {
    package let key: ResourceKey
    private(set) var known: KnownResource
    /// Each rule's alert as it is in the store.
    private var written: [String: AlertRecord]
    private var writtenSnapshot: Snapshot?
    private var writtenEssence: String?
    /// The rules in force have not looked at it yet: whatever holds now starts an alert, however long it has held.
    /// There is no baseline, since this is no history but what goes on.
    private(set) var needsFreshLook = true

    /// How often a sink's counters are written while they change and nothing else does.
    static let counterInterval = Duration.seconds(60)

    /// `stored` is what the store knows of it.
    package init(key: ResourceKey, stored: KnownResource?) {
        self.key = key
        known = stored ?? KnownResource(snapshot: nil, latest: [:])
        written = known.latest
        writtenSnapshot = known.snapshot
        writtenEssence = known.snapshot.flatMap { $0.isGone ? nil : Sight.essence(of: $0.body, kind: key.kind) }
    }

    /// What follows from a look.
    package struct Look: Sendable {
        /// All that was decided, for those who want to know.
        package var decision: Decision
        /// What of it is worth a transaction; nil where nothing is.
        package var commit: Decision?
        /// The rules that looked; nil for all.
        var rules: Set<String>?
        fileprivate var known: KnownResource
        fileprivate var essence: String
    }

    /// Nil where there is nothing new and nothing due.
    package func look(_ sight: Sight, rules: RuleEngine, now: Timestamp) -> Look? {
        var decision = Decision()
        var onlyRules: Set<String>?
        if needsFreshLook || sight.body != known.snapshot?.body {
            var before = known
            // Nothing counts as having held before.
            if needsFreshLook { before.snapshot?.isGone = true }
            let observation = Observation(
                key: key, body: sight.body, fingerprint: 0, status: sight.status, observedAt: now)
            rules.observed(observation, known: before, isBaseline: false, now: now, into: &decision)
        } else {
            let due = Set(known.latest.values.filter { $0.dueAt.map { $0 <= now } ?? false }.map(\.rule))
            guard !due.isEmpty else { return nil }
            onlyRules = due
            rules.looked(at: known, onlyRules: due, isNewRule: false, now: now, into: &decision)
        }
        let after = known.after(decision, id: key.id)
        return Look(
            decision: decision, commit: commit(of: decision, after: after, essence: sight.essence, now: now),
            rules: onlyRules, known: after, essence: sight.essence)
    }

    private func commit(of decision: Decision, after: KnownResource, essence: String, now: Timestamp) -> Decision? {
        var kept = Decision()
        kept.notifications = decision.notifications
        for record in decision.records {
            let before = written[record.rule]
            if record.isTimer {
                if let before, before.id == record.id, before.isOpen { kept.forgotten.append(record.id) }
            } else if !record.isSame(as: before) {
                kept.records.append(record)
            }
        }
        kept.forgotten += decision.forgotten.filter { id in written.values.contains { $0.id == id && $0.isOpen } }
        let isFirst = writtenSnapshot == nil || writtenSnapshot?.isGone == true
        let isOwed = isFirst || essence != writtenEssence || areCountersDue(after, now: now)
        guard let snapshot = after.snapshot, isOwed || !kept.isEmpty else { return nil }
        kept.snapshots = [snapshot]
        if isFirst || writtenSnapshot?.status != snapshot.status, var change = decision.changes.last {
            change.isBaseline = isFirst
            change.nature = isFirst ? .firstSeen : .changed
            change.oldStatus = isFirst ? nil : writtenSnapshot?.status
            kept.changes = [change]
        }
        return kept
    }

    /// A sink that is idle writes nothing; a source's counters never rest and are worth nothing tomorrow.
    private func areCountersDue(_ after: KnownResource, now: Timestamp) -> Bool {
        guard key.kind == .sink, let writtenSnapshot, after.snapshot?.body != writtenSnapshot.body else { return false }
        return now.duration(since: writtenSnapshot.observedAt) >= OwnResource.counterInterval
    }

    /// The look is over, and what is worth it is in the store.
    package mutating func adopt(_ look: Look) {
        known = look.known
        needsFreshLook = false
        guard let commit = look.commit else { return }
        writtenSnapshot = commit.snapshots.last
        writtenEssence = look.essence
        for (rule, record) in written where commit.forgotten.contains(record.id) { written[rule] = nil }
        for record in commit.records { written[record.rule] = record }
    }

    /// The rules are other ones.
    package mutating func expectFreshLook() { needsFreshLook = true }

    /// When the clock alone may change what a rule says.
    package var nextDue: Timestamp? { known.latest.values.compactMap(\.dueAt).min() }

    var hasOpenAlerts: Bool { known.latest.values.contains(where: \.isOpen) }
}

extension AlertRecord {
    /// Whether it says the same as the stored one; when it is due next is found out anew at every look.
    fileprivate func isSame(as stored: AlertRecord?) -> Bool {
        guard var stored else { return false }
        stored.dueAt = dueAt
        return self == stored
    }
}
