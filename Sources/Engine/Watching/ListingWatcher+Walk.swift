import AurousAPI
import Core
import Store

/// How a walk from the head of a listing ended.
struct HeadWalk {
    var pages = 0
    var nextCursor: String?
    /// Whether the whole listing was read, without anything odd on the way.
    var isComplete = false
    /// Whether a cursor died under it, so that nobody knows what lies below.
    var isCut = false
}

extension ListingWatcher {
    /// Reads pages from the newest on, until one holds nothing new; then commits them, oldest first.
    ///
    /// That order keeps what later walks rely on: whatever is older than something known is known too. A walk that is cut
    /// off (a failed request, a crash) has committed nothing, or only its older end, and the next one reads on to there.
    mutating func walkHead() async throws -> HeadWalk {
        if !progress.isBaselined, progress.sweepStartedAt == nil { return try await beginBaseline() }
        var attempts = 0
        while true {
            attempts += 1
            var walk = HeadWalk()
            let (pages, isWhole) = try await newPages(&walk)
            // A cursor died under the walk: the rows shifted, so it begins again, but not for ever.
            guard isWhole || attempts == PollLimits.headWalks else { continue }
            for page in pages.reversed() { try await apply(page, origin: .head) }
            walk.isCut = !isWhole
            if walk.isCut || (walk.nextCursor == nil && !walk.isComplete) { progress.sweptAt = nil }
            return walk
        }
    }

    /// The newest pages, down to the first that holds nothing new. Not whole where a cursor was refused.
    private mutating func newPages(_ walk: inout HeadWalk) async throws -> (pages: [ExaminedPage], isWhole: Bool) {
        var pages: [ExaminedPage] = []
        var cursor: String?
        var visited: Set<String> = []
        while walk.pages < PollLimits.headPages {
            let page: PageScan
            do {
                page = try await list(after: cursor)
            } catch let error as AurousError where cursor != nil && error.isAboutCursor {
                walk.nextCursor = nil
                return (pages, false)
            }
            walk.pages += 1
            let examined = try await examine(page)
            pages.append(examined)
            // What is dropped here is newer and read again by the next poll.
            if pages.count > PollLimits.heldPages { pages.removeFirst() }
            walk.nextCursor = nextCursor(of: page, visited: &visited)
            guard let next = walk.nextCursor else {
                walk.isComplete = !page.hasMore
                break
            }
            if !examined.hasUnknown || (!progress.isBaselined && examined.hasKnown) { break }
            cursor = next
        }
        return (pages, true)
    }

    /// The very first page of a source: all that is on it, and all that is older, is baseline.
    private mutating func beginBaseline() async throws -> HeadWalk {
        let page = try await list(after: nil)
        let before = progress
        progress.sweepStartedAt = poll.beganAt
        sweepSeen = []
        sweepVisited = []
        do {
            try await noteRulesLooked()
            try await take(page, origin: .first)
        } catch {
            // The page was not kept, so the next poll is still the first.
            progress = before
            throw error
        }
        var visited: Set<String> = []
        let next = nextCursor(of: page, visited: &visited)
        if next != nil {
            progress.sweepCursor = next
            try await saveProgress()
        }
        return HeadWalk(pages: 1, nextCursor: next, isComplete: next == nil && !page.hasMore)
    }

    /// The next page's cursor; nil at the end, where it is missing, and where it would lead in a circle.
    func nextCursor(of page: PageScan, visited: inout Set<String>) -> String? {
        guard page.hasMore, let cursor = page.nextCursor, visited.insert(cursor).inserted else { return nil }
        return cursor
    }

    /// Asks for what is in flight and was not on the pages read: by further pages or by id, whichever is fewer requests.
    mutating func visitUnsettled(below head: HeadWalk) async throws {
        let unsettled = try await store.unsettled(source: source.name, kind: kind, limit: PollLimits.unsettled)
        var missing = unsettled.filter { !poll.seen.contains(PageScan.idHash(of: $0.id)) }
        guard !missing.isEmpty else { return }
        if let oldest = missing.compactMap(\.createdAt).min(), head.nextCursor != nil {
            let above = try await store.count(source: source.name, kind: kind, since: oldest)
            let pages = above / SourceRequests.pageSize + 1 - head.pages
            if pages < missing.count { try await walkOn(from: head.nextCursor, pages: pages + 1) }
            missing.removeAll { poll.seen.contains(PageScan.idHash(of: $0.id)) }
        }
        // Those asked for longest ago come first, so that each has its turn.
        let turn = missing.sorted { (lastAsked[$0.id] ?? 0) < (lastAsked[$1.id] ?? 0) }.prefix(PollLimits.byID)
        for resource in turn {
            askedCount += 1
            lastAsked[resource.id] = askedCount
            try await visitPatiently(resource.id, isListingComplete: head.isComplete)
        }
        if lastAsked.count > 4 * PollLimits.unsettled { lastAsked = [:] }
    }

    private mutating func walkOn(from start: String?, pages: Int) async throws {
        var cursor = start
        var left = max(1, pages)
        var visited: Set<String> = []
        while left > 0, let next = cursor {
            left -= 1
            do {
                let page = try await list(after: next)
                try await take(page, origin: .sweep)
                cursor = nextCursor(of: page, visited: &visited)
            } catch let error as AurousError where error.isAboutCursor {
                return
            }
        }
    }

    /// As ``visit(_:isListingComplete:)``, but one resource that the API has no usable answer about does not keep the
    /// poll from the others; several in one poll are trouble with the API itself.
    mutating func visitPatiently(_ id: String, isListingComplete: Bool) async throws {
        do {
            try await visit(id, isListingComplete: isListingComplete)
        } catch let error as AurousError where error.concernsOneResource {
            poll.failedVisits += 1
            guard poll.failedVisits < PollLimits.failedVisits else { throw error }
            dependencies.report(
                .unreadableRow(source: source.name, kind: kind, id: id, problem: "asked for by id: \(error)"))
        }
    }

    /// Asks for one resource by id. One that the API does not know is gone if a complete listing lacks it too, or if
    /// the API says so in two polls in a row.
    mutating func visit(_ id: String, isListingComplete: Bool) async throws {
        if let page = try await single(id) {
            suspects.remove(id)
            try await take(page, origin: .single)
            return
        }
        let isConfirmed = isListingComplete || (kind == .generation && suspects.contains(id))
        guard isConfirmed else {
            suspects.insert(id)
            return
        }
        try await disappear(id)
    }

    mutating func disappear(_ id: String) async throws {
        suspects.remove(id)
        guard let known = try await store.known(source: source.name, kind: kind, ids: [id])[id] else { return }
        var decision = Decision()
        rules.read().engine.disappeared(known, now: dependencies.now(), into: &decision)
        try await commit(decision)
        seen.forget(idHash: PageScan.idHash(of: id))
    }
}

extension AurousError {
    /// Whether a listing's cursor is what the API does not like: it answers 400 or 404 when the row was deleted.
    var isAboutCursor: Bool { kind == .notFound || kind == .invalidRequest }

    /// Whether another resource may well be answered: there was an answer, and it was not about the key or the rate.
    fileprivate var concernsOneResource: Bool {
        switch kind {
        case .unavailable: status != nil
        case .notUnderstood, .invalidRequest, .bodyTooLarge: true
        case .unauthorised, .forbidden, .notFound, .rateLimited, .cancelled: false
        }
    }
}
