import AurousAPI
import CEL
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
    /// A page that was asked for because of what is in flight on it.
    case visit
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
    /// How many rows this poll, or this full listing, had not seen.
    var fresh: Int
    var origin: PageOrigin
    /// When it was read.
    var readAt: Timestamp

    var hasUnknown: Bool { !unknown.isEmpty }
    var hasKnown: Bool { unknown.count < page.rows.count }

    /// As the walk sees it.
    var walked: ListingWalk.Page {
        let rows = page.rows
        var ends: [String] = []
        for place in [rows.count - 1, rows.count - 2, 0] where rows.indices.contains(place) {
            ends.append(rows[place].id)
        }
        return ListingWalk.Page(
            rows: rows.count, fresh: fresh, hasMore: page.hasMore, cursor: page.nextCursor, ends: ends)
    }

    /// The place below which everything is older than something known.
    fileprivate var firstKnown: Int? { page.rows.first { !unknown.contains($0.position) }?.position }
}

/// A row that differs from what is known, and whether it belongs to the first sight of its source.
private struct NewsRow {
    var row: PageScan.Row
    var isBaseline: Bool
    /// When it was read: what it tells had begun by then.
    var readAt: Timestamp
    /// When it came to be as it is, as far as its own times tell.
    var moment: Timestamp?
}

/// What follows from rows, before it is written.
private struct DecidedBatch {
    var rows: [NewsRow]
    var decision: Decision
    /// By which rules, and when.
    var generation: Int
    var at: Timestamp

    /// How long a decision may wait for its turn to be written; then it is made anew, with the time of then.
    static let patience = Duration.seconds(1)
}

extension ListingWatcher {
    /// Compares a page with what is known and commits what follows.
    mutating func take(_ page: PageScan, origin: PageOrigin) async throws {
        try await apply([examine(page, origin: origin)])
    }

