import CEL

/// Where a delivery stands.
package enum DeliveryPhase: String, Sendable {
    case pending, delivered, dead
}

/// One notification on its way to one sink, as it is stored.
package struct DeliveryRecord: Sendable, Equatable {
    package var id: DeliveryID
    package var notification: NotificationID
    package var sink: String
    /// Deliveries of one sink with the same order key go out in the order of their `sequence`, one at a time.
    package var orderKey: String
    package var sequence: Int
    package var phase: DeliveryPhase
    /// How many attempts have ended.
    package var attempts: Int
    package var createdAt: Timestamp
    /// Not before this time, while pending.
    package var nextAttemptAt: Timestamp
    package var endedAt: Timestamp?
    package var lastOutcome: String?
    package var lastReason: String?
    package var lastAnswer: String
    package var kept: [String: String]
    /// Whether the sink has it, or may have it: an attempt was delivered, or got no answer.
    package var mayHaveArrived: Bool

    package init(
        id: DeliveryID, notification: NotificationID, sink: String, orderKey: String, sequence: Int,
        createdAt: Timestamp
    ) {
        self.id = id
        self.notification = notification
        self.sink = sink
        self.orderKey = orderKey
        self.sequence = sequence
        phase = .pending
        attempts = 0
        self.createdAt = createdAt
        nextAttemptAt = createdAt
        lastAnswer = ""
        kept = [:]
        mayHaveArrived = false
    }

    /// Takes the end of an attempt. `unit` is a random number from 0 up to 1, for the jitter.
    package mutating func attemptEnded(
        _ result: AttemptResult, schedule: RetrySchedule, at now: Timestamp, unit: Double
    ) {
        attempts += 1
        lastOutcome = result.outcome.name
        lastReason = result.outcome.reason
        lastAnswer = result.answer
        kept.merge(result.kept) { _, new in new }
        switch result.outcome {
        case .delivered:
            mayHaveArrived = true
            end(.delivered, at: now)
        case .refused: end(.dead, at: now)
        case .throttled(let after, _): retry(schedule: schedule, floor: after, at: now, unit: unit)
        case .failed(_, let after): retry(schedule: schedule, floor: after, at: now, unit: unit)
        case .unknown:
            mayHaveArrived = true
            retry(schedule: schedule, floor: nil, at: now, unit: unit)
        }
    }

    /// Puts a dead or delivered one back on its way, with the whole schedule before it. The id stays.
    package mutating func replay(at now: Timestamp) {
        phase = .pending
        attempts = 0
        endedAt = nil
        nextAttemptAt = now
    }

    /// Whether it is a digest of others, which are kept with its id.
    package var isDigest: Bool { orderKey == notification.rawValue }

    /// Its time is over before it arrived. `deadline` is what was configured, for the reason.
    package mutating func expire(deadline: String, at now: Timestamp) {
        let last = lastReason.map { "; the last attempt: \($0)" } ?? ""
        lastReason = "not delivered within its deadline of \(deadline)\(last)"
        lastOutcome = DeliveryRecord.expired
        end(.dead, at: now)
    }

    /// What stands for the outcome of a delivery whose deadline has passed.
    package static let expired = "expired"

    private mutating func retry(schedule: RetrySchedule, floor: Duration?, at now: Timestamp, unit: Double) {
        guard let delay = schedule.delay(afterAttempt: attempts, floor: floor, unit: unit) else {
            return end(.dead, at: now)
        }
        nextAttemptAt = now.advanced(by: delay)
    }

    private mutating func end(_ phase: DeliveryPhase, at now: Timestamp) {
        self.phase = phase
        endedAt = now
    }
}
