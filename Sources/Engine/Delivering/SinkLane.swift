import Core
import Sinks
import Store

/// Sends one sink's deliveries: its own concurrency, rate, order, circuit and retry schedule, so that no sink delays
/// another.
///
/// Each attempt runs in a child task and hands its end to the mailbox. The ends of attempts go to the store together,
/// as many as there are whenever the commit before is done; meanwhile others start. Memory is bounded by what is
/// claimed.
struct SinkLane {
    enum Message: Sendable {
        case ended(DueDelivery, AttemptResult, isProbe: Bool)
        /// These ends are on disk.
        case recorded([EndedAttempt])
        case storeFailed(String)
        /// Something was put into the outbox, or time has passed.
        case look
        /// No new attempts; those that run may end.
        case stop
    }

    /// An attempt that is over, and what its delivery has become.
    struct EndedAttempt: Sendable {
        var record: DeliveryRecord
        var result: AttemptResult
        var title: String
    }

    struct Parts: Sendable {
        var sink: any Sink
        var settings: LaneSettings
        var store: SQLiteStore
        var dependencies: Dependencies
        var mailbox: Mailbox<Message>
        var health: LaneHealth
        var steadySeconds: @Sendable () -> Double
        /// Something was handed to the sink of this name.
        var handedOver: @Sendable (String) -> Void
        /// Whether time stands still while it runs: it does what may be done at this moment and returns.
        var isStepped = false
    }

    let parts: Parts
    var settings: LaneSettings { parts.settings }
    var store: SQLiteStore { parts.store }
    var dependencies: Dependencies { parts.dependencies }
    var sinkName: String { parts.sink.name }

    /// All that must not be read from the outbox again: what is ready, running, or over and not on disk.
    var claimed: Set<DeliveryID> = []
    var running = 0
    /// Read and not started, the next one last.
    var ready: [DueDelivery] = []
    var ended: [EndedAttempt] = []
    var isRecording = false
    var unrecorded = 0
    var circuit: Circuit
    var upkeep = LaneUpkeep()
    private var isStopping = false
    private var isRestored = false
    /// How long the rate holds back what could go otherwise.
    private(set) var rateWait: Duration?
    private var rate: SlidingRate?
    var hasStoreTrouble = false
    /// Whether the outbox may hold something due that was not there when it was read last.
    private var mayHoldMore = true

    init(_ parts: Parts) {
        self.parts = parts
        circuit = Circuit(.standard)
        rate = parts.settings.rate.map { SlidingRate(count: $0.count, period: $0.period) }
    }

    /// The lane looks into the outbox at least this often: another process may have asked for a replay.
    static let glance = Duration.seconds(2)

    /// How many due deliveries are read at a time.
    private var batch: Int { min(max(4 * settings.concurrency, 16), 256) }
    /// How many attempts may be over and not on disk: what a crash repeats, besides those that run.
    private var unrecordedLimit: Int { max(2 * settings.concurrency, 16) }

