/// Why a poll failed, in the few kinds that call for different hands; `last_error_kind` in rules.
package enum PollFailure: String, Sendable, CaseIterable {
    /// The API does not accept the key, or not for this: 401, 403, or a key that cannot be read.
    case authentication
    /// The rate limit is used up: 429.
    case rateLimit = "rate_limit"
    /// The API answered that it is in trouble: 5xx.
    case serverError = "server_error"
    /// No answer came: no connection, no name, no time left.
    case network
    /// An answer came that is not what was asked for.
    case badAnswer = "bad_answer"
    /// The API does not take the request as it is: another 4xx.
    case badRequest = "bad_request"
}
