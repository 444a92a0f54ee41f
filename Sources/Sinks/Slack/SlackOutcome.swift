import CEL
import Core
import Transport

/// What `chat.postMessage` answered, as far as it matters here.
struct SlackReply {
    var isOK: Bool?
    var error: String?
    /// The new message's id.
    var timestamp: String?
    /// The id of the channel that it is in.
    var channel: String?

    init(_ response: HTTPResponse) {
        guard let value = try? JSON.parse(response.body), case .map(let members) = value else { return }
        if case .bool(let flag)? = members["ok"] { isOK = flag }
        if case .string(let text)? = members["error"] { error = text }
        if case .string(let text)? = members["ts"] { timestamp = text }
        if case .string(let text)? = members["channel"] { channel = text }
    }
}

/// What Slack's answers mean: an incoming webhook answers in words, the API with 200 and `ok`, true or false.
enum SlackOutcome {
    /// Errors that trying again can cure.
    private static let passing: Set<String> = [
        "request_timeout", "service_unavailable", "team_added_to_org", "rollup_error",
    ]
    private static let throttling: Set<String> = ["ratelimited", "rate_limited", "message_limit_exceeded"]
    /// Errors after which the message may have been posted, in Slack's own words.
    private static let unclear: Set<String> = ["internal_error", "fatal_error"]
    /// Errors that mean that the message to answer to is gone; the next attempt posts into the channel.
    static let lostThread: Set<String> = [
        "thread_not_found", "invalid_thread_ts", "cannot_reply_to_message", "message_not_found",
        "cant_update_message", "edit_window_closed",
    ]

    static func ofIncomingWebhook(_ response: HTTPResponse, reason: String, now: Timestamp) -> AttemptOutcome {
        guard (200..<300).contains(response.status) else {
            return HTTPOutcome.outcome(of: response, reason: reason + advice(for: response), now: now)
        }
        let word = String(decoding: response.body, as: UTF8.self).trimmingWhitespace
        // Slack says `ok`; services that take the same messages say nothing or answer in JSON.
        if word.isEmpty || word == "ok" || SlackReply(response).isOK == true { return .delivered }
        return .failed(reason: "the answer is not ok: \(reason)", after: nil)
    }

    static func ofAPI(
        _ response: HTTPResponse, _ reply: SlackReply, mask: SecretMask, now: Timestamp
    ) -> AttemptOutcome {
        guard (200..<300).contains(response.status) else {
            let reason = Answer.reason(of: response, mask: mask)
            return HTTPOutcome.outcome(of: response, reason: reason, now: now)
        }
        guard let isOK = reply.isOK else { return .unknown(reason: "the answer is not Slack's: no ok in it") }
        guard !isOK else { return .delivered }
        let error = TextCut.graphemes(
            TextNormaliser.oneLine(mask.masked(reply.error ?? "no error named")), limit: SinkLimits.reasonCharacters)
        let after = RetryAfter.delay(response.first(named: "Retry-After"), now: now)
        if throttling.contains(error) {
            return after.map { .throttled(after: $0, reason: error) } ?? .failed(reason: error, after: nil)
        }
        if unclear.contains(error) { return .unknown(reason: error) }
        if passing.contains(error) || lostThread.contains(error) { return .failed(reason: error, after: after) }
        return .refused(reason: error + (hints[error].map { " (\($0))" } ?? ""))
    }

    /// Errors of the API that every message would meet.
    private static let misconfigured: Set<String> = [
        "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope",
        "not_allowed_token_type", "channel_not_found", "is_archived", "not_in_channel",
    ]

    static func misconfiguration(_ response: HTTPResponse, _ reply: SlackReply) -> Misconfiguration? {
        if let error = reply.error, misconfigured.contains(error) { return .certain }
        return HTTPOutcome.misconfiguration(response)
    }

    private static let hints = [
        "no_service": "the webhook was removed; make a new one in Slack",
        "invalid_token": "the webhook's address is wrong or was revoked",
        "action_prohibited": "an administrator forbids posting there",
        "channel_is_archived": "the channel is archived",
        "is_archived": "the channel is archived",
        "not_in_channel": "invite the bot to the channel",
        "channel_not_found": "no such channel, or the bot is not in it",
        "invalid_auth": "the token is wrong",
        "not_authed": "the token is wrong",
        "token_revoked": "the token was revoked",
        "missing_scope": "the bot needs chat:write",
    ]

    private static func advice(for response: HTTPResponse) -> String {
        let word = String(decoding: response.body.prefix(SinkLimits.reasonCharacters), as: UTF8.self)
        return hints[word.trimmingWhitespace].map { " (\($0))" } ?? ""
    }
}
