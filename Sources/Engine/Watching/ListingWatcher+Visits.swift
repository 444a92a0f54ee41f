import AurousAPI
import Core
import Store

/// What is in flight and not on the head, and what hints name.
extension ListingWatcher {
    /// What the hints ask for: those in flight by id, the head for what is not known or where it shows several of them.
    /// A generation in a final state never changes again, so a late hint about one costs nothing.
    func hintedVisits(_ signals: ListingSignals.Taken) async throws -> (ids: [String], head: Bool) {
        var head = signals.head
        var ids: [String] = []
        let named = signals.ids.sorted()
        let stored = named.isEmpty ? [:] : try await store.fingerprints(source: source.name, kind: kind, ids: named)
        for id in named {
            if inFlight[PageScan.idHash(of: id)] != nil || (kind == .character && stored[id] != nil) {
                ids.append(id)
            } else if stored[id] == nil {
                head = true
            }
        }
        let shown = ids.filter { onHead.contains(PageScan.idHash(of: $0)) }
        if shown.count > 1 { head = true }
        if head { ids.removeAll { shown.contains($0) } }
        return (ids, head)
    }

    /// Asks for these resources, by page or by id, whichever takes fewer requests. Who does not wait for permits leaves
    /// the rest to the next poll.
    mutating func visit(
        _ ids: [String], purpose: RequestPurpose, patience: SourceRequests.Patience, isListingComplete: Bool,
        gathered: inout [ExaminedPage]?
    ) async throws {
        let wanted = ids.filter { !poll.seen.contains(PageScan.idHash(of: $0)) }
        guard !wanted.isEmpty else { return }
        var left = patience == .waits ? Int.max : PollLimits.visits
        // What a complete listing did not show is on none of its pages.
        let absent = isListingComplete ? Set(wanted) : Set(full.lacking)
        let shown = wanted.filter { !absent.contains($0) }
        let planned = VisitPlan.requests(
            for: shown, order: try await order(around: shown), pageSize: SourceRequests.pageSize)
        var singles: [String] = []
        for request in planned {
            switch request {
            case .id(let id): singles.append(id)
            case .page(let anchor):
                left -= 1
                guard left >= 0, let permit = try await visitPermit(purpose == .hint ? .hint : .page, patience) else {
                    return
                }
                do {
                    let page = try await list(after: anchor, permit)
                    try await keep([examine(page, origin: .visit)], in: &gathered)
                } catch let error as AurousError where error.isAboutCursor {
                    // The row that it hung on is gone; what it was to show is asked for by id.
                    knownOrder = ([], -.infinity)
                    noteDeadAnchor(anchor)
                }
            }
        }
        let unseen = Set(singles)
        singles += wanted.filter { !unseen.contains($0) }
        for id in singles where !poll.seen.contains(PageScan.idHash(of: id)) {
            left -= 1
            guard left >= 0, let permit = try await visitPermit(purpose, patience) else { return }
            try await visitPatiently(
                id, permit, isListingComplete: absent.contains(id), gathered: &gathered)
        }
    }

    private mutating func visitPermit(
        _ purpose: RequestPurpose, _ patience: SourceRequests.Patience
    ) async throws -> SourceRequests.Permit? {
        let (permit, wait) = try await requests.permit(purpose, patience)
        if permit == nil { visitsNotBefore = requests.steadySeconds() + wait / .seconds(1) }
        return permit
    }

    /// Ids as the listing has them around these, read anew when they are not among those known, or now and then.
    private mutating func order(around wanted: [String]) async throws -> [String] {
        guard wanted.count > 1 else { return [] }
        if poll.steady - knownOrder.readAt < PollLimits.orderAge, Set(wanted).isSubset(of: knownOrder.ids) {
            return knownOrder.ids
        }
        let newest = wanted.compactMap { inFlight[PageScan.idHash(of: $0)]?.createdAt }.max()
        guard let newest else { return [] }
        let ids = try await store.listingOrder(
            source: source.name, kind: kind, from: newest, limit: PollLimits.knownOrder)
        knownOrder = (ids.filter { !deadAnchors.contains($0) }, poll.steady)
        return knownOrder.ids
    }

    /// The API does not know this row as a cursor any more: where requests are scarce, to try it again and again would
    /// leave none for what it was to show.
    private mutating func noteDeadAnchor(_ id: String) {
        if deadAnchors.count >= PollLimits.deadAnchors { deadAnchors = [] }
        deadAnchors.insert(id)
    }

    /// Asks for one resource by id; one that the API has no usable answer about does not keep the poll from the others,
    /// several in one poll are trouble with the API itself.
    mutating func visitPatiently(
        _ id: String, _ permit: SourceRequests.Permit, isListingComplete: Bool, gathered: inout [ExaminedPage]?
    ) async throws {
        do {
            try await visit(id, permit, isListingComplete: isListingComplete, gathered: &gathered)
        } catch let error as AurousError where error.concernsOneResource {
            poll.failedVisits += 1
            guard poll.failedVisits < PollLimits.failedVisits else { throw error }
            inFlight.shown(PageScan.idHash(of: id), at: poll.steady)
            dependencies.report(
                .unreadableRow(source: source.name, kind: kind, id: id, problem: "asked for by id: \(error)"))
        }
    }

    /// Asks for one resource by id. One that the API does not know is gone if a complete listing lacks it too, or if
    /// the API says so in two polls in a row.
    private mutating func visit(
        _ id: String, _ permit: SourceRequests.Permit, isListingComplete: Bool, gathered: inout [ExaminedPage]?
    ) async throws {
        if let page = try await single(id, permit) {
            suspects.remove(id)
            try await keep([examine(page, origin: .single)], in: &gathered)
            return
        }
        inFlight.shown(PageScan.idHash(of: id), at: poll.steady)
        let isConfirmed = isListingComplete || (kind == .generation && suspects.contains(id))
        guard isConfirmed else {
            suspects.insert(id)
            return
        }
        try await disappear(id)
    }

    private mutating func disappear(_ id: String) async throws {
        suspects.remove(id)
        full.lacking.removeAll { $0 == id }
        guard let known = try await store.known(source: source.name, kind: kind, ids: [id])[id] else { return }
        var decision = Decision()
        inForce.engine.disappeared(known, now: dependencies.now(), into: &decision)
        try await commit(decision)
        let hash = PageScan.idHash(of: id)
        contestHead(by: [hash])
        seen.forget(idHash: hash)
        inFlight.remove(hash)
    }
}

extension AurousError {
    /// Whether another resource may well be answered: there was an answer, and it was not about the key or the rate.
    fileprivate var concernsOneResource: Bool {
        switch kind {
        case .unavailable: status != nil
        case .notUnderstood, .invalidRequest, .bodyTooLarge: true
        case .unauthorised, .forbidden, .notFound, .rateLimited, .cancelled: false
        }
    }
}
