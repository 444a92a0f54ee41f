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

    /// Whether an answer says that the sink is set up wrongly, rather than that it does not like what was sent.
    ///
    /// | answer | a sign of that |
    /// |---|---|
    /// | 401, 404, 407, 410 | certain: the key, the address, the proxy; every delivery would meet the same |
    /// | 403 | likely: a key without rights, or a filter that dislikes one message, which a stranger wrote |
    /// | 400, 413, 422 and all else | no: the next message may be welcome |
    static func misconfiguration(_ response: HTTPResponse) -> Misconfiguration? {
        switch response.status {
        case 401, 404, 407, 410: .certain
        case 403: .likely
        default: nil
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
