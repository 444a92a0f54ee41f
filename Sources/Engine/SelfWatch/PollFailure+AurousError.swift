import AurousAPI
import Core

extension PollFailure {
    init(_ error: AurousError) {
        self =
            switch error.kind {
            case .unauthorised, .forbidden: .authentication
            case .rateLimited: .rateLimit
            case .unavailable: error.status == nil ? .network : .serverError
            case .notUnderstood, .bodyTooLarge: .badAnswer
            case .notFound, .invalidRequest, .cancelled: .badRequest
            }
    }
}
