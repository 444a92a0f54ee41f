import AurousAPI
import Core
import Sinks
import Store
import Transport

/// What a process of `auspex run` is made of, over one store: the same listings, the same lanes, the same watch over
/// itself. It does nothing by itself; a ``Rehearsal`` tells it when.
struct RehearsedProcess {
    /// What outlasts a restart.
    struct Surroundings: Sendable {
        var settings: Settings
        /// What is in it outlasts a process.
        var store: SQLiteStore
        var rules: RuleBook
        var api: RehearsedAPI
        var sinks: [RehearsedSink]
        var time: RehearsalTime
        /// How full each source's share of its rate limit is, where a test says so.
        var budgets: RehearsedBudgets
    }

    /// A listing, and when it is polled again although nothing has happened: after a poll that failed.
    struct Listing {
        var loop: ListingLoop
        var retryAt: Timestamp?
    }

    let around: Surroundings
    let store: SQLiteStore
    var listings: [Listing] = []
    var lanes: [SinkLane] = []
    private var selfWatch: SelfWatch
    private var herald: Herald
    private var hasOwnRules = false

    init(_ around: Surroundings) {
        self.around = around
        store = around.store
        let store = store
        let (settings, time) = (around.settings, around.time)
        let signals = SelfSignals()
        let waiting = RehearsedProcess.dependencies(time, leaps: false, signals)
        let polling = RehearsedProcess.dependencies(time, leaps: true, signals)
        let steadySeconds: @Sendable () -> Double = { time.steadySeconds(leaps: false) }
        let pollingSeconds: @Sendable () -> Double = { time.steadySeconds(leaps: true) }
        let budget = RequestBudget(sources: settings.sources, store: store, now: polling.now)
        let health = settings.sources.map { source in
            SourceHealth(source: source.name, kinds: source.watch, store: store, steadySeconds: steadySeconds)
        }
        for (source, health) in zip(settings.sources, health) {
            for kind in source.watch {
                let client = AurousClient(
                    transport: around.api, base: source.api, key: { try source.key.read() }, version: source.version,
                    userAgent: "auspex/rehearsal", timeouts: Timeouts(), trust: TrustSettings(),
                    destination: DestinationPolicy(), now: polling.now)
                let requests = SourceRequests(
                    source: source, kind: kind, client: client, budget: budget, health: health,
                    dependencies: polling, steadySeconds: pollingSeconds)
                let watcher = ListingWatcher(
                    source: source, kind: kind, store: store, rules: around.rules, requests: requests,
                    dependencies: polling, outboxFilled: {}, catchUp: nil)
                listings.append(
                    Listing(loop: ListingLoop(watcher: watcher, health: health, signals: ListingSignals(), sources: 1)))
            }
        }
        let budgets = around.budgets
        selfWatch = SelfWatch(
            settings: settings, health: health, signals: signals, limits: { budgets.limits(of: $0.name) },
            store: store, rules: around.rules, dependencies: waiting, outboxFilled: {})
        around.rules.gather(for: settings.groupings)
        herald = Herald(
            store: store, rules: around.rules, dependencies: waiting, calls: Mailbox(), outboxFilled: {})
        for sink in around.sinks {
            var lane = settings.sinks.first { $0.configuration.name == sink.name }?.lane ?? LaneSettings()
            // One after the other, so that what is sent is always sent in the same order.
            lane.concurrency = 1
            lanes.append(
                SinkLane(
                    SinkLane.Parts(
                        sink: sink, settings: lane, store: store, dependencies: waiting, mailbox: Mailbox(),
                        health: LaneHealth(sink: sink.name), steadySeconds: steadySeconds, handedOver: { _ in },
                        isStepped: true)))
        }
    }

    private static func dependencies(_ time: RehearsalTime, leaps: Bool, _ signals: SelfSignals) -> Dependencies {
        Dependencies(
            clock: RehearsalClock(time: time, leaps: leaps), now: { time.now },
            // No jitter: what is due in five seconds is done in five seconds.
            random: { 0 }, logger: RehearsedSink.silent, report: { signals.note($0) })
    }

    // What it does when it is told to

    /// Polls the listings that something has happened to, or that are due.
    mutating func poll(_ touched: (_ source: String, _ kind: ResourceKind) -> Bool) async throws {
        let now = around.time.now
        for index in listings.indices {
            let watcher = listings[index].loop.watcher
            let isDue = listings[index].wakeAt.map { $0 <= now } ?? false
            guard isDue || touched(watcher.source.name, watcher.kind) else { continue }
            let wait = await listings[index].loop.once(isFull: true)
            listings[index].retryAt = wait.hasFailed ? now.advanced(by: wait.duration) : nil
        }
    }

    /// Looks at the sources and sinks themselves, where a rule does.
    mutating func lookAtItself() async {
        let engine = around.rules.read().engine
        if !engine.rules(watching: .source).isEmpty || !engine.rules(watching: .sink).isEmpty { hasOwnRules = true }
        guard hasOwnRules else { return }
        await selfWatch.once()
    }

    /// Tells what nothing holds back any more, and what was gathered and is due.
    mutating func tellWhatWaits() async { await herald.step() }

    /// Delivers what may go now.
    mutating func deliver() async throws {
        // What one sink does not take another may be given, and so on along the fallbacks.
        for _ in 0...lanes.count {
            let before = store.writes
            let counts = try await store.deliveryCounts()
            for index in lanes.indices where counts[lanes[index].sinkName].map({ $0.pending > 0 }) ?? false {
                await lanes[index].run(untilIdle: true)
            }
            if store.writes == before { return }
        }
    }

    /// When something is to be done although nothing happens.
    func nextWake() async throws -> Timestamp? {
        var wakes = listings.compactMap(\.wakeAt)
        if hasOwnRules, let due = selfWatch.nextDue { wakes.append(due) }
        if let due = herald.nextDue { wakes.append(due) }
        let counts = try await store.deliveryCounts()
        for lane in lanes {
            guard let counted = counts[lane.sinkName], counted.pending > 0 else { continue }
            if let wake = try await lane.nextWake(oldest: counted.oldestPendingAt) { wakes.append(wake) }
        }
        return wakes.min()
    }
}

extension RehearsedProcess.Listing {
    /// After a failed poll its alerts wait for one that works.
    fileprivate var wakeAt: Timestamp? { retryAt ?? loop.watcher.nextTimer }
}
