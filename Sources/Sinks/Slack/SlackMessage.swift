import CEL
import Core

/// A notification as a Slack message: blocks for people, and a text for notifications and screen readers.
///
/// Limits are those of Block Kit's reference (header 150, section 3,000, 50 blocks).
enum SlackMessage {
    private static let headerLimit = 150
    private static let titleLimit = 600
    private static let sectionLimit = 3000
    private static let contextLimit = 1000
    private static let fallbackLimit = 1000
    private static let listedAlerts = 10

    /// The members that both ways to post have in common.
    static func members(_ notification: AlertNotification, isTest: Bool) -> [(String, CELValue)] {
        let title = Headline.pieces(of: notification).mapTexts { $0.replacing("\n", with: " ") }
        let opening = Headline.opening(notification)
        var blocks = [titleBlock(opening, title)]
        let text = notification.text.beginning(2 * sectionLimit).normalised
        if !text.plain.trimmingWhitespace.isEmpty { blocks.append(section(Mrkdwn.text(text, limit: sectionLimit))) }
        if notification.alerts.count > 1 { blocks.append(list(notification.alerts)) }
        blocks.append(context(notification, isTest: isTest))
        return [
            ("text", .string(opening + Mrkdwn.text(title, limit: fallbackLimit))),
            ("blocks", .list(blocks)),
            ("unfurl_links", false),
            ("unfurl_media", false),
        ]
    }

    /// A header knows no markup, so a title with some of the author's goes into a section.
    private static func titleBlock(_ opening: String, _ title: [TemplatePiece]) -> CELValue {
        let hasMarkup = title.contains { piece in
            if case .markup(let text) = piece { text.contains { "*_~`<>:&".contains($0) && $0 != ":" } } else { false }
        }
        if hasMarkup || title.contains(where: isEmoji) {
            return section(opening + Mrkdwn.text(title, limit: titleLimit))
        }
        let text = TextCut.utf16(opening + PlainText.inert(title), limit: headerLimit)
        return block("header", ("text", plainText(text)))
    }

    private static func isEmoji(_ piece: TemplatePiece) -> Bool {
        guard case .markup(let text) = piece else { return false }
        return text.split(separator: ":", omittingEmptySubsequences: false).dropFirst().dropLast()
            .contains { !$0.isEmpty && !$0.contains(" ") }
    }

    private static func list(_ alerts: [AlertView]) -> CELValue {
        var lines = alerts.prefix(listedAlerts).map { alert in
            "• \(alert.resource.kind.rawValue) \(alert.resource.id) (\(alert.resource.source)): \(alert.state)"
        }
        if alerts.count > listedAlerts { lines.append("… and \(alerts.count - listedAlerts) more") }
        let text = PlainText.inert([.literal(TextNormaliser.normalised(lines.joined(separator: "\n")))])
        return block("section", ("text", plainText(TextCut.utf16(text, limit: sectionLimit))))
    }

    private static func context(_ notification: AlertNotification, isTest: Bool) -> CELValue {
        var words = [notification.severity.rawValue, notification.rule]
        if notification.alerts.count == 1, let resource = notification.alerts.first?.resource {
            words += [resource.source, "\(resource.kind.rawValue) \(resource.id)"]
        }
        words += notification.labels.map { "\($0.name)=\($0.value)" }
        if isTest { words.append("test message") }
        let text = PlainText.inert([.literal(TextNormaliser.oneLine(words.joined(separator: " · ")))])
        return block("context", ("elements", .list([plainText(TextCut.utf16(text, limit: contextLimit))])))
    }

    private static func section(_ mrkdwn: String) -> CELValue {
        // verbatim: Slack makes links and mentions of nothing but what is marked as one.
        let text = CELMap([("type", "mrkdwn"), ("text", .string(mrkdwn)), ("verbatim", true)])
        return block("section", ("text", .map(text)))
    }

    private static func plainText(_ text: String) -> CELValue {
        .map(CELMap([("type", "plain_text"), ("text", .string(text)), ("emoji", false)]))
    }

    private static func block(_ type: String, _ member: (String, CELValue)) -> CELValue {
        .map(CELMap([("type", .string(type)), member]))
    }
}

/// Texts for fields that know no markup.
enum PlainText {
    /// The text without anything that a client might link, mention or, against its own documentation, understand.
    static func inert(_ pieces: [TemplatePiece]) -> String {
        var result = ""
        for piece in pieces {
            switch piece {
            case .markup(let text): result += text
            case .literal(let text):
                for character in LinkBreaker.broken(text) {
                    result.append(character)
                    if character == "<" { result.append(LinkBreaker.zeroWidthSpace) }
                }
            }
        }
        return result
    }
}
