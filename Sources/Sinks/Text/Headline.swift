import CEL
import Core

/// What stands at the top of a message, whatever the rule says.
enum Headline {
    /// The title, or where it is empty the rule's name and what it is about.
    static func pieces(of notification: AlertNotification) -> [TemplatePiece] {
        let title = notification.title.beginning(NotificationLimits.titleCharacters).normalised
        guard title.plain.trimmingWhitespace.isEmpty else { return title }
        let subject =
            notification.alerts.count == 1
            ? notification.alerts[0].resource.id : "\(notification.alerts.count) alerts"
        return [.literal(notification.rule), .markup(": "), .literal(TextNormaliser.normalised(subject))]
    }

    /// What stands in front of the headline: how much it matters, and whether it is over or goes on.
    static func opening(_ notification: AlertNotification) -> String {
        switch (notification.reason, notification.severity) {
        case (.resolved, _): "✅ Resolved: "
        case (.reminder, let severity): "\(sign(severity)) Still firing: "
        case (.fired, let severity): "\(sign(severity)) "
        }
    }

    private static func sign(_ severity: Severity) -> String {
        switch severity {
        case .info: "🔵"
        case .warning: "🟠"
        case .critical: "🔴"
        }
    }

    /// Whether the title's author wrote anything that a chat service would understand: `*_~`, brackets, `:emoji:`.
    static func hasMarkup(_ notification: AlertNotification) -> Bool {
        notification.title.contains { piece in
            guard case .markup(let text) = piece else { return false }
            return text.contains { "*_~`<>&".contains($0) } || hasEmoji(text)
        }
    }

    private static func hasEmoji(_ text: String) -> Bool {
        text.split(separator: ":", omittingEmptySubsequences: false).dropFirst().dropLast()
            .contains { !$0.isEmpty && !$0.contains(" ") }
    }

    /// The headline on one line, without any markup.
    static func plain(of notification: AlertNotification) -> String {
        TextNormaliser.oneLine(pieces(of: notification).plain)
    }
}
