import CEL
import Core

/// A notification as the two bodies of a mail: plain text, and HTML that says the same.
///
/// The author's links become links; of HTML the author may use a few tags without attributes. Literals are escaped,
/// isolated in their direction of writing, and set apart, so that none can pass for the author's or our own words: by
/// their background, in plain text by `>` before every further line. Nothing in them becomes a link, not even in mail
/// programs that look for addresses themselves.
struct MailBody {
    private static let listedAlerts = 50
    private static let listedCharacters = 120

    let notification: AlertNotification
    let isTest: Bool
    private let title: [TemplatePiece]
    private let text: [TemplatePiece]

    init(_ notification: AlertNotification, isTest: Bool) {
        self.notification = notification
        self.isTest = isTest
        title = Headline.pieces(of: notification)
        text = notification.text.beginning(2 * MailGrammar.textLimit).normalised
    }

    var plain: String {
        var lines = [opening + MailGrammar.plain(title), ""]
        let words = MailGrammar.plain(text)
        if !words.trimmingWhitespace.isEmpty { lines += [words, ""] }
        if isDigest {
            lines.append("\(notification.alerts.count) alerts:")
            lines += listed.map { alert in
                "- \(broken(alert.name)): \(alert.state.isEmpty ? "" : broken(alert.state) + ", ")\(alert.times)"
            }
            if unlisted > 0 { lines.append("- and \(unlisted) more") }
            lines.append("")
        }
        lines.append("-- ")
        lines += facts.map { "\($0.0): \(broken($0.1))" }
        return lines.joined(separator: "\n")
    }

    var html: String {
        var parts = [
            "<!DOCTYPE html>", "<html><head><meta charset=\"utf-8\">",
            "<meta name=\"viewport\" content=\"width=device-width\">",
            "<meta name=\"format-detection\" content=\"telephone=no,date=no,address=no,email=no,url=no\">", "</head>",
            "<body style=\"font-family:sans-serif;line-height:1.4;margin:0;padding:16px\">",
            "<div style=\"border-left:4px solid \(colour);padding-left:12px\">",
            "<h2 dir=\"auto\" style=\"margin:0 0 8px\">\(HTMLText.escaped(opening))\(MailGrammar.html(title))</h2>",
        ]
        if !text.plain.trimmingWhitespace.isEmpty { parts.append("<div dir=\"auto\">\(MailGrammar.html(text))</div>") }
        parts.append("</div>")
        if isDigest {
            parts.append("<table style=\"margin-top:16px\">")
            parts += listed.map { alert in
                let cells = [MailGrammar.literal(alert.name), MailGrammar.literal(alert.state), alert.times]
                return "<tr>" + cells.map { "<td style=\"padding-right:12px\">\($0)</td>" }.joined() + "</tr>"
            }
            if unlisted > 0 { parts.append("<tr><td>and \(unlisted) more</td></tr>") }
            parts.append("</table>")
        }
        parts.append("<table style=\"margin-top:16px;font-size:13px;color:#555\">")
        for (name, value) in facts {
            parts.append("<tr><td>\(HTMLText.escaped(name))</td><td>\(MailGrammar.literal(value))</td></tr>")
        }
        parts.append("</table></body></html>")
        return parts.joined(separator: "\n")
    }

    private var opening: String {
        switch notification.reason {
        case .fired: ""
        case .resolved: "Resolved: "
        case .reminder: "Still firing: "
        }
    }

    private var colour: String {
        if notification.reason == .resolved { return "#2eb67d" }
        return switch notification.severity {
        case .info: "#3b82c4"
        case .warning: "#e8912d"
        case .critical: "#d1242f"
        }
    }

    private var facts: [(String, String)] {
        var facts = [("severity", notification.severity.rawValue), ("rule", notification.rule)]
        facts += notification.labels.map { ("label \($0.name)", $0.value) }
        if !isDigest, let alert = notification.alerts.first {
            facts.append((alert.resource.kind.rawValue, "\(alert.resource.id) of \(alert.resource.source)"))
            facts.append(("since", alert.since.rfc3339))
            if let resolvedAt = alert.resolvedAt { facts.append(("resolved", resolvedAt.rfc3339)) }
        }
        facts.append(("notification", notification.id.rawValue))
        if isTest { facts.append(("note", "this is a test message")) }
        return facts.map { (TextNormaliser.oneLine($0.0), TextNormaliser.oneLine($0.1)) }
    }

    private var isDigest: Bool { notification.alerts.count > 1 }

    private var unlisted: Int { max(0, notification.alerts.count - MailBody.listedAlerts) }

    /// One line for each alert of a digest.
    private struct Listed {
        var name: String
        /// What the resource's own status is, if it has one.
        var state: String
        var times: String
    }

    private var listed: [Listed] {
        notification.alerts.prefix(MailBody.listedAlerts).map { alert in
            let resource = alert.resource
            let times = alert.resolvedAt.map { "resolved \($0.rfc3339), since \(alert.since.rfc3339)" }
            return Listed(
                name: short("\(resource.kind.rawValue) \(resource.id) of \(resource.source)"),
                state: short(alert.status ?? ""), times: times ?? "firing since \(alert.since.rfc3339)")
        }
    }

    private func short(_ text: String) -> String {
        TextCut.graphemes(TextNormaliser.oneLine(text), limit: MailBody.listedCharacters)
    }

    private func broken(_ text: String) -> String { LinkBreaker.broken(text) }
}

extension AlertView {
    /// The field `status` of the resource, where it is a text.
    fileprivate var status: String? {
        let value: CELValue? =
            switch current {
            case .map(let map): map["status"]
            case .record(let record): record.map["status"]
            default: nil
            }
        if case .string(let text)? = value { return text }
        return nil
    }
}
