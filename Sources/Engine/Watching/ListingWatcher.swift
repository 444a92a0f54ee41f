import AurousAPI
import Core
import Store

/// Watches one kind of resource of one source: asks what the plan says, compares, decides and commits.
///
/// A value owned by the one task that runs it. Everything that it must not lose is in the store; what it holds besides
/// (fingerprints, what is in flight, durations) only saves work, and is read from there when it begins.
struct ListingWatcher {
    let source: SourceSettings
    let kind: ResourceKind
    let store: SQLiteStore
    let rules: RuleBook
    let requests: SourceRequests
    let dependencies: Dependencies
    /// Called after a commit that put something into the outbox.
    let outboxFilled: @Sendable () -> Void
    /// With the source's other listings; nil where there is none.
    let catchUp: SourceCatchUp?

    var progress = ListingProgress()
    var seen = SeenFingerprints()
    /// The rules that the watcher works by: what other rules said is over where they are in force, and told so.
    var adopted: RuleBook.Edition?
    /// The number of the rules that have looked at everything known.
    var rulesLookedAt = 0
    var isPrepared = false
    var unknowns = UnknownConditions()
    var learned = LearnedDurations()
    var inFlight = InFlightTable()
    /// The rows of the last head, by the hashes of their ids, and when it was asked for.
    var onHead: Set<UInt64> = []
    var headAskedAt: Double?
    /// Whether the last head was all there is.
    var isHeadAll = false
    /// The last head, while all of it is known and kept: an answer that says the same needs no look.
    var knownHead: KnownHead?
    /// Whether the bucket had nothing left for a resource whose alert is due.
    var areTimersOwed = false
    /// The same of one that a complete listing lacked.
    var areVanishedOwed = false
    /// Whether something may have happened unseen: at the start, and after a failed poll.
    var isCatchingUp = true
    /// Why the listing cannot be read as it should be, once that was said.
    var oddity: ListingOddity?
    var full = FullListing()
    /// Ids as the listing has them, around what was last visited, and when that was read.
    var knownOrder: (ids: [String], readAt: Double) = ([], -.infinity)
    /// Rows that the API refused as cursors: they are gone, although nobody has said so yet.
    var deadAnchors: Set<String> = []
    var visitsNotBefore = -Double.infinity
    /// When the next alert is due, and when alerts were last looked at.
    var alertTimer: Timestamp?
    /// Whether the store may have another time for the next alert.
    var isNextTimerStale = true
    var timersLookedAt: Double?
    var learnedKeptAt = -Double.infinity
    /// Resources that the API did not know by id, once; gone when it is said again or a full listing lacks them.
    var suspects: Set<String> = []
    var windows = WatchedWindows()
    /// The poll that is running.
    var poll = Poll()

    /// What one poll has come across.
    struct Poll {
        var beganAt = Timestamp(clampedSeconds: 0, nanoseconds: 0)
        /// The same of the steady clock.
        var steady = 0.0
        var seen: Set<UInt64> = []
        /// Of these, what came more than once: while rows shift, a listing can show an older and a newer state.
        var repeated: Set<UInt64> = []
        var requests = 0
        var rows = 0
        var changed = 0
        var failedVisits = 0
        /// The head of this poll, to be known again once all of it is kept.
        var head: KnownHead?
    }

    /// Named limits of one poll.
    enum PollLimits {
        /// Pages that one walk from the head may read, and how many of them it holds before it commits.
        static let headPages = 300
        static let heldPages = 150
        /// How many pages of a listing that has shown itself to be endless are read, and kept, until it ends again.
        static let endlessPages = 10
        /// Pages of a full listing.
        static let fullPages = 50_000
        /// Rows committed in one transaction: those of a page.
        static let commitRows = 100
        /// Requests of one poll for what is in flight below the head.
        static let visits = 60
        /// Rows of the known listing that visits are planned with.
        static let knownOrder = 2000
        /// Resources that the API may have no usable answer about before the poll fails.
        static let failedVisits = 5
        /// Alerts evaluated again in one poll, and how many resources are asked for by id for it.
        static let due = 1000
        static let dueVisits = 60
        /// Rows that are remembered to be no cursors.
        static let deadAnchors = 1000
        /// How long the known order of a listing serves, in seconds.
        static let orderAge = 30.0
        /// How often durations are kept, in seconds.
        static let learnedInterval = 300.0
        /// Rows of a page that is all new which teach durations.
        static let lessons = 50
    }

