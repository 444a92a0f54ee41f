import AurousAPI
import Core
import Store

extension ListingWatcher {
    /// Goes on with the full listing that catches what the head does not show, and that makes the baseline.
    mutating func sweep(head: HeadWalk, isFull: Bool) async throws {
        if head.isComplete {
            sweepSeen = poll.seen
            try await endSweep()
            return
        }
        guard !head.isCut, isSweepWanted(isFull: isFull, head: head) else { return }
        // A full poll does not go on with what another process began: it reads all of the listing itself.
        let isResumed = isFull && progress.isBaselined && sweepSeen == nil
        if progress.sweepStartedAt == nil || isResumed { beginSweep(at: head.nextCursor) }
        var pages = 0
        while let cursor = progress.sweepCursor ?? (pages == 0 ? head.nextCursor : nil) {
            guard isFull || !progress.isBaselined || pages < pagesPerPoll else { return }
            pages += 1
            let page: PageScan
            do {
                page = try await list(after: cursor)
            } catch let error as AurousError where error.isAboutCursor {
                return try await restartSweep()
            }
            let before = (progress, sweepVisited)
            progress.sweepCursor = nextCursor(of: page, visited: &sweepVisited)
            let isLast = progress.sweepCursor == nil
            do {
                try await take(page, origin: .sweep)
            } catch {
                // The page was not kept, so the listing has not come any further.
                (progress, sweepVisited) = before
                throw error
            }
            if isLast {
                if page.hasMore { sweepSeen = nil }
                return try await endSweep()
            }
            try await saveProgress()
            if !progress.isBaselined {
                reportBaselining()
                if !isFull, dependencies.now().duration(since: poll.beganAt) > source.poll.active { return }
            }
        }
        guard progress.sweepCursor == nil, pages == 0 else { return }
        // There is more, but no way to it: what was read is no complete listing.
        sweepSeen = nil
        try await endSweep()
    }

    private var pagesPerPoll: Int {
        guard kind == .character else { return PollLimits.generationSweepPages }
        return requests.budgetLevel > 0.5 ? PollLimits.characterSweepPages : 1
    }

    /// Characters change at any age, so a listing longer than a page is read round and round; generations below the head
    /// are settled, so theirs is read now and then.
    private func isSweepWanted(isFull: Bool, head: HeadWalk) -> Bool {
        if isFull || !progress.isBaselined || progress.sweepStartedAt != nil { return true }
        if kind == .character { return true }
        guard let last = progress.sweptAt else { return true }
        return poll.beganAt.duration(since: last) >= source.poll.sweep
    }

    private mutating func beginSweep(at cursor: String?) {
        progress.sweepStartedAt = poll.beganAt
        progress.sweepCursor = cursor
        sweepSeen = poll.seen
        sweepVisited = []
    }

    /// A cursor died under us: what was read stays read, and the listing begins again at the head with the next poll.
    private mutating func restartSweep() async throws {
        progress.sweepCursor = nil
        if progress.isBaselined {
            progress.sweepStartedAt = nil
        } else {
            sweepSeen = nil
            try await resumeBaseline()
        }
        try await saveProgress()
    }

    /// The baseline goes on from the head: known pages are passed over without cost.
    private mutating func resumeBaseline() async throws {
        var cursor: String?
        var visited: Set<String> = []
        repeat {
            let page = try await list(after: cursor)
            try await take(page, origin: .sweep)
            cursor = nextCursor(of: page, visited: &visited)
        } while cursor != nil
        try await endSweep()
    }

    private mutating func endSweep() async throws {
        let wasBaselined = progress.isBaselined
        let listed = sweepSeen
        let isWorthNoting = progress.sweepStartedAt != nil
        progress.sweepCursor = nil
        progress.sweepStartedAt = nil
        sweepSeen = nil
        if isWorthNoting {
            progress.sweptAt = poll.beganAt
            progress.isBaselined = true
            try await saveProgress()
        }
        if !wasBaselined {
            let all = try await store.presentCount(source: source.name, kind: kind)
            dependencies.report(.baselined(source: source.name, kind: kind, resources: all))
            return
        }
        if let listed { try await findVanished(listed: listed) }
    }

    /// Whatever is known, present and absent from a complete listing is asked for by id; 404 means gone.
    private mutating func findVanished(listed: Set<UInt64>) async throws {
        let present = try await store.presentCount(source: source.name, kind: kind)
        guard present > 0 else { return }
        if present == knownPresent, listed == lastListed { return }
        var after = ""
        var allListed = true
        while true {
            let ids = try await store.presentIDs(source: source.name, kind: kind, after: after, limit: 1000)
            for id in ids
            where !listed.contains(PageScan.idHash(of: id)) && !poll.seen.contains(PageScan.idHash(of: id)) {
                allListed = false
                try await visit(id, isListingComplete: true)
            }
            guard let last = ids.last else { break }
            after = last
        }
        if allListed {
            knownPresent = present
            lastListed = listed
        }
    }

    private func reportBaselining() {
        dependencies.report(.baselining(source: source.name, kind: kind, resources: sweepSeen?.count ?? 0))
    }
}
