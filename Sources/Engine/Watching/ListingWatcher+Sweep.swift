import AurousAPI
import Core
import Store

/// A full listing under way, as far as it is in memory; where it goes on is in the store.
struct FullListing {
    /// Ids seen, while it is this process that has read it from its beginning.
    var seen: Set<UInt64>?
    var walk = ListingWalk(pageLimit: ListingWatcher.PollLimits.fullPages)
    /// When its last page was asked for, and before when the bucket has nothing left for the next.
    var askedAt = -Double.infinity
    var notBefore = -Double.infinity
    /// Whether the bucket had nothing left for it the last time.
    var isOwed = false
    /// What a complete listing lacked, to be asked for by id.
    var lacking: [String] = []
    /// The last complete listing that lacked nothing, and how many resources were present then.
    var lastListed: Set<UInt64> = []
    var knownPresent = -1
    /// Whether that listing still accounts for all that is present: nothing was kept since.
    var isAccountedFor = false
}

extension ListingWatcher {
    /// Goes on with the full listing that catches what the head does not show, and that makes the baseline.
    mutating func sweep(head: HeadWalk?, pages: Int, isFull: Bool) async throws {
        if let head, head.isComplete {
            if head.isAsBefore, full.isAccountedFor, progress.sweepStartedAt == nil, progress.sweptAt != nil { return }
            full.seen = poll.seen
            return try await endSweep(.complete)
        }
        guard pages > 0 else { return }
        // A full poll does not go on with what another process began: it reads all of the listing itself.
        let isForeign = isFull && progress.isBaselined && full.seen == nil
        if progress.sweepCursor == nil || isForeign {
            guard let head else { return }
            guard let cursor = head.nextCursor else { return try await endSweep(head.ending ?? .cut) }
            beginSweep(at: cursor)
        }
        try await sweepOn(pages: pages, isFull: isFull)
    }

    /// Where the bucket never has enough for all, heads and visits would leave nothing to a full listing: once it has
    /// been passed over, for a while if it is not the first, a page of it waits for its turn.
    mutating func sweepInTurn() async throws {
        let patience = progress.isBaselined ? max(source.poll.idle, source.poll.sweep * PollPlan.sweepPart) * 2 : .zero
        guard full.isOwed, poll.steady - full.askedAt >= patience / .seconds(1) else { return }
        guard let cursor = progress.sweepCursor, let permit = try await requests.permit(.owed).permit else { return }
        full.isOwed = false
        full.askedAt = poll.steady
        if case .ended(let ending)? = try await sweepPage(after: cursor, permit) { try await endSweep(ending) }
    }

    private mutating func sweepOn(pages: Int, isFull: Bool) async throws {
        var left = pages
        while left > 0, let cursor = progress.sweepCursor {
            left -= 1
            let purpose: RequestPurpose = progress.isBaselined ? .sweep : .page
            let (permit, wait) = try await requests.permit(purpose, isFull ? .waits : .goes)
            guard let permit else {
                full.isOwed = true
                full.notBefore = requests.steadySeconds() + wait / .seconds(1)
                return
            }
            full.askedAt = poll.steady
            switch try await sweepPage(after: cursor, permit) {
            case .read: break
            case .ended(let ending): return try await endSweep(ending)
            case nil: return
            }
            if !progress.isBaselined {
                try await reportBaselining()
            }
        }
    }

    /// Reads and commits one page, with where the listing goes on. Nil where it begins anew with the next poll.
    private mutating func sweepPage(
        after cursor: String, _ permit: SourceRequests.Permit
    ) async throws -> ListingWalk.Step? {
        let before = (progress, full)
        let page: PageScan
        do {
            page = try await list(after: cursor, permit)
        } catch let error as AurousError where error.isAboutCursor {
            return try await sweepAround(cursor)
        }
        let examined = try await examine(page, origin: .sweep)
        let step = full.walk.took(examined.walked)
        if case .read(let after) = step { progress.sweepCursor = after } else { progress.sweepCursor = nil }
        do {
            try await apply([examined])
        } catch {
            // The page was not kept, so the listing has not come any further, and has not seen its rows.
            (progress, full) = before
            throw error
        }
        if examined.differing.isEmpty, case .read = step { try await saveProgress() }
        return step
    }