    private var plan: PollPlan {
        PollPlan(pace: PollPlan.Pace(active: source.poll.active, idle: source.poll.idle, sweep: source.poll.sweep))
    }

    /// One poll of the listing. `isFull` reads all of it, as `--once` wants.
    mutating func tick(isFull: Bool, signals: ListingSignals.Taken) async throws {
        if !isPrepared { try await prepare() }
        poll = Poll()
        poll.beganAt = dependencies.now()
        poll.steady = requests.steadySeconds()
        try await adoptRules()
        var orders = plan.orders(knowledge(timerNeedsHead: try await timerNeedsHead()))
        if isFull {
            orders = PollPlan.Orders(
                head: true, visits: inFlight.entries.values.map(\.id).sorted(), sweepPages: .max, timers: true)
        }
        if kind == .balance {
            if orders.head || !signals.ids.isEmpty || signals.head { try await pollBalance() }
        } else {
            try await look(orders, signals: signals, isFull: isFull)
        }
        try await lookWithNewRules()
        try await lookThroughWindows()
        // What this poll has shown can be evaluated without another request.
        let isDue = alertTimer.map { $0 <= dependencies.now() } ?? false
        if orders.timers || (isDue && poll.requests > 0) {
            try await evaluateDue(isFull: isFull, mayAsk: orders.timers)
        }
        try await saveUnknowns()
        try await saveLearned()
        try await readNextTimer()
        dependencies.report(
            .polled(source: source.name, kind: kind, requests: poll.requests, rows: poll.rows, changed: poll.changed))
    }

    /// Asks for what was ordered. What is caught up with is committed in the order in which it happened; otherwise each
    /// answer is committed as it comes.
    private mutating func look(_ orders: PollPlan.Orders, signals: ListingSignals.Taken, isFull: Bool) async throws {
        let hinted = try await hintedVisits(signals)
        var gathered: [ExaminedPage]? = isCatchingUp || isFull ? [] : nil
        if gathered != nil { catchUp?.began(kind) }
        var head: HeadWalk?
        do {
            if orders.head || hinted.head {
                let walk = try await walkHead(purpose: orders.head ? .head : .hint)
                try await keep(walk.pages, in: &gathered)
                head = walk
            }
            try await sweepInTurn()
            try await visit(
                hinted.ids, purpose: .hint, patience: .waits, isListingComplete: head?.isComplete ?? false,
                gathered: &gathered)
            try await visit(
                orders.visits, purpose: .id, patience: isFull ? .waits : .goes,
                isListingComplete: head?.isComplete ?? false, gathered: &gathered)
        } catch {
            // What was read is kept, whatever came after it.
            if let read = gathered, !(error is StoreError) { try await apply(read) }
            throw error
        }
        if let gathered { try await applyInTurns(gathered) }
        if isCatchingUp { windows.heldSince = poll.steady }
        if head != nil { isCatchingUp = false }
        if let head { noteHead(head) }
        if let read = poll.head, progress.isBaselined { knownHead = read }
        try await sweep(head: head, pages: orders.sweepPages, isFull: isFull)
        try await confirmVanished(isFull: isFull)
    }

    /// Applies pages at once, or gathers them for later.
    mutating func keep(_ pages: [ExaminedPage], in gathered: inout [ExaminedPage]?) async throws {
        if gathered == nil { try await apply(pages) } else { gathered?.append(contentsOf: pages) }
    }

