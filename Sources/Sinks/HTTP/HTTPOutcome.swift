import Core
import Transport

/// What an HTTP answer or a failed exchange means for a delivery, where a service has no rules of its own.
///
/// | answer | outcome |
/// |---|---|
/// | 2xx | delivered |
/// | 429 | throttled until its `Retry-After`, else failed |
/// | 408, 425, 5xx, 3xx, 1xx | failed; `Retry-After` is a floor |
/// | other 4xx | refused |
/// | none, the request was sent | unknown |
/// | none, the request can never be sent | refused |
/// | none otherwise | failed |
enum HTTPOutcome {
    static func outcome(of response: HTTPResponse, reason: String, now: Timestamp) -> AttemptOutcome {
        let after = RetryAfter.delay(response.first(named: "Retry-After"), now: now)
        switch response.status {
        case 200..<300: return .delivered
        case 429:
            // "At once" is no patience asked for: the retry schedule knows better.
            guard let after, after > .zero else { return .failed(reason: reason, after: nil) }
            return .throttled(after: after, reason: reason)
        case 408, 425: return .failed(reason: reason, after: after)
        case 400..<500: return .refused(reason: reason)
        case 300..<400: return .failed(reason: "\(reason) (redirects are not followed)", after: after)
        default: return .failed(reason: reason, after: after)
        }
    }

    static func outcome(of error: TransportError, mask: SecretMask) -> AttemptOutcome {
        let reason = mask.masked(error.description)
        if error.mayHaveBeenReceived { return .unknown(reason: reason) }
        switch error.kind {
        case .invalidRequest, .refusedByPolicy: return .refused(reason: reason)
        default: return .failed(reason: reason, after: nil)
        }
    }
}
