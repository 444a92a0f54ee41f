import CEL
import Core
import Sinks
import Store

/// Watches the sources and sinks themselves, so that Auspex' own troubles are alerts like any other.
///
/// Looks when something is said to have changed (``SelfSignals``), when a timer is due, and now and then. A value owned
/// by the one task that runs it.
struct SelfWatch {
    let settings: Settings
    let health: [SourceHealth]
    let signals: SelfSignals
    /// What is known of a source's rate limit now.
    let limits: @Sendable (SourceSettings) -> SourceLimits
    let store: SQLiteStore
    let rules: RuleBook
    let dependencies: Dependencies
    /// Called after a commit that put something into the outbox.
    let outboxFilled: @Sendable () -> Void

    var resources: [ResourceKey: OwnResource] = [:]
    var memories: [String: SourceState.Memory] = [:]
    private var lookedAt: [ResourceKey: Timestamp] = [:]
    private var nextLook: [ResourceKey: Timestamp] = [:]
    var rulesLookedAt = 0
    var unknowns: [String: OwnUnknowns] = [:]
    /// Sinks whose backlog is long.
    var burdened: Set<ResourceKey> = []
    var isLoaded = false

    init(
        settings: Settings, health: [SourceHealth], signals: SelfSignals,
        limits: @escaping @Sendable (SourceSettings) -> SourceLimits, store: SQLiteStore, rules: RuleBook,
        dependencies: Dependencies, outboxFilled: @escaping @Sendable () -> Void
    ) {
        self.settings = settings
        self.health = health
        self.signals = signals
        self.limits = limits
        self.store = store
        self.rules = rules
        self.dependencies = dependencies
        self.outboxFilled = outboxFilled
    }

    /// How often counters that change all the time are looked at.
    private static let sourceGlance = Duration.seconds(10)
    private static let sinkGlance = Duration.seconds(1)
    /// A backlog that is dear to count is counted more seldom.
    static let longBacklog = 1000
    private static let longBacklogGlance = Duration.seconds(10)
    /// How often everything is looked at: deliveries are pruned and replayed without a word.
    private static let regularLook = Duration.seconds(60)
    /// How long the store is left alone after it failed, and how often an overdue timer is tried that has no answer.
    private static let storePause = Duration.seconds(5)
    private static let overduePause = Duration.seconds(1)
    /// A thousand sources are looked at together rather than one by one.
    private static let shortestWait = Duration.milliseconds(100)

    mutating func run() async {
        while !Task.isCancelled {
            let wait = await lookAtWhatIsDue()
            schedule(await signals.wait(within: wait, clock: dependencies.clock))
        }
    }

    /// Looks at everything once.
    mutating func once() async {
        _ = signals.take()
        nextLook = [:]
        _ = await lookAtWhatIsDue()
    }

    /// When the clock alone may change what a rule says of a source or a sink.
    var nextDue: Timestamp? { resources.values.compactMap(\.nextDue).min() }

    var keys: [ResourceKey] {
        settings.sources.map { .source($0.name) } + settings.sinks.map { .sink($0.configuration.name) }
    }

    /// Returns how long there is nothing to look at.
    private mutating func lookAtWhatIsDue() async -> Duration {
        do {
            try await load()
            let (engine, generation) = rules.read()
            if generation != rulesLookedAt {
                let renamed = try await rename()
                for key in keys where renamed.contains(key.kind) {
                    resources[key] = OwnResource(key: key, stored: try await known(key))
                }
                for key in keys { resources[key]?.expectFreshLook() }
                for listing in unknowns.keys { unknowns[listing]?.conditions.keepOnly(Set(engine.rules.map(\.name))) }
                nextLook = [:]
                rulesLookedAt = generation
            }
            for key in keys where !Task.isCancelled {
                guard nextLook[key].map({ $0 <= dependencies.now() }) ?? true else { continue }
                try await look(at: key)
            }
            try await saveUnknowns()
        } catch {
            if !Task.isCancelled { dependencies.report(.storeFailed(reason: "\(error)")) }
            return SelfWatch.storePause
        }
        let now = dependencies.now()
        let next = nextLook.values.min().map { $0.duration(since: now) } ?? SelfWatch.regularLook
        // What attempts have changed does not wake anybody.
        let longest = rules.read().engine.rules(watching: .sink).isEmpty ? SelfWatch.regularLook : SelfWatch.sinkGlance
        return min(max(next, SelfWatch.shortestWait), longest)
    }

    private mutating func schedule(_ changed: [ResourceKey: Bool]) {
        let now = dependencies.now()
        for (key, isUrgent) in changed where resources[key] != nil {
            let looked = lookedAt[key]
            let due = isUrgent ? now : looked.map { $0.advanced(by: glance(key)) } ?? now
            nextLook[key] = min(nextLook[key] ?? due, due)
        }
    }

    private func glance(_ key: ResourceKey) -> Duration {
        guard key.kind == .sink else { return SelfWatch.sourceGlance }
        return burdened.contains(key) ? SelfWatch.longBacklogGlance : SelfWatch.sinkGlance
    }

    /// How long at least until a resource that is as it was is looked at again.
    private func pause(_ kind: ResourceKind, _ engine: RuleEngine) -> Duration {
        kind == .source && !engine.rules(watching: .source).isEmpty ? SelfWatch.sourceGlance : SelfWatch.regularLook
    }

    private mutating func look(at key: ResourceKey) async throws {
        let engine = rules.read().engine
        guard var resource = resources[key] else { return }
        let now = dependencies.now()
        nextLook[key] = now.advanced(by: pause(key.kind, engine))
        guard let sight = try await sight(of: key, engine: engine) else { return }
        lookedAt[key] = now
        if let look = resource.look(sight, rules: engine, now: now) {
            if let commit = look.commit {
                var isNew = ListingProgress()
                isNew.isBaselined = true
                try await store.commit(
                    ObservationCommit(
                        decision: commit, progress: [key.kind: isNew], source: key.source, routing: rules.routing))
            }
            resource.adopt(look)
            resources[key] = resource
            report(look, of: key)
        }
        guard let due = resource.nextDue else { return }
        let next = due > now ? due : now.advanced(by: SelfWatch.overduePause)
        nextLook[key] = min(nextLook[key] ?? next, next)
    }

    private mutating func report(_ look: OwnResource.Look, of key: ResourceKey) {
        let decision = look.decision
        unknowns[key.listing]?.conditions.looked(at: [key.id], by: look.rules, unknowns: decision.unknowns)
        for unknown in decision.unknowns { dependencies.report(.unknown(unknown)) }
        for decided in decision.notifications { dependencies.report(.decided(decided)) }
        if !decision.notifications.isEmpty { outboxFilled() }
    }
}

extension ResourceKey {
    /// Names what is said of all resources of one kind of one source together.
    var listing: String { "\(source)/\(kind.rawValue)" }
}
