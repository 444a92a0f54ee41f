/// How one attempt of a delivery ended; what happens next follows from the case alone.
package enum AttemptOutcome: Sendable, Equatable {
    /// The sink has it.
    case delivered
    /// The sink will never take it as it is: it goes to the dead letters at once.
    case refused(reason: String)
    /// The sink asked for patience; not before `after` has passed.
    case throttled(after: Duration, reason: String)
    /// It was not taken; the retry schedule decides. `after`, where the sink named one, is a floor.
    case failed(reason: String, after: Duration?)
    /// It was sent and no answer came: it may have arrived. Retried, with the same id.
    case unknown(reason: String)

    /// The stored name of the case.
    package var name: String {
        switch self {
        case .delivered: "delivered"
        case .refused: "refused"
        case .throttled: "throttled"
        case .failed: "failed"
        case .unknown: "unknown"
        }
    }

    /// What to show a person, or nil when all is well.
    package var reason: String? {
        switch self {
        case .delivered: nil
        case .refused(let reason), .throttled(_, let reason), .failed(let reason, _), .unknown(let reason): reason
        }
    }
}

/// How sure an answer is a sign that the sink itself is set up wrongly (its address, its key), so that every delivery
/// would meet the same.
package enum Misconfiguration: Sendable, Equatable {
    /// Such as 401 or 410: the lane is paused at once.
    case certain
    /// Such as 403, which may be about this one message only: several in a row pause the lane.
    case likely
}

/// An attempt's outcome with what the sink answered.
package struct AttemptResult: Sendable, Equatable {
    package var outcome: AttemptOutcome
    /// The status line or SMTP reply and the first ``NotificationLimits/answerBytes`` of the body, secrets masked.
    package var answer: String
    /// What later deliveries about the same alert to this sink want to know, such as a message id for threading.
    package var kept: [String: String]
    /// With ``AttemptOutcome/refused(reason:)``: whether it is the sink that is wrong rather than what was sent.
    package var misconfiguration: Misconfiguration?

    package init(
        _ outcome: AttemptOutcome, answer: String = "", kept: [String: String] = [:],
        misconfiguration: Misconfiguration? = nil
    ) {
        self.outcome = outcome
        self.answer = answer
        self.kept = kept
        self.misconfiguration = misconfiguration
    }
}
