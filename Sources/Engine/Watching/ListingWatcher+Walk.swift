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
        while head.ending == nil {
            let step: ListingWalk.Step
            do {
                let page = try await list(after: cursor, for: cursor == nil ? purpose : .page)
                if cursor == nil { noteFirstPage(page, &head) }
                let examined = try await examine(page, origin: .head)
                head.pages.append(examined)
                if newest.count < PollLimits.endlessPages { newest.append(examined) }
                // What is dropped here is newer and read again by the next poll.
                if head.pages.count > PollLimits.heldPages { head.pages.removeFirst() }
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

extension AurousError {
    /// Whether a listing's cursor is what the API does not like: it answers 400 or 404 when the row was deleted.
    var isAboutCursor: Bool { kind == .notFound || kind == .invalidRequest }
}
