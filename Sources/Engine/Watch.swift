import AurousAPI
import CEL
package import Core
package import Sinks
package import Store
import Synchronization
package import Transport

/// The service: every source's listings and every sink's lane, over one store.
package final class Watch: Sendable {
    /// What a watch is made of.
    package struct Parts: Sendable {
        package var settings: Settings
        package var rules: RuleBook
        package var sinks: [any Sink]
        package var store: SQLiteStore
        package var http: any HTTPTransport
        package var userAgent: String

        package init(
            settings: Settings, rules: RuleBook, sinks: [any Sink], store: SQLiteStore, http: any HTTPTransport,
            userAgent: String
        ) {
            self.settings = settings
            self.rules = rules
            self.sinks = sinks
            self.store = store
            self.http = http
            self.userAgent = userAgent
        }
    }

    /// What a single pass came to.
    package struct Outcome: Sendable {
        /// Sources and listings that could not be polled, with the reason.
        package var failures: [String]
    }

    private let parts: Parts
    private let dependencies: Dependencies
    private let outbox: Outbox
    private let heartbeats: [HeartbeatSink]
    private let budget: RequestBudget
    private let signals: [String: ListingSignals]
    private let ownSignals: SelfSignals
    private let heraldCalls = Mailbox<Void>()
    package let health: [SourceHealth]
    /// How each sink's lane fares, in the order of the configuration.
    package var lanes: [LaneHealth] { outbox.health }
    private let steadySeconds: @Sendable () -> Double

    /// How long what is under way may take to end once the service is told to stop.
    package static let drainLimit = Duration.seconds(8)

    package init(_ parts: Parts, dependencies: Dependencies, steadySeconds: @escaping @Sendable () -> Double) {
        let ownSignals = SelfSignals()
        var dependencies = dependencies
        dependencies.report = { [report = dependencies.report] event in
            ownSignals.note(event)
            report(event)
        }
        parts.store.condition.observe { [report = dependencies.report] trouble in
            report(trouble.map { .storeFailed(reason: "\($0)") } ?? .storeRecovered)
        }
        self.ownSignals = ownSignals
        self.parts = parts
        self.dependencies = dependencies
        self.steadySeconds = steadySeconds
        let lanes = parts.settings.sinks
        heartbeats = parts.sinks.compactMap { $0 as? HeartbeatSink }
        let budget = RequestBudget(
            sources: parts.settings.sources, store: parts.store, now: dependencies.now)
        let health = parts.settings.sources.map { source in
            SourceHealth(source: source.name, kinds: source.watch, store: parts.store, steadySeconds: steadySeconds) {
                isNews in
                if isNews { ownSignals.changed(.source(source.name), isUrgent: true) }
            }
        }
        let refresher = SourceRefresher(
            requests: { [dependencies] source, kind in
                guard let health = health.first(where: { $0.source == source }) else { return nil }
                return parts.settings.sources.first { $0.name == source && $0.watch.contains(kind) }.map {
                    Watch.requests($0, kind, parts, budget, health, dependencies, steadySeconds)
                }
            }, dependencies: dependencies)
        outbox = Outbox(
            sinks: parts.sinks.filter { !($0 is HeartbeatSink) }.map { sink in
                let lane = lanes.first { $0.configuration.name == sink.name }?.lane ?? LaneSettings()
                return (lane.refresh ? RefreshingSink(sink: sink, refresher: refresher) : sink, lane)
            },
            store: parts.store, dependencies: dependencies, steadySeconds: steadySeconds)
        parts.rules.gather(for: parts.settings.groupings)
        self.budget = budget
        self.health = health
        var signals: [String: ListingSignals] = [:]
        for source in parts.settings.sources {
            for kind in source.watch { signals[Watch.listingName(source.name, kind)] = ListingSignals() }
        }
        self.signals = signals
        for lane in outbox.health { ownSignals.lane(of: lane.sink, is: LaneCondition(lane.current)) }
    }

    /// Watches until `stop` ends. Then polling stops at once, and attempts under way have ``drainLimit`` to end.
    package func run(until stop: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            let polling = Mailbox<Void>()
            group.addTask { [self] in
                await withTaskGroup(of: Void.self) { inner in
                    inner.addTask { [self] in await pollAll() }
                    inner.addTask { _ = await polling.take() }
                    await inner.next()
                    inner.cancelAll()
                }
            }
            group.addTask { [self] in
                await withTaskGroup(of: Bool.self) { inner in
                    inner.addTask { [self] in
                        await outbox.run(untilIdle: false)
                        return true
                    }
                    inner.addTask { [self] in
                        await stop()
                        polling.post(())
                        outbox.stop()
                        try? await dependencies.clock.sleep(for: Watch.drainLimit)
                        return false
                    }
                    _ = await inner.next()
                    inner.cancelAll()
                }
            }
            await group.waitForAll()
        }
        await budget.keepAll(at: steadySeconds())
    }

    /// One full poll of every source, then everything that is due is delivered.
    package func runOnce() async -> Outcome {
        await begin()
        let failures = await withTaskGroup(of: String?.self) { group in
            for loop in loops() {
                group.addTask {
                    var loop = loop
                    let wait = await loop.once(isFull: true)
                    return wait.hasFailed ? "\(loop.watcher.source.name)/\(loop.watcher.kind.rawValue)" : nil
                }
            }
            var failed: [String] = []
            for await failure in group { if let failure { failed.append(failure) } }
            return failed.sorted()
        }
        await budget.keepAll(at: steadySeconds())
        let hasMore = Mutex(false)
        var selfWatch = selfWatch { hasMore.withLock { $0 = true } }
        await selfWatch.once()
        var herald = herald
        await herald.once()
        await outbox.run(untilIdle: true)
        // What became of the deliveries is looked at too, and what there is to say of it goes out. Lanes that begin anew
        // probe an open circuit, so they do only if there is something.
        hasMore.withLock { $0 = false }
        await selfWatch.once()
        if hasMore.withLock({ $0 }) {
            await herald.once()
            await outbox.run(untilIdle: true)
        }
        return Outcome(failures: failures)
    }

    /// What became of a webhook of the watched API.
    package enum HintOutcome: String, Sendable {
        case accepted, stale
        case unknownSource = "unknown_source"
        case badSignature = "bad_signature"
        case notConfigured = "not_configured"
    }

    /// Takes one of the API's own webhooks: if a secret of the source signed it lately, the listing that it is about
    /// looks at once for what it names. The truth still comes from the poll.
    package func hint(source name: String, body: [UInt8], header: String?) -> HintOutcome {
        guard let source = parts.settings.sources.first(where: { $0.name == name }) else { return .unknownSource }
        guard !source.webhookSecrets.isEmpty else { return .notConfigured }
        let verdict = AurousWebhookSignature.verify(
            header: header, body: body, secrets: source.webhookSecrets, now: dependencies.now().seconds)
        switch verdict {
        case .valid:
            let hint = AurousHint(body: body)
            for kind in source.watch where hint.kinds.contains(kind) {
                signals[Watch.listingName(name, kind)]?.hint(hint.id)
            }
            return .accepted
        case .stale: return .stale
        case .malformed, .wrong: return .badSignature
        }
    }

    /// How full the source's share of its team's bucket is, from 0 to 1.
    package func budgetLevel(source: String, endpoint: EndpointClass) -> Double? {
        guard parts.settings.sources.contains(where: { $0.name == source }) else { return nil }
        return budget.view(source: source, endpoint: endpoint, at: steadySeconds()).level
    }

    /// New rules are in force: the listings look at once.
    package func rulesChanged() {
        for listing in signals.values { listing.rulesChanged() }
        ownSignals.rulesChanged()
        heraldCalls.post(())
    }

    /// What comes before the first poll.
    private func begin() async {
        do {
            try await budget.load(at: steadySeconds())
            try await Retirement(store: parts.store, routing: parts.rules.routing, dependencies: dependencies).run(
                watched: parts.settings.sources, sinks: parts.settings.sinks.map(\.configuration.name))
        } catch {
            if !Task.isCancelled { dependencies.report(.storeFailed(reason: "\(error)")) }
        }
    }

    private func pollAll() async {
        await begin()
        outbox.look()
        await withTaskGroup(of: Void.self) { group in
            for loop in loops() {
                group.addTask {
                    var loop = loop
                    await loop.run()
                }
            }
            group.addTask { [self] in
                var selfWatch = selfWatch()
                await selfWatch.run()
            }
            group.addTask { [self] in
                var herald = herald
                await herald.run()
            }
            group.addTask { [parts, dependencies] in
                await Keeper(
                    store: parts.store, retention: parts.settings.retention, rules: parts.rules,
                    dependencies: dependencies
                ).run()
            }
            group.addTask { [self] in
                await Heartbeats(
                    sinks: heartbeats, store: parts.store, dependencies: dependencies,
                    troubles: { await self.troubles() }
                ).run()
            }
        }
    }

    private var herald: Herald {
        let outbox = outbox
        return Herald(
            store: parts.store, rules: parts.rules, dependencies: dependencies, calls: heraldCalls,
            outboxFilled: { outbox.look() })
    }

    private func loops() -> [ListingLoop] {
        parts.settings.sources.flatMap { source -> [ListingLoop] in
            let catchUp = catchUp(source)
            return source.watch.compactMap { kind -> ListingLoop? in
                guard let health = health.first(where: { $0.source == source.name }),
                    let signals = signals[Watch.listingName(source.name, kind)]
                else { return nil }
                return ListingLoop(
                    watcher: watcher(source, kind, health, catchUp), health: health, signals: signals,
                    sources: parts.settings.sources.count)
            }
        }
    }

    /// What the source's listings have in common after an outage; a single one has nobody to wait for.
    private func catchUp(_ source: SourceSettings) -> SourceCatchUp? {
        let listed = source.watch.filter { $0 != .balance }
        guard listed.count > 1 else { return nil }
        let bells = listed.map { ($0, signals[Watch.listingName(source.name, $0)] ?? ListingSignals()) }
        return SourceCatchUp(
            Dictionary(bells, uniquingKeysWith: { first, _ in first }), clock: dependencies.clock,
            steadySeconds: steadySeconds)
    }

    private func selfWatch(outboxFilled: @escaping @Sendable () -> Void = {}) -> SelfWatch {
        let (outbox, heraldCalls) = (outbox, heraldCalls)
        return SelfWatch(
            settings: parts.settings, health: health, signals: ownSignals, limits: { [self] in limits(of: $0) },
            store: parts.store, rules: parts.rules, dependencies: dependencies,
            outboxFilled: {
                outboxFilled()
                outbox.look()
                heraldCalls.post(())
            })
    }

    /// What is known of the source's buckets, of which the emptiest counts.
    private func limits(of source: SourceSettings) -> SourceLimits {
        var limits = SourceLimits()
        for endpoint in Set(source.watch.map(EndpointClass.init)) {
            let level = budget.view(source: source.name, endpoint: endpoint, at: steadySeconds()).level
            guard level <= limits.level ?? 1 else { continue }
            limits.level = level
            if let reading = budget.reading(source: source.name, endpoint: endpoint) {
                (limits.limit, limits.remaining) = (reading.limit, reading.remaining)
            }
        }
        return limits
    }

    /// Deliveries are said not to flow when one has waited longer than this.
    private static let longestWait = Duration.seconds(300)

    /// Why the service is not ready, in order: a source that is not polled, deliveries that do not flow, a store that
    /// does not answer. Empty when all is well.
    package func troubles() async -> [String] {
        var reasons: [String] = []
        for health in health where !health.isReady {
            reasons.append("the source \(health.source) has not been polled, or its last poll failed")
        }
        if let trouble = parts.store.condition.trouble { reasons.append("\(trouble)") }
        do {
            for (sink, counts) in try await parts.store.deliveryCounts() {
                guard let oldest = counts.oldestPendingAt,
                    dependencies.now().duration(since: oldest) > Watch.longestWait
                else { continue }
                reasons.append("deliveries to the sink \(sink) have waited since \(oldest.rfc3339)")
            }
        } catch {
            reasons.append("the store cannot be read")
        }
        return reasons.sorted()
    }

    private static func requests(
        _ source: SourceSettings, _ kind: ResourceKind, _ parts: Parts, _ budget: RequestBudget,
        _ health: SourceHealth, _ dependencies: Dependencies, _ steadySeconds: @escaping @Sendable () -> Double
    ) -> SourceRequests {
        let key = source.key
        let client = AurousClient(
            transport: parts.http, base: source.api, key: { try key.read() }, version: source.version,
            userAgent: parts.userAgent, timeouts: Timeouts(connect: .seconds(10), exchange: .seconds(30)),
            trust: TrustSettings(caFile: source.caFile, proxy: source.proxy), destination: DestinationPolicy(),
            now: dependencies.now)
        return SourceRequests(
            source: source, kind: kind, client: client, budget: budget, health: health,
            dependencies: dependencies, steadySeconds: steadySeconds)
    }

    private func watcher(
        _ source: SourceSettings, _ kind: ResourceKind, _ health: SourceHealth, _ catchUp: SourceCatchUp?
    ) -> ListingWatcher {
        let (outbox, heraldCalls) = (outbox, heraldCalls)
        return ListingWatcher(
            source: source, kind: kind, store: parts.store, rules: parts.rules,
            requests: Watch.requests(source, kind, parts, budget, health, dependencies, steadySeconds),
            dependencies: dependencies,
            outboxFilled: {
                outbox.look()
                heraldCalls.post(())
            },
            catchUp: kind == .balance ? nil : catchUp)
    }

    private static func listingName(_ source: String, _ kind: ResourceKind) -> String { "\(source)/\(kind.rawValue)" }
}