    /// Compares a page with what is known. Nothing follows from it yet.
    mutating func examine(_ page: PageScan, origin: PageOrigin) async throws -> ExaminedPage {
        reportProblems(page)
        poll.rows += page.rows.count
        var examined = ExaminedPage(
            page: page, differing: [], unknown: [], fresh: 0, origin: origin, readAt: dependencies.now())
        for row in page.rows {
            let isNew = poll.seen.insert(row.idHash).inserted
            if !isNew { poll.repeated.insert(row.idHash) }
            let isNewToListing = origin == .sweep ? full.seen?.insert(row.idHash).inserted ?? isNew : isNew
            if isNewToListing { examined.fresh += 1 }
            inFlight.shown(row.idHash, at: poll.steady)
        }
        defer { if origin != .head { contestHead(by: examined.differing.lazy.map(\.idHash)) } }
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

    /// Commits what follows from pages, in the order in which it happened and a page's worth in one transaction.
    mutating func apply(_ pages: [ExaminedPage]) async throws { try await apply(ordered(pages), with: nil) }

    /// The same in turns with the source's other listings, where these have something to catch up with as well.
    mutating func applyInTurns(_ pages: [ExaminedPage]) async throws {
        let news = ordered(pages)
        catchUp?.read(kind, first: news.first?.moment)
        try await apply(news, with: catchUp)
        catchUp?.ended(kind)
    }

    private mutating func apply(_ news: [NewsRow], with others: SourceCatchUp?) async throws {
        var rest = news[...]
        let swept = progress.sweptAt
        var ahead: DecidedBatch?
        while let next = rest.first {
            let until = await others?.turn(of: kind, moment: next.moment)
            if others != nil { try Task.checkCancellation() }
            try await adoptRules()
            let batch = rest.prefix(PollLimits.commitRows).prefix { news in
                guard let until, let moment = news.moment else { return true }
                return moment <= until
            }
            rest = rest.dropFirst(batch.count)
            // Until the last of them is kept, something older than what is known may be missing: a crash in between
            // leaves a store that wants a full listing.
            if batch.count < news.count, progress.isBaselined { progress.sweptAt = rest.isEmpty ? swept : nil }
            let decided = try await current(ahead, for: batch)
            ahead = try await write(decided, deciding: Array(rest.prefix(PollLimits.commitRows)))
            for news in batch { seen.note(news.row.fingerprint, idHash: news.row.idHash) }
            if let following = rest.first { others?.told(kind, next: following.moment) }
        }
    }

    /// What was decided ahead, where it is about just these rows, by the rules in force, and not of long ago.
    private func current(
        _ ahead: DecidedBatch?, for batch: ArraySlice<NewsRow>
    ) async throws -> DecidedBatch {
        if let ahead, ahead.rows.count == batch.count, ahead.generation == inForce.number,
            dependencies.now().duration(since: ahead.at) < DecidedBatch.patience
        {
            return ahead
        }
        return try await decide(Array(batch))
    }

    private func decide(_ batch: [NewsRow]) async throws -> DecidedBatch {
        let known = try await store.known(source: source.name, kind: kind, ids: batch.map(\.row.id))
        let rules = inForce
        var decided = DecidedBatch(
            rows: batch, decision: Decision(), generation: rules.number, at: dependencies.now())
        for news in batch {
            let before = known[news.row.id] ?? KnownResource(snapshot: nil, latest: [:])
            decide(news, known: before, by: rules.engine, into: &decided.decision)
        }
        return decided
    }

    /// Writes what was decided, and decides meanwhile what follows from the rows after it: these are others, of which
    /// nothing that is being written tells.
    private mutating func write(_ decided: DecidedBatch, deciding next: [NewsRow]) async throws -> DecidedBatch? {
        guard !next.isEmpty, !decided.decision.isEmpty else {
            try await commit(decided.decision)
            return nil
        }
        unknowns.looked(at: decided.decision.snapshots.map(\.key.id), unknowns: decided.decision.unknowns)
        let (store, transaction) = (store, transaction(decided.decision))
        async let written: Void = store.commit(transaction)
        // If the store cannot be read now, that is found again in its turn, when this is known to be written or not.
        let following = try? await decide(next)
        try await written
        committed(decided.decision)
        return following
    }

    /// What differs on the pages, each resource once, oldest event first. Pages come in the order in which they were
    /// read, newest first.
    private func ordered(_ pages: [ExaminedPage]) -> [NewsRow] {
        var place: [UInt64: Int] = [:]
        var news: [NewsRow] = []
        for page in pages {
            let firstKnown = page.firstKnown
            for row in page.differing {
                let found = NewsRow(
                    row: row, isBaseline: belongsToBaseline(row, origin: page.origin, firstKnown: firstKnown),
                    readAt: page.readAt)
                guard let earlier = place[row.idHash] else {
                    place[row.idHash] = news.count
                    news.append(found)
                    continue
                }
                // Of two copies the one that was read later, unless it is certainly the older.
                let known = news[earlier].row
                let isOlder = Staleness.isOlder(
                    status: row.status, body: Array(row.body), than: known.status, body: Array(known.body), kind: kind)
                if !isOlder { (news[earlier].row, news[earlier].readAt) = (row, page.readAt) }
            }
        }
        for index in news.indices { news[index].moment = moment(of: news[index].row) }
        // What tells no time stays beside its neighbour of the listing.
        news.reverse()
        var last: Timestamp?
        for index in news.indices {
            if let moment = news[index].moment { last = moment } else { news[index].moment = last }
        }
        return news.enumerated().sorted { left, right in
            switch (left.element.moment, right.element.moment) {
            case (let one?, let other?) where one != other: one < other
            case (nil, .some): true
            case (.some, nil): false
            default: left.offset < right.offset
            }
        }.map(\.element)
    }

    private func moment(of row: PageScan.Row) -> Timestamp? {
        guard case .map(let members)? = try? JSON.parse(Array(row.body)) else { return nil }
        for name in ["completed_at", "updated_at", "created_at"] {
            if case .string(let text)? = members[name], let time = Timestamp(rfc3339: text) { return time }
        }
        return nil
    }

    private func decide(
        _ news: NewsRow, known: KnownResource, by engine: RuleEngine, into decision: inout Decision
    ) {
        let row = news.row
        let isBaseline = known.snapshot == nil && news.isBaseline
        let observation = Observation(
            key: ResourceKey(source: source.name, kind: kind, id: row.id), body: Array(row.body),
            fingerprint: row.fingerprint, status: row.status, observedAt: news.readAt)
        if let snapshot = known.snapshot, !snapshot.isGone {
            // A later poll is believed whatever its times say; two copies in one poll are told apart by them.
            let canBeOlder = kind == .generation || poll.repeated.contains(row.idHash)
            if snapshot.fingerprint == row.fingerprint { return }
            if canBeOlder, Staleness.isOlder(observation, than: snapshot) { return }
        }
        engine.observed(
            observation, known: known, isBaseline: isBaseline, now: dependencies.now(), into: &decision)
    }

    private func belongsToBaseline(_ row: PageScan.Row, origin: PageOrigin, firstKnown: Int?) -> Bool {
        guard !progress.isBaselined else { return false }
        switch origin {
        case .first, .sweep, .visit: return true
        case .single: return false
        case .head: return firstKnown.map { row.position > $0 } ?? false
        }
    }

    /// `looked`: resources that were evaluated without having changed, `by` these rules alone.
    mutating func commit(
        _ decision: Decision, looked: [String] = [], by names: Set<String>? = nil
    ) async throws {
        unknowns.looked(at: decision.snapshots.map(\.key.id) + looked, by: names, unknowns: decision.unknowns)
        guard !decision.isEmpty else {
            report(decision)
            return
        }
        try await store.commit(transaction(decision))
        committed(decision)
    }

    private func transaction(_ decision: Decision) -> ObservationCommit {
        ObservationCommit(
            decision: decision, progress: [kind: progress], source: source.name, routing: inForce.routing)
    }

    /// What follows once it is written.
    private mutating func committed(_ decision: Decision) {
        windows.all.add(decision.contributions)
        poll.changed += decision.changes.count
        isNextTimerStale = isNextTimerStale || decision.movesAlerts
        if !decision.snapshots.isEmpty { full.isAccountedFor = false }
        learn(from: decision)
        report(decision)
        if !decision.notifications.isEmpty { outboxFilled() }
    }

    func report(_ decision: Decision) {
        let found = decision.changes.count { !$0.isBaseline }
        if found > 0 { requests.health.found(found, kind, at: poll.steady) }
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
