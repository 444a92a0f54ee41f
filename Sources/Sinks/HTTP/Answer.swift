import Core
import Transport

/// What is kept of an HTTP answer for people to read.
enum Answer {
    /// The status and the beginning of the body, valid, masked, at most ``NotificationLimits/answerBytes`` long.
    static func excerpt(of response: HTTPResponse, mask: SecretMask) -> String {
        let body = TextNormaliser.normalised(mask.masked(String(decoding: response.body, as: UTF8.self)))
        return excerpt(body.isEmpty ? "HTTP \(response.status)" : "HTTP \(response.status)\n\(body)")
    }

    /// The beginning of `text`, cut on a scalar's boundary.
    static func excerpt(_ text: String) -> String { TextCut.utf8(text, limit: NotificationLimits.answerBytes) }

    /// One line for a reason: the status, and what the body says if it says it briefly.
    static func reason(of response: HTTPResponse, mask: SecretMask) -> String {
        let body = mask.masked(String(decoding: response.body.prefix(NotificationLimits.answerBytes), as: UTF8.self))
        let line = TextNormaliser.oneLine(body)
        guard !line.isEmpty, !line.hasPrefix("<") else { return "HTTP \(response.status)" }
        return "HTTP \(response.status): \(TextCut.graphemes(line, limit: SinkLimits.reasonCharacters))"
    }
}