    /// Sends until told to stop and everything running has ended, or until the task is cancelled. With `untilIdle`,
    /// until nothing is due any more.
    mutating func run(untilIdle: Bool) async {
        if !isRestored { await restore() }
        isRestored = true
        if parts.isStepped { mayHoldMore = true }
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                await keepUp()
                let wait = await startWhatMayGo(in: &group)
                startRecording(in: &group)
                let isAtRest = running == 0 && unrecorded == 0
                if isAtRest, isStopping || (untilIdle && (wait == nil || hasStoreTrouble)) { break }
                if isAtRest, parts.isStepped { break }
                let limit = wait ?? SinkLane.glance
                let messages = await parts.mailbox.take(within: limit, clock: dependencies.clock)
                if messages.isEmpty { mayHoldMore = true }
                handle(messages)
                await tellStatus()
            }
            if Task.isCancelled { group.cancelAll() }
        }
    }

    /// Starts attempts as far as circuit, concurrency and rate allow. Returns how long to wait before looking again;
    /// nil when nothing may go now.
    private mutating func startWhatMayGo(in group: inout DiscardingTaskGroup) async -> Duration? {
        rateWait = nil
        guard !isStopping, !hasStoreTrouble else { return running > 0 || hasStoreTrouble ? SinkLane.glance : nil }
        switch circuit.admission(at: parts.steadySeconds()) {
        case .none(let wait):
            setAside()
            return running > 0 ? SinkLane.glance : wait < SinkLane.glance ? max(wait, .milliseconds(1)) : nil
        case .probe:
            setAside()
            await fetch(limit: 1)
            guard let next = ready.last else { return await timeToNext() }
            if let wait = takeToken() { return min(wait, SinkLane.glance) }
            ready.removeLast()
            circuit.probeStarted()
            start(next, isProbe: true, in: &group)
            return SinkLane.glance
        case .all: return await startAll(in: &group)
        }
    }

    private mutating func startAll(in group: inout DiscardingTaskGroup) async -> Duration? {
        while running < settings.concurrency, unrecorded < unrecordedLimit {
            if ready.isEmpty, mayHoldMore { await fetch(limit: batch) }
            guard let next = ready.last else { break }
            if let wait = takeToken() { return min(wait, SinkLane.glance) }
            ready.removeLast()
            start(next, isProbe: false, in: &group)
        }
        return running == 0 && ready.isEmpty && unrecorded == 0 ? await timeToNext() : SinkLane.glance
    }

    /// Waiting for a later retry is not work that is due now.
    private func timeToNext() async -> Duration? {
        let now = dependencies.now()
        guard let next = try? await store.nextAttempt(sink: sinkName, after: now) else { return nil }
        let wait = next.duration(since: now)
        return wait < SinkLane.glance ? max(wait, .milliseconds(1)) : nil
    }

    private mutating func fetch(limit: Int) async {
        do {
            let due = try await store.dueDeliveries(
                sink: sinkName, at: dependencies.now(), order: settings.order, limit: limit, excluding: claimed)
            mayHoldMore = due.count == limit
            ready = due.reversed()
            claimed.formUnion(due.lazy.map(\.record.id))
        } catch {
            trouble("\(error)")
        }
    }

    /// What was read and may not go now is left in the outbox.
    private mutating func setAside() {
        guard !ready.isEmpty else { return }
        claimed.subtract(ready.lazy.map(\.record.id))
        ready = []
        mayHoldMore = true
    }

    private mutating func takeToken() -> Duration? {
        let now = parts.steadySeconds()
        guard let wait = rate?.take(at: now), wait > .zero else { return nil }
        rateWait = wait
        return wait
    }

    private mutating func start(_ due: DueDelivery, isProbe: Bool, in group: inout DiscardingTaskGroup) {
        running += 1
        let (sink, mailbox, now) = (parts.sink, parts.mailbox, dependencies.now)
        group.addTask {
            let delivery = OutgoingDelivery(
                id: due.record.id, notification: due.notification, attempt: due.record.attempts + 1,
                earlier: due.earlier)
            mailbox.post(.ended(due, await sink.attempt(delivery, at: now()), isProbe: isProbe))
        }
    }

    private mutating func handle(_ messages: [Message]) {
        hasStoreTrouble = false
        for message in messages {
            switch message {
            case .look: mayHoldMore = true
            case .stop: isStopping = true
            case .storeFailed(let reason): trouble(reason)
            case .ended(let due, let result, let isProbe): take(due, result, isProbe: isProbe)
            case .recorded(let attempts):
                isRecording = false
                unrecorded -= attempts.count
                mayHoldMore = true
                for attempt in attempts {
                    claimed.remove(attempt.record.id)
                    dependencies.report(.attempt(attempt.record, attempt.result, title: attempt.title))
                }
            }
        }
    }

    private mutating func take(_ due: DueDelivery, _ result: AttemptResult, isProbe: Bool) {
        running -= 1
        unrecorded += 1
        circuit.attemptEnded(
            result, wasProbe: isProbe, at: parts.steadySeconds(), unit: dependencies.random())
        var record = due.record
        record.attemptEnded(result, schedule: settings.retry, at: dependencies.now(), unit: dependencies.random())
        ended.append(EndedAttempt(record: record, result: result, title: due.notification.title.plain))
    }

    mutating func trouble(_ reason: String) {
        hasStoreTrouble = true
        // Who is told to end does not wait for the store: that is no failure of it.
        if !Task.isCancelled { dependencies.report(.storeFailed(reason: reason)) }
    }
}