    private mutating func noteHead(_ head: HeadWalk) {
        isHeadAll = head.isComplete
        guard !head.isAsBefore, let newest = head.newest else { return }
        let partner = requests.budget.saw(newest, kind: kind, source: source.name, at: poll.steady)
        if let partner { dependencies.report(.sameTeam(source: source.name, as: partner)) }
    }

    /// Something went wrong: what happens until it works again is caught up with in order.
    mutating func failed() {
        isCatchingUp = true
        catchUp?.failed(kind)
        headAskedAt = nil
        knownHead = nil
        isNextTimerStale = true
    }

    /// How long to wait until the plan wants to be looked at again.
    func wait() -> Duration {
        let known = knowledge(timerNeedsHead: false)
        return max(.seconds(plan.wake(known) - known.now), .milliseconds(1))
    }

    private func knowledge(timerNeedsHead: Bool) -> PollPlan.Knowledge {
        let (now, wall) = (requests.steadySeconds(), dependencies.now())
        var known = PollPlan.Knowledge(
            now: now, wall: wall, headAskedAt: headAskedAt, onHead: onHead, inFlight: inFlight, learned: learned,
            sweep: sweepState(now: now, wall: wall), sweepNeedsHead: progress.sweepCursor == nil,
            changesBelow: kind == .character && !isHeadAll,
            timer: nextTimer.map { now + $0.duration(since: wall) / .seconds(1) }, timersLookedAt: timersLookedAt,
            timerNeedsHead: timerNeedsHead, budget: requests.budgetView)
        known.visitsNotBefore = visitsNotBefore
        known.sweepNotBefore = full.notBefore
        return known
    }

    private func sweepState(now: Double, wall: Timestamp) -> PollPlan.Sweep {
        if kind == .balance { return .never }
        guard progress.isBaselined, let swept = progress.sweptAt else {
            // An endless listing is not read on and on.
            return oddity == .endless ? .running(lastAsked: full.askedAt) : .urgent
        }
        if progress.sweepStartedAt != nil { return .running(lastAsked: full.askedAt) }
        // Each head is a full listing then.
        if isHeadAll { return .never }
        return .none(lastBegan: now - max(0, wall.duration(since: swept) / .seconds(1)))
    }

    // Requests

    mutating func list(after cursor: String?, _ permit: SourceRequests.Permit) async throws -> PageScan {
        poll.requests += 1
        return try await requests.list(after: cursor, permit)
    }

    /// The newest page, after waiting for a permit; nil where it is as it was.
    mutating func head(for purpose: RequestPurpose) async throws -> PageScan? {
        guard let permit = try await requests.permit(purpose).permit else { throw CancellationError() }
        poll.requests += 1
        return try await requests.newest(unless: knownHead?.imprint, permit)
    }

    /// One page of a listing, after waiting for a permit.
    mutating func list(after cursor: String?, for purpose: RequestPurpose) async throws -> PageScan {
        guard let permit = try await requests.permit(purpose).permit else { throw CancellationError() }
        return try await list(after: cursor, permit)
    }

    /// A permit, or nil where the bucket has none for this purpose. Whoever was refused one waits for the next in turn:
    /// where there is never enough for all, heads and visits would leave nothing to the rest.
    mutating func permitInTurn(
        _ purpose: RequestPurpose, isFull: Bool, owed: WritableKeyPath<ListingWatcher, Bool>
    ) async throws -> SourceRequests.Permit? {
        let isTurn = self[keyPath: owed]
        let permit = try await requests.permit(isTurn ? .owed : purpose, isFull || isTurn ? .waits : .goes).permit
        self[keyPath: owed] = permit == nil
        return permit
    }

    mutating func single(_ id: String, _ permit: SourceRequests.Permit) async throws -> PageScan? {
        poll.requests += 1
        return try await requests.single(id, permit)
    }
}
