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

/// An attempt's outcome with what the sink answered.
package struct AttemptResult: Sendable, Equatable {
    package var outcome: AttemptOutcome
    /// The status line or SMTP reply and the first ``NotificationLimits/answerBytes`` of the body, secrets masked.
    package var answer: String
    /// What later deliveries about the same alert to this sink want to know, such as a message id for threading.
    package var kept: [String: String]

    package init(_ outcome: AttemptOutcome, answer: String = "", kept: [String: String] = [:]) {
        self.outcome = outcome
        self.answer = answer
        self.kept = kept
    }
}
