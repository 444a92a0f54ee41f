/// The documented states of a generation, and which may follow which.
package enum GenerationStatus: String, CaseIterable, Sendable {
    case pending, processing, succeeded, failed, cancelled, expired
    case moderationRejected = "moderation_rejected"

    /// Terminal states have none: they never change again.
    package var successors: Set<GenerationStatus> {
        switch self {
        case .pending: [.processing, .failed, .cancelled, .expired, .moderationRejected]
        case .processing: [.succeeded, .failed, .cancelled, .expired, .moderationRejected]
        case .succeeded, .failed, .cancelled, .expired, .moderationRejected: []
        }
    }

    /// Whether nothing follows.
    package var isTerminal: Bool { successors.isEmpty }
}

/// The documented states of a character, and which may follow which. None is final.
package enum CharacterStatus: String, CaseIterable, Sendable {
    case synthesizing, reviewing, ready, failed

    /// Deletion aside, which can follow any.
    package var successors: Set<CharacterStatus> {
        switch self {
        case .synthesizing: [.reviewing, .ready, .failed]
        case .reviewing: [.ready]
        case .failed: [.synthesizing]
        case .ready: []
        }
    }
}
