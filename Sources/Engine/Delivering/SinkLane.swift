import Core
import Sinks
import Store

/// Sends one sink's deliveries: its own concurrency, rate and retry schedule, so that no sink delays another.
///
/// Each attempt runs in a child task and hands its end to the mailbox; the lane alone writes to the store, as many ends at
/// a time as there are.
struct SinkLane {
    enum Message: Sendable {
        case ended(DueDelivery, AttemptResult)
        /// Something was put into the outbox, or time has passed.
        case look
        /// No new attempts; those that run may end.
        case stop
    }

    let sink: any Sink
    let settings: LaneSettings
    let store: SQLiteStore
    let dependencies: Dependencies
    let mailbox: Mailbox<Message>
    let steadySeconds: @Sendable () -> Double

    private var claimed: Set<DeliveryID> = []
    private var running = 0
    private var ready: [DueDelivery] = []
    private var isStopping = false
    private var rate: SlidingRate?
    private var hasStoreTrouble = false

    init(
        sink: any Sink, settings: LaneSettings, store: SQLiteStore, dependencies: Dependencies,
        mailbox: Mailbox<Message>, steadySeconds: @escaping @Sendable () -> Double
    ) {
        self.sink = sink
        self.settings = settings
        self.store = store
        self.dependencies = dependencies
        self.mailbox = mailbox
        self.steadySeconds = steadySeconds
        rate = settings.rate.map { SlidingRate(count: $0.count, period: $0.period) }
    }

    /// The lane looks into the outbox at least this often: another process may have asked for a replay.
    private static let glance = Duration.seconds(2)
    /// How many due deliveries are read at a time.
    private static let batch = 64

    /// Sends until told to stop and everything running has ended, or until the task is cancelled. With `untilIdle`, until
    /// nothing is due any more.
    mutating func run(untilIdle: Bool) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let wait = await startWhatIsDue(in: &group)
                if running == 0, isStopping || (untilIdle && (wait == nil || hasStoreTrouble)) { break }
                let messages = await mailbox.take(within: wait ?? SinkLane.glance, clock: dependencies.clock)
                await handle(messages)
            }
            if Task.isCancelled { group.cancelAll() }
        }
    }

    /// Starts attempts as far as concurrency and rate allow. Returns how long to wait before looking again; nil when
    /// nothing is due now.
    private mutating func startWhatIsDue(in group: inout DiscardingTaskGroup) async -> Duration? {
        guard !isStopping, !hasStoreTrouble else { return running > 0 || hasStoreTrouble ? SinkLane.glance : nil }
        while running < settings.concurrency {
            if ready.isEmpty { await fetch() }
            guard let next = ready.first else { break }
            if let wait = takeToken() { return min(wait, SinkLane.glance) }
            ready.removeFirst()
            start(next, in: &group)
        }
        guard running == 0, ready.isEmpty else { return SinkLane.glance }
        let now = dependencies.now()
        guard let next = try? await store.nextAttempt(sink: sink.name, after: now) else { return nil }
        return untilDue(next, now: now)
    }

    /// Waiting for a later retry is not work that is due now.
    private func untilDue(_ next: Timestamp, now: Timestamp) -> Duration? {
        let wait = next.duration(since: now)
        return wait < SinkLane.glance ? max(wait, .milliseconds(1)) : nil
    }

    private mutating func fetch() async {
        do {
            ready = try await store.dueDeliveries(
                sink: sink.name, at: dependencies.now(), limit: SinkLane.batch, excluding: claimed)
            claimed.formUnion(ready.map(\.record.id))
        } catch {
            trouble(error)
        }
    }

    private mutating func takeToken() -> Duration? {
        let now = steadySeconds()
        guard let wait = rate?.take(at: now), wait > .zero else { return nil }
        return wait
    }

    private mutating func start(_ due: DueDelivery, in group: inout DiscardingTaskGroup) {
        running += 1
        let (sink, mailbox, now) = (sink, mailbox, dependencies.now)
        let delivery = OutgoingDelivery(
            id: due.record.id, notification: due.notification, attempt: due.record.attempts + 1, earlier: due.earlier)
        group.addTask {
            mailbox.post(.ended(due, await sink.attempt(delivery, at: now())))
        }
    }

    private mutating func handle(_ messages: [Message]) async {
        hasStoreTrouble = false
        var ended: [(record: DeliveryRecord, result: AttemptResult, title: String)] = []
        for message in messages {
            switch message {
            case .look: continue
            case .stop: isStopping = true
            case .ended(let due, let result):
                var record = due.record
                record.attemptEnded(
                    result, schedule: settings.retry, at: dependencies.now(), unit: dependencies.random())
                ended.append((record, result, due.notification.title.plain))
            }
        }
        guard !ended.isEmpty else { return }
        await record(ended)
    }

    /// Until the end of an attempt is on disk the delivery stays claimed: it is not sent again meanwhile.
    private mutating func record(_ ended: [(record: DeliveryRecord, result: AttemptResult, title: String)]) async {
        while true {
            do {
                try await store.record(ended.map(\.record))
                break
            } catch {
                trouble(error)
                if Task.isCancelled { break }
                try? await dependencies.clock.sleep(for: SinkLane.glance)
            }
        }
        running -= ended.count
        for (record, result, title) in ended {
            claimed.remove(record.id)
            dependencies.report(.attempt(record, result, title: title))
        }
    }

    private mutating func trouble(_ error: any Error) {
        hasStoreTrouble = true
        dependencies.report(.storeFailed(reason: "\(error)"))
    }
}