    /// A cursor died under us: the listing goes on from the row above it, or begins again at the head.
    private mutating func sweepAround(_ cursor: String) async throws -> ListingWalk.Step? {
        var step = full.walk.refused()
        if case .ended = step,
            let neighbour = try await store.neighbour(above: cursor, source: source.name, kind: kind),
            full.walk.resumes(at: neighbour)
        {
            step = .read(after: neighbour)
        }
        guard case .read(let after) = step else {
            progress.sweepCursor = nil
            try await saveProgress()
            return nil
        }
        progress.sweepCursor = after
        try await saveProgress()
        return step
    }

    private mutating func beginSweep(at cursor: String) {
        if progress.sweepStartedAt == nil || progress.isBaselined { progress.sweepStartedAt = poll.beganAt }
        progress.sweepCursor = cursor
        full.askedAt = poll.steady
        full.seen = poll.seen
        full.walk = ListingWalk(pageLimit: oddity == .endless ? PollLimits.endlessPages : PollLimits.fullPages)
        full.walk.resumes(at: cursor)
    }

    private mutating func endSweep(_ ending: ListingWalk.Ending) async throws {
        let before = (progress, full)
        let wasBaselined = progress.isBaselined
        let listed = ending == .complete ? full.seen : nil
        let isWorthNoting = progress.sweepStartedAt != nil || progress.sweptAt == nil
        progress.sweepCursor = nil
        progress.sweepStartedAt = nil
        full.seen = nil
        switch ending {
        case .complete: if oddity == .cut { note(nil) }
        case .cut: note(.cut)
        case .endless: note(.endless)
        }
        if isWorthNoting {
            progress.sweptAt = poll.beganAt
            progress.isBaselined = true
            do {
                try await saveProgress()
            } catch {
                // A baseline that is not on disk is none: it is made again.
                (progress, full) = before
                throw error
            }
        }
        if !wasBaselined {
            let all = try await store.presentCount(source: source.name, kind: kind)
            dependencies.report(.baselined(source: source.name, kind: kind, resources: all))
            return
        }
        if let listed { try await findVanished(listed: listed) }
    }

    /// Notes whatever is known, present and absent from a complete listing.
    private mutating func findVanished(listed: Set<UInt64>) async throws {
        let present = try await store.presentCount(source: source.name, kind: kind)
        guard present > 0 else { return }
        if present == full.knownPresent, listed == full.lastListed {
            full.isAccountedFor = true
            return
        }
        var after = ""
        full.lacking = []
        while true {
            let ids = try await store.presentIDs(source: source.name, kind: kind, after: after, limit: 1000)
            full.lacking += ids.filter { id in
                let hash = PageScan.idHash(of: id)
                return !listed.contains(hash) && !poll.seen.contains(hash)
            }
            guard let last = ids.last else { break }
            after = last
        }
        if full.lacking.isEmpty {
            full.knownPresent = present
            full.lastListed = listed
            full.isAccountedFor = true
        }
    }

    /// Asks by id for what a complete listing lacked; 404 means gone.
    mutating func confirmVanished(isFull: Bool) async throws {
        while let id = full.lacking.first {
            guard let permit = try await permitInTurn(.id, isFull: isFull, owed: \.areVanishedOwed) else { return }
            var page: [ExaminedPage]?
            try await visitPatiently(id, permit, isListingComplete: true, gathered: &page)
            full.lacking.removeAll { $0 == id }
        }
    }

    private func reportBaselining() async throws {
        let read = try await store.presentCount(source: source.name, kind: kind)
        dependencies.report(.baselining(source: source.name, kind: kind, resources: read))
    }
}
