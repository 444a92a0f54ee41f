import AurousAPI
import Core
import Store

/// Where a page comes from; it decides what of it belongs to the baseline.
enum PageOrigin {
    /// The newest rows. While the baseline is incomplete, rows above the first known one are new, the rest is baseline.
    case head
    /// A full listing. While the baseline is incomplete, all that it finds is baseline.
    case sweep
    /// The very first page of a source.
    case first
    /// A resource that was asked for by its id.
    case single
}

/// A page compared with what is known, before anything follows from it.
struct ExaminedPage {
    var page: PageScan
    /// The rows that differ from what is known, in the API's order.
    var differing: [PageScan.Row]
    /// Those of them that are not known at all, by their place in the page.
    var unknown: Set<Int>

    var hasUnknown: Bool { !unknown.isEmpty }
    var hasKnown: Bool { unknown.count < page.rows.count }

    /// The place of the newest row that is known; what stands below it is older.
    var firstKnown: Int? { page.rows.first { !unknown.contains($0.position) }?.position }
}

extension ListingWatcher {
    /// Compares a page with what is known and commits what follows.
    mutating func take(_ page: PageScan, origin: PageOrigin) async throws {
        try await apply(examine(page), origin: origin)
    }

    /// Compares a page with what is known. Nothing follows from it yet.
    mutating func examine(_ page: PageScan) async throws -> ExaminedPage {
        reportProblems(page)
        poll.rows += page.rows.count
        for row in page.rows {
            if !poll.seen.insert(row.idHash).inserted { poll.repeated.insert(row.idHash) }
            sweepSeen?.insert(row.idHash)
        }
        var examined = ExaminedPage(page: page, differing: [], unknown: [])
        var unfamiliar: [PageScan.Row] = []
        // No Swift value is made for a row that is as it was.
        for row in page.rows {
            guard let fingerprint = seen[row.idHash] else {
                unfamiliar.append(row)
                continue
            }
            if fingerprint != row.fingerprint { examined.differing.append(row) }
        }
        guard !unfamiliar.isEmpty else { return examined }
        let stored = try await store.fingerprints(source: source.name, kind: kind, ids: unfamiliar.map(\.id))
        for row in unfamiliar {
            let fingerprint = stored[row.id]
            if fingerprint == nil { examined.unknown.insert(row.position) }
            if fingerprint == row.fingerprint {
                seen.note(row.fingerprint, idHash: row.idHash)
            } else {
                examined.differing.append(row)
            }
        }
        examined.differing.sort { $0.position < $1.position }
        return examined
    }

    /// Commits what follows from a page, in one transaction.
    mutating func apply(_ examined: ExaminedPage, origin: PageOrigin) async throws {
        guard !examined.differing.isEmpty else { return }
        var working = try await store.known(source: source.name, kind: kind, ids: examined.differing.map(\.id))
        let firstKnown = examined.firstKnown
        var decision = Decision()
        // Oldest first, so that what is told comes in the order in which it happened.
        for row in examined.differing.reversed() {
            let id = row.id
            let known = working[id] ?? KnownResource(snapshot: nil, latest: [:])
            let isBaseline = known.snapshot == nil && belongsToBaseline(row, origin: origin, firstKnown: firstKnown)
            decide(row, known: known, isBaseline: isBaseline, into: &decision)
            if decision.snapshots.last?.key.id == id { working[id] = refreshed(known, by: decision, id: id) }
        }
        try await commit(decision)
        for row in examined.differing { seen.note(row.fingerprint, idHash: row.idHash) }
    }

    private func decide(_ row: PageScan.Row, known: KnownResource, isBaseline: Bool, into decision: inout Decision) {
        let observation = Observation(
            key: ResourceKey(source: source.name, kind: kind, id: row.id), body: Array(row.body),
            fingerprint: row.fingerprint, status: row.status, observedAt: poll.beganAt)
        if let snapshot = known.snapshot, !snapshot.isGone {
            // A later poll is believed whatever its times say; two copies in one poll are told apart by them.
            let canBeOlder = kind == .generation || poll.repeated.contains(row.idHash)
            if snapshot.fingerprint == row.fingerprint { return }
            if canBeOlder, Staleness.isOlder(observation, than: snapshot) { return }
        }
        rules.read().engine.observed(
            observation, known: known, isBaseline: isBaseline, now: dependencies.now(), into: &decision)
    }

    /// An id that comes twice in one listing is compared with its first copy, not with the store.
    private func refreshed(_ known: KnownResource, by decision: Decision, id: String) -> KnownResource {
        var latest = known.latest
        for record in decision.records where record.resource.id == id { latest[record.rule] = record }
        for (rule, record) in latest where decision.forgotten.contains(record.id) {
            // What is forgotten gives its number back; those before it keep theirs.
            latest[rule] = AlertRecord(
                rule: rule, resource: record.resource, activation: record.activation - 1, phase: .resolved,
                since: record.since, severity: record.severity)
        }
        return KnownResource(snapshot: decision.snapshots.last { $0.key.id == id }, latest: latest)
    }

    private func belongsToBaseline(_ row: PageScan.Row, origin: PageOrigin, firstKnown: Int?) -> Bool {
        guard !progress.isBaselined else { return false }
        switch origin {
        case .first, .sweep: return true
        case .single: return false
        case .head: return firstKnown.map { row.position > $0 } ?? false
        }
    }

    /// `looked`: resources that were evaluated without having changed, `by` these rules alone.
    mutating func commit(
        _ decision: Decision, looked: [String] = [], by rules: Set<String>? = nil
    ) async throws {
        unknowns.looked(at: decision.snapshots.map(\.key.id) + looked, by: rules, unknowns: decision.unknowns)
        guard !decision.isEmpty else {
            report(decision)
            return
        }
        try await store.commit(
            ObservationCommit(decision: decision, progress: [kind: progress], source: source.name))
        poll.changed += decision.changes.count
        report(decision)
        if !decision.notifications.isEmpty { outboxFilled() }
    }

    private func report(_ decision: Decision) {
        for change in decision.changes { dependencies.report(.change(change)) }
        for unknown in decision.unknowns { dependencies.report(.unknown(unknown)) }
        for misfit in decision.misfits { dependencies.report(.misfits(key: misfit.key, paths: misfit.paths)) }
        for decided in decision.notifications { dependencies.report(.decided(decided)) }
    }

    private func reportProblems(_ page: PageScan) {
        for problem in page.problems {
            dependencies.report(
                .unreadableRow(source: source.name, kind: kind, id: problem.id, problem: "\(problem)"))
        }
    }

    /// Saves how far the listing has come, where no page's commit did.
    mutating func saveProgress() async throws {
        try await store.commit(
            ObservationCommit(decision: Decision(), progress: [kind: progress], source: source.name))
    }
}
