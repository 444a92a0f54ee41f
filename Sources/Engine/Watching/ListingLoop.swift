import AurousAPI
import Core
import Store

/// Polls one listing again and again: soon while something is in flight, at ease otherwise, and after a failure as the
/// API's pages advise. Ends when its task is cancelled.
struct ListingLoop {
    var watcher: ListingWatcher
    let health: SourceHealth
    /// Something hints that it is worth asking now.
    let hints: Mailbox<Void>

    private var backoff = PollBackoff()
    private var isFailing = false

    init(watcher: ListingWatcher, health: SourceHealth, hints: Mailbox<Void>) {
        self.watcher = watcher
        self.health = health
        self.hints = hints
    }

    /// How long the store is left alone after it failed.
    private static let storePause = Duration.seconds(5)
    /// How often the key file is looked at while the key is refused.
    private static let keyGlance = Duration.seconds(2)

    mutating func run() async {
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
        do {
            try await watcher.tick(isFull: isFull)
            backoff.succeeded()
            if isFailing {
                isFailing = false
                dependencies.report(.recovered(source: watcher.source.name, kind: watcher.kind))
            }
            await health.polled(watcher.kind, at: dependencies.now())
            return Wait(duration: try await nextWait())
        } catch let error as AurousError {
            guard error.kind != .cancelled else { return Wait(duration: .zero) }
            return await failed(error, key: key)
        } catch is CancellationError {
            return Wait(duration: .zero)
        } catch {
            dependencies.report(.storeFailed(reason: "\(error)"))
            return Wait(duration: ListingLoop.storePause, hasFailed: true)
        }
    }

    /// A wait before the next poll.
    struct Wait {
        var duration: Duration
        /// The key that was refused; a changed one ends the wait.
        var refusedKey: Secret?
        var hasFailed = false
    }

    private func nextWait() async throws -> Duration {
        let now = watcher.dependencies.now()
        let spent = now.duration(since: watcher.poll.beganAt)
        var wait = try await watcher.interval() - spent
        if let due = try await watcher.store.nextDue(source: watcher.source.name, kind: watcher.kind, after: now) {
            wait = min(wait, due.duration(since: now))
        }
        return max(wait, .milliseconds(1))
    }

    private mutating func failed(_ error: AurousError, key: Secret?) async -> Wait {
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
        await health.failed(watcher.kind, reason: "\(error)", at: dependencies.now())
        return Wait(duration: delay, refusedKey: error.isAuthentication ? key : nil, hasFailed: true)
    }

    /// Waits; after a poll that worked not through a hint, after a refused key not when the key is another.
    private func pause(_ wait: Wait) async {
        let clock = watcher.dependencies.clock
        guard wait.hasFailed else {
            _ = await hints.take(within: wait.duration, clock: clock)
            return
        }
        guard wait.refusedKey != nil else {
            // A hint stays in its box: what the API or the back-off asks for is not shortened by it.
            try? await clock.sleep(for: wait.duration)
            return
        }
        var left = wait.duration
        while left > .zero, !Task.isCancelled {
            let step = min(left, ListingLoop.keyGlance)
            try? await clock.sleep(for: step)
            left -= step
            if let key = try? watcher.source.key.read(), key != wait.refusedKey { return }
        }
    }
}
