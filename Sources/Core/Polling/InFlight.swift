import CEL

/// A resource of which more is expected, as far as the plan needs it.
package struct InFlight: Sendable, Equatable {
    package var id: String
    /// What it is compared with: see ``LearnedDurations``.
    package var group: String
    /// From when its age counts: its creation, for characters the beginning of its status.
    package var since: Timestamp
    package var createdAt: Timestamp?
    /// When an answer last showed it, in seconds of the steady clock; nil where none has yet.
    package var askedAt: Double?

    package init(id: String, group: String, since: Timestamp, createdAt: Timestamp?, askedAt: Double? = nil) {
        self.id = id
        self.group = group
        self.since = since
        self.createdAt = createdAt
        self.askedAt = askedAt
    }

    /// Its age in seconds; a clock of the API that runs ahead makes none negative.
    func age(at now: Timestamp) -> Double { max(0, now.duration(since: since) / .seconds(1)) }
}

/// All of a listing that is in flight, by the hash of the id.
package struct InFlightTable: Sendable {
    package private(set) var entries: [UInt64: InFlight] = [:]
    /// Beyond so many, further ones are left to the sweeps.
    package static let limit = 20_000

    package init() {}

    package subscript(idHash: UInt64) -> InFlight? { entries[idHash] }
    package var isEmpty: Bool { entries.isEmpty }

    /// An answer showed this resource, at a time of the steady clock.
    package mutating func shown(_ idHash: UInt64, at steady: Double) {
        entries[idHash]?.askedAt = steady
    }

    /// An answer showed these resources.
    package mutating func shown(_ idHashes: Set<UInt64>, at steady: Double) {
        guard !entries.isEmpty else { return }
        for hash in idHashes { shown(hash, at: steady) }
    }

    /// Calls `body` with those of these resources that are in flight. An idle listing has none.
    func forEach(among idHashes: Set<UInt64>, _ body: (InFlight) -> Void) {
        guard !entries.isEmpty else { return }
        for hash in idHashes { if let resource = entries[hash] { body(resource) } }
    }

    package mutating func remove(_ idHash: UInt64) { entries[idHash] = nil }

    /// Takes in a new state of a resource, and what its end, or the end of its status, teaches.
    package mutating func note(
        _ snapshot: Snapshot, idHash: UInt64, at steady: Double?, learning learned: inout LearnedDurations
    ) {
        let before = entries[idHash]
        if let before, isEnd(of: before, snapshot) {
            learned.note(snapshot.statusSince.duration(since: before.since) / .seconds(1), group: before.group)
        }
        guard !snapshot.isSettled, before != nil || entries.count < InFlightTable.limit else {
            entries[idHash] = nil
            return
        }
        entries[idHash] = InFlight(
            id: snapshot.key.id, group: InFlightTable.group(of: snapshot), since: InFlightTable.beginning(of: snapshot),
            createdAt: snapshot.createdAt, askedAt: steady ?? before?.askedAt)
    }

    private func isEnd(of before: InFlight, _ snapshot: Snapshot) -> Bool {
        guard !snapshot.isGone else { return false }
        if snapshot.key.kind == .character { return before.group != snapshot.status }
        return snapshot.isSettled
    }

    private static func beginning(of snapshot: Snapshot) -> Timestamp {
        snapshot.key.kind == .character ? snapshot.statusSince : snapshot.createdAt ?? snapshot.firstSeen
    }

    /// A generation's media and inference type, a character's status.
    static func group(of snapshot: Snapshot) -> String {
        guard snapshot.key.kind == .generation else { return snapshot.status }
        guard case .map(let members)? = try? JSON.parse(snapshot.body) else { return "" }
        func text(_ name: String) -> String {
            if case .string(let text)? = members[name] { return String(text.prefix(groupCharacters)) }
            return ""
        }
        return text("media_type") + "/" + text("inference_type")
    }

    private static let groupCharacters = 24

    /// What a generation that is first seen when it is over teaches: its group and how long it took, in seconds. Nil
    /// where its own times do not tell.
    package static func lesson(of snapshot: Snapshot) -> (group: String, seconds: Double)? {
        guard snapshot.key.kind == .generation, snapshot.isSettled, !snapshot.isGone, let created = snapshot.createdAt,
            snapshot.statusSince > created
        else { return nil }
        return (group(of: snapshot), snapshot.statusSince.duration(since: created) / .seconds(1))
    }
}
