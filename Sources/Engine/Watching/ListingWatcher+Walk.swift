import AurousAPI
import Core
import Store

/// How a walk from the head of a listing ended.
struct HeadWalk {
    /// Whether the whole listing was read, without anything odd on the way.
    var isComplete = false
    /// Where a full listing would go on.
    var nextCursor: String?
    /// The newest row, by the hash of its id.
    var newest: UInt64?
    /// How the walk ended; nil where it stopped at what is known.
    var ending: ListingWalk.Ending?
    /// Whether the newest page says what it said before, so that nothing follows from it.
    var isAsBefore = false
    /// What was read and is not committed yet.
    var pages: [ExaminedPage] = []
    /// The way on, for a full listing.
    var walk = ListingWalk(pageLimit: ListingWatcher.PollLimits.fullPages)
}

extension ListingWatcher {
    /// Reads pages from the newest on, until one holds nothing new. Nothing of them is committed yet.
    ///
    /// A walk that is cut off (a failed request, a crash) commits nothing, and the next one reads on to there: whatever
    /// is older than something known is known too, or a full listing is wanted (``ListingProgress/sweptAt`` is nil).
    mutating func walkHead(purpose: RequestPurpose) async throws -> HeadWalk {
        if !progress.isBaselined, progress.sweepStartedAt == nil { return try await beginBaseline(purpose: purpose) }
        var head = HeadWalk()
        var walk = ListingWalk(
            pageLimit: oddity == .endless ? PollLimits.endlessPages : PollLimits.headPages)
        var cursor: String?
        var newest: [ExaminedPage] = []
        var hasDropped = false
        while head.ending == nil {
            let step: ListingWalk.Step
            do {
                let page: PageScan
                if let cursor {
                    page = try await list(after: cursor, for: .page)
                } else if let read = try await self.head(for: purpose) {
                    page = read
                    noteFirstPage(page, &head)
                } else {
                    return headAsBefore()
                }
                let examined = try await examine(page, origin: .head)
                if cursor == nil { poll.head = KnownHead(page, walked: examined.walked) }
                head.pages.append(examined)
                if newest.count < PollLimits.endlessPages { newest.append(examined) }
                // What is dropped here is newer and read again by the next poll.
                if head.pages.count > PollLimits.heldPages {
                    head.pages.removeFirst()
                    hasDropped = true
                }
                step = walk.took(examined.walked)
                if isEnough(examined), case .read(let after) = step {
                    head.nextCursor = after
                    break
                }
            } catch let error as AurousError where cursor != nil && error.isAboutCursor {
                step = walk.refused()
            }
            switch step {
            case .read(let after): cursor = after
            case .ended(let found): head.ending = found
            }
        }
        head.isComplete = head.ending == .complete
        if head.ending == .endless { head.pages = newest }
        // Only a head of which everything is kept may be passed over when it says the same again.
        if hasDropped || head.ending == .endless || head.ending == .cut { poll.head = nil }
        noteEnding(head.ending)
        headAskedAt = poll.steady
        return head
    }

    /// Whether what lies below a page is known.
    private func isEnough(_ examined: ExaminedPage) -> Bool {
        (!examined.hasUnknown && examined.fresh > 0) || (!progress.isBaselined && examined.hasKnown)
    }

    /// A walk that came to no sound end may have missed something: a full listing is wanted.
    private mutating func noteEnding(_ ending: ListingWalk.Ending?) {
        switch ending {
        case .cut: note(.cut)
        case .endless: note(.endless)
        case .complete, nil:
            if oddity == .endless || ending == .complete { note(nil) }
            return
        }
        progress.sweptAt = nil
    }

    /// What stands on the newest page now.
    private mutating func noteFirstPage(_ page: PageScan, _ head: inout HeadWalk) {
        knownHead = nil
        onHead = Set(page.rows.map(\.idHash))
        head.newest = page.rows.first?.idHash
    }

    /// The very first page of a source: all that is on it, and all that is older, is baseline.
    private mutating func beginBaseline(purpose: RequestPurpose) async throws -> HeadWalk {
        let page = try await list(after: nil, for: purpose)
        var head = HeadWalk()
        noteFirstPage(page, &head)
        let before = progress
        progress.sweepStartedAt = poll.beganAt
        full.seen = []
        let examined = try await examine(page, origin: .first)
        for row in page.rows { full.seen?.insert(row.idHash) }
        do {
            try await noteRulesLooked()
            try await apply([examined])
        } catch {
            // The page was not kept, so the next poll is still the first.
            progress = before
            throw error
        }
        switch head.walk.took(examined.walked) {
        case .read(let after):
            head.nextCursor = after
            progress.sweepCursor = after
            full.walk = head.walk
            try await saveProgress()
        case .ended(let ending): head.isComplete = ending == .complete
        }
        headAskedAt = poll.steady
        return head
    }
}

/// A newest page whose rows are all known as they stand on it, so that its like needs no look.
///
/// It is forgotten when a row that stands on it is seen to be otherwise by any other answer, and when a poll fails.
struct KnownHead {
    let imprint: PageImprint
    let rows: Int
    /// Where the listing goes on; nil where the page is all there is.
    let nextCursor: String?

    /// Nil where the page must be looked at each time: it has problems, or there is no sound way on from it.
    init?(_ page: PageScan, walked: ListingWalk.Page) {
        guard let imprint = page.imprint else { return nil }
        var walk = ListingWalk(pageLimit: ListingWatcher.PollLimits.headPages)
        switch walk.took(walked) {
        case .read(let after): nextCursor = after
        case .ended(.complete): nextCursor = nil
        case .ended: return nil
        }
        self.imprint = imprint
        rows = page.rows.count
    }
}

extension ListingWatcher {
    /// The newest page says what it said before: its rows have been seen, and nothing else follows.
    private mutating func headAsBefore() -> HeadWalk {
        var head = HeadWalk()
        head.isAsBefore = true
        head.nextCursor = knownHead?.nextCursor
        head.isComplete = head.nextCursor == nil
        head.ending = head.isComplete ? .complete : nil
        poll.rows += knownHead?.rows ?? 0
        poll.seen = poll.seen.isEmpty ? onHead : poll.seen.union(onHead)
        inFlight.shown(onHead, at: poll.steady)
        poll.head = knownHead
        noteEnding(head.ending)
        headAskedAt = poll.steady
        return head
    }

    /// An answer other than a head has shown these rows to be otherwise than known: what a head says of them must be
    /// looked at, even if it says what it said before.
    mutating func contestHead(by hashes: some Sequence<UInt64>) {
        guard knownHead != nil || poll.head != nil, hashes.contains(where: onHead.contains) else { return }
        knownHead = nil
        poll.head = nil
    }
}

extension AurousError {
    /// Whether a listing's cursor is what the API does not like: it answers 400 or 404 when the row was deleted.
    var isAboutCursor: Bool { kind == .notFound || kind == .invalidRequest }
}
