import AurousAPI
import Core
import Store

/// Polls one listing again and again, when its plan says so or something hints that it is worth while, and after a
/// failure as the API's pages advise. Ends when its task is cancelled.
struct ListingLoop {
    var watcher: ListingWatcher
    let health: SourceHealth
    let signals: ListingSignals
    /// How many sources there are; the first polls of many are spread.
    let sources: Int

    private var backoff = PollBackoff()
    private var isFailing = false
    /// How often hints alone may cause a poll.
    private var hintPace: TokenBucket

    init(watcher: ListingWatcher, health: SourceHealth, signals: ListingSignals, sources: Int) {
        self.watcher = watcher
        self.health = health
        self.signals = signals
        self.sources = sources
        let active = max(watcher.source.poll.active / .seconds(1), 0.05)
        let budget = watcher.requests.budgetView
        let perSecond = max(1 / active, budget.perSecond * ListingLoop.hintPart / Double(budget.listings))
        hintPace = TokenBucket(
            burst: ListingLoop.hintBurst, perMinute: 60 * perSecond, share: 1, at: watcher.requests.steadySeconds())
    }

    /// How long the store is left alone after it failed.
    private static let storePause = Duration.seconds(5)
    /// How often the key file is looked at while the key is refused.
    private static let keyGlance = Duration.seconds(2)
    /// So many hints in a row are followed at once, and then those for which this part of what the bucket gives is enough.
    /// More are a flood, looked at once for each `active`.
    private static let hintBurst = 30.0
    private static let hintPart = 0.5

    mutating func run() async {
        let dependencies = watcher.dependencies
        let first = PollSpread.first(
            sources: sources, active: watcher.source.poll.active, chance: dependencies.random())
        if first > .zero { try? await dependencies.clock.sleep(for: first) }
        while !Task.isCancelled {
            let wait = await once(isFull: false)
            if Task.isCancelled { return }
            await pause(wait)
        }
    }

    /// One poll; returns how long to wait for the next, and whether it is because of the key.
    mutating func once(isFull: Bool) async -> Wait {
        let dependencies = watcher.dependencies
        // The key that this poll uses, or an older one: a file that is replaced meanwhile ends the wait at once.
        let key = try? watcher.source.key.read()
        let taken = signals.take()
        do {
            try await watcher.tick(isFull: isFull, signals: taken)
            backoff.succeeded()
            if isFailing {
                isFailing = false
                dependencies.report(.recovered(source: watcher.source.name, kind: watcher.kind))
            }
            if watcher.poll.requests > 0 { await health.polled(watcher.kind, at: dependencies.now()) }
            return Wait(duration: PollSpread.wait(watcher.wait(), chance: dependencies.random()))
        } catch {
            signals.putBack(taken)
            watcher.failed()
            return await failed(error, key: key)
        }
    }

    /// A wait before the next poll.
    struct Wait {
        var duration: Duration
        /// The key that was refused; a changed one ends the wait.
        var refusedKey: Secret?
        var hasFailed = false
    }

    private mutating func failed(_ error: any Error, key: Secret?) async -> Wait {
        if error is CancellationError { return Wait(duration: .zero) }
        guard let error = error as? AurousError else {
            // A read that was cancelled is no failure of the store.
            if !Task.isCancelled { watcher.dependencies.report(.storeFailed(reason: "\(error)")) }
            return Wait(duration: ListingLoop.storePause, hasFailed: true)
        }
        guard error.kind != .cancelled else { return Wait(duration: .zero) }
        let dependencies = watcher.dependencies
        let cause = error.backoffCause ?? .transient
        let delay: Duration
        if error.kind == .rateLimited, let asked = error.retryAfter {
            delay = asked
        } else {
            delay = backoff.failed(cause, chance: dependencies.random(), floor: error.retryAfter)
        }
        dependencies.report(
            .pollFailed(
                source: watcher.source.name, kind: watcher.kind, reason: "\(error)",
                isLoud: error.isAuthentication && !isFailing, retryIn: delay))
        isFailing = true
        await health.failed(
            watcher.kind, reason: "\(error)", failure: PollFailure(error), at: dependencies.now())
        return Wait(duration: delay, refusedKey: error.isAuthentication ? key : nil, hasFailed: true)
    }

    /// Waits; after a poll that worked not through a hint, after a refused key not when the key is another.
    private mutating func pause(_ wait: Wait) async {
        let clock = watcher.dependencies.clock
        guard wait.hasFailed else {
            let began = watcher.requests.steadySeconds()
            guard await signals.wait(within: wait.duration, clock: clock) else { return }
            // What comes while the flood is held back is gathered, and looked at all at once.
            let now = watcher.requests.steadySeconds()
            let left = wait.duration - .seconds(now - began)
            guard isFlood(at: now), left > .zero else { return }
            try? await clock.sleep(for: min(watcher.source.poll.active, left))
            return
        }
        guard wait.refusedKey != nil else {
            // A hint stays in its box: what the API or the back-off asks for is not shortened by it.
            _ = await signals.waitForRetry(within: wait.duration, clock: clock)
            return
        }
        var left = wait.duration
        while left > .zero, !Task.isCancelled {
            let step = min(left, ListingLoop.keyGlance)
            if await signals.waitForRetry(within: step, clock: clock) { return }
            left -= step
            if let key = try? watcher.source.key.read(), key != wait.refusedKey { return }
        }
    }

    /// Whether more hints have come than are followed at once.
    private mutating func isFlood(at now: Double) -> Bool {
        let hints = min(max(1, signals.waitingHints), Int(ListingLoop.hintBurst))
        return (0..<hints).contains { _ in hintPace.take(at: now) > .zero }
    }
}
