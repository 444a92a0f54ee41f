import AurousAPI
import Core
import Store

/// Watches one kind of resource of one source: asks, compares, decides and commits, page by page.
///
/// A value owned by the one task that runs it. Everything that it knows beyond the run of one poll is in the store; what
/// it holds besides (fingerprints, counts) only saves work.
struct ListingWatcher {
    let source: SourceSettings
    let kind: ResourceKind
    let store: SQLiteStore
    let rules: RuleBook
    let requests: SourceRequests
    let dependencies: Dependencies
    /// Called after a commit that put something into the outbox.
    let outboxFilled: @Sendable () -> Void

    var progress = ListingProgress()
    var seen = SeenFingerprints()
    /// The generation of the rules that have looked at everything known.
    var rulesLookedAt = 0
    var isPrepared = false
    /// Ids seen in the running full listing, while it is this process that has read it from its beginning.
    var sweepSeen: Set<UInt64>?
    /// The cursors of the running full listing, to notice one that leads in a circle.
    var sweepVisited: Set<String> = []
    /// The last complete listing that lacked nothing, and how many resources were present then.
    var lastListed: Set<UInt64> = []
    var knownPresent = -1
    /// In which order resources were last asked for by id.
    var lastAsked: [String: Int] = [:]
    var askedCount = 0
    /// Resources that the API did not know by id, once; gone when it is said again or a full listing lacks them.
    var suspects: Set<String> = []
    var unknowns = UnknownConditions()
    /// The poll that is running.
    var poll = Poll()

    /// What one poll has come across.
    struct Poll {
        var beganAt = Timestamp(clampedSeconds: 0, nanoseconds: 0)
        var seen: Set<UInt64> = []
        /// Of these, what came more than once: while rows shift, a listing can show an older and a newer state.
        var repeated: Set<UInt64> = []
        var requests = 0
        var rows = 0
        var changed = 0
        var failedVisits = 0
    }

    /// Named limits of one poll.
    enum PollLimits {
        /// Pages that one walk from the head may read, and how many of them it holds before it commits.
        static let headPages = 10_000
        static let heldPages = 200
        /// How often a walk begins anew in one poll because its cursor died.
        static let headWalks = 3
        /// Resources in flight that are asked for in one poll, by page or by id.
        static let unsettled = 2000
        /// Of these, how many by id.
        static let byID = 60
        /// Resources that the API may have no usable answer about before the poll fails.
        static let failedVisits = 5
        /// Alerts evaluated again in one poll.
        static let due = 1000
        /// Pages of a full listing read in one poll once the baseline is complete.
        static let characterSweepPages = 5
        static let generationSweepPages = 1
    }

    /// One poll of the listing. `isFull` reads all of it, as `--once` wants.
    mutating func tick(isFull: Bool) async throws {
        if !isPrepared { try await prepare() }
        poll = Poll()
        poll.beganAt = dependencies.now()
        try await endOrphans()
        if kind == .balance {
            try await pollBalance()
        } else {
            let head = try await walkHead()
            try await visitUnsettled(below: head)
            try await sweep(head: head, isFull: isFull)
        }
        try await lookWithNewRules()
        try await evaluateDue()
        try await saveUnknowns()
        dependencies.report(
            .polled(source: source.name, kind: kind, requests: poll.requests, rows: poll.rows, changed: poll.changed))
    }

    private mutating func prepare() async throws {
        progress = try await store.progress(source: source.name, kind: kind)
        for (id, fingerprint) in try await store.fingerprints(
            source: source.name, kind: kind, limit: SeenFingerprints.limit / 4)
        {
            seen.note(fingerprint, idHash: PageScan.idHash(of: id))
        }
        if let fact = try await store.facts(prefix: unknownsName).first(where: { $0.name == unknownsName }) {
            unknowns = UnknownConditions(document: fact.value)
        }
        isPrepared = true
    }

    private var unknownsName: String { "unknown/\(source.name)/\(kind.rawValue)" }

    private mutating func saveUnknowns() async throws {
        guard unknowns.isDirty else { return }
        try await store.setFact(unknownsName, unknowns.document(), at: dependencies.now())
    }

    /// When to poll next, from the beginning of this poll: soon while something is in flight.
    func interval() async throws -> Duration {
        if kind == .balance { return source.poll.idle }
        if !progress.isBaselined { return source.poll.active }
        let inFlight = try await store.unsettled(source: source.name, kind: kind, limit: 1)
        return inFlight.isEmpty ? source.poll.idle : source.poll.active
    }

    // Requests

    mutating func list(after cursor: String?) async throws -> PageScan {
        poll.requests += 1
        return try await requests.list(after: cursor)
    }

    mutating func single(_ id: String) async throws -> PageScan? {
        poll.requests += 1
        return try await requests.single(id)
    }
}
