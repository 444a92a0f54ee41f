import AurousAPI
import Core
import Store

/// A listing that cannot be read as it should be.
package enum ListingOddity: String, Sendable {
    case endless = "new cursors without an end: only the newest pages are read until it ends again"
    case cut = "it says that there is more, but there is no way to it: what lies below is not seen"
}

/// What a watcher reads when it begins, and keeps for the next one.
extension ListingWatcher {
    mutating func prepare() async throws {
        progress = try await store.progress(source: source.name, kind: kind)
        for (id, fingerprint) in try await store.fingerprints(
            source: source.name, kind: kind, limit: SeenFingerprints.limit / 4)
        {
            seen.note(fingerprint, idHash: PageScan.idHash(of: id))
        }
        if let document = try await fact(unknownsName) { unknowns = UnknownConditions(document: document) }
        if let document = try await fact(learnedName) { learned = LearnedDurations(document: document) }
        for snapshot in try await store.inFlight(source: source.name, kind: kind, limit: InFlightTable.limit) {
            inFlight.note(snapshot, idHash: PageScan.idHash(of: snapshot.key.id), at: nil, learning: &learned)
        }
        try await readNextTimer()
        isPrepared = true
    }

    private func fact(_ name: String) async throws -> String? {
        try await store.facts(prefix: name).first { $0.name == name }?.value
    }

    private var unknownsName: String { "unknown/\(source.name)/\(kind.rawValue)" }
    private var learnedName: String { "learned/\(source.name)/\(kind.rawValue)" }

    mutating func saveUnknowns() async throws {
        guard unknowns.isDirty else { return }
        try await store.setFact(unknownsName, unknowns.document(), at: dependencies.now())
    }

    /// Now and then, and not before there is enough of it: nothing hangs on the last few.
    mutating func saveLearned() async throws {
        guard learned.isDirty, poll.steady - learnedKeptAt >= PollLimits.learnedInterval else { return }
        learnedKeptAt = poll.steady
        try await store.setFact(learnedName, learned.document(), at: dependencies.now())
    }

    /// Says once that the listing is odd, and once more only after it was in order.
    mutating func note(_ found: ListingOddity?) {
        guard let found else {
            oddity = nil
            return
        }
        guard oddity != found, oddity != .endless else { return }
        oddity = found
        dependencies.report(.oddListing(source: source.name, kind: kind, problem: found.rawValue))
    }

    /// Takes in the new states of what was committed: what is in flight, and what its durations teach.
    mutating func learn(from decision: Decision) {
        var lessons = 0
        for snapshot in decision.snapshots {
            let hash = PageScan.idHash(of: snapshot.key.id)
            if inFlight[hash] == nil, lessons < PollLimits.lessons, let lesson = InFlightTable.lesson(of: snapshot) {
                lessons += 1
                learned.note(lesson.seconds, group: lesson.group)
            }
            inFlight.note(
                snapshot, idHash: hash, at: poll.seen.contains(hash) ? poll.steady : nil, learning: &learned)
        }
    }
}
