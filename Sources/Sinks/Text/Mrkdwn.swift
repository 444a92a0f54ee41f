import CEL

/// Writes texts in Slack's mrkdwn so that only the author of the rule can mark up, link or mention.
///
/// In literals `& < >` are escaped (which ends mentions and links), the markers `* ~ ` `` and, at the edge of a word,
/// `_` become characters that look like them (Slack knows no way to escape them), and `:emoji:` and addresses are
/// broken by a zero-width space. Limits count the escaped text in UTF-16 units, so that it fits however Slack counts,
/// and no entity or character is ever cut in two.
enum Mrkdwn {
    /// - Parameter limit: the greatest length of the result, in UTF-16 units.
    static func text(_ pieces: [TemplatePiece], limit: Int) -> String {
        var writer = LimitedText(limit: limit)
        for token in MarkupScanner.tokens(of: pieces, limit: limit + 1) {
            for part in parts(of: token) where !writer.append(part) { return writer.text }
        }
        return writer.text
    }

    /// The token in parts that must stay whole.
    /// - Parameter mentions: how a bracket begins that is a mention and not text.
    static func parts(of token: MarkupToken, mentions: [String] = ["@", "#", "!"]) -> [String] {
        switch token {
        case .markup(let text): escapedMarkup(text)
        case .literal(let text): escapedLiteral(text)
        case .link(let url, let label): [link(url, label)]
        case .bracket(let text):
            mentions.contains { text.hasPrefix($0) } ? ["<\(text)>"] : escapedMarkup("<\(text)>")
        }
    }

    private static func link(_ url: String, _ label: [TemplatePiece]) -> String {
        let address = url.replacing("&", with: "&amp;").replacing("|", with: "%7C")
        guard !label.isEmpty else { return "<\(address)>" }
        var text = ""
        for piece in label {
            switch piece {
            case .markup(let words): text += escapedMarkup(words.replacing("\n", with: " ")).joined()
            case .literal(let value):
                text += escapedLiteral(value.replacing("\n", with: " ")).joined().replacing("|", with: "¦")
            }
        }
        return "<\(address)|\(text)>"
    }

    /// The author may have escaped already; a lone `&` or `<` is meant as it stands. `>` begins a quotation.
    private static func escapedMarkup(_ text: String) -> [String] {
        var rest = text[...]
        var parts: [String] = []
        var isLineStart = true
        while let character = rest.first {
            rest = rest.dropFirst()
            switch character {
            case "&" where ["amp;", "lt;", "gt;"].contains(where: { rest.hasPrefix($0) }): parts.append("&")
            case "&": parts.append("&amp;")
            case "<": parts.append("&lt;")
            case ">" where !isLineStart: parts.append("&gt;")
            default: parts.append(String(character))
            }
            isLineStart = character == "\n"
        }
        return parts
    }

    static func escapedLiteral(_ text: String) -> [String] {
        let characters = Array(text)
        return characters.indices.map { position in
            let character = characters[position]
            let breaker = breaker(after: character, at: position, in: characters)
            return escaped(character, position, characters) + (breaker.map { String($0) } ?? "")
        }
    }

    /// As ``LinkBreaker`` says, and behind a colon that begins the name of an emoji.
    static func breaker(after character: Character, at position: Int, in characters: [Character]) -> Character? {
        if character == ":", isEmoji(position, characters) { return LinkBreaker.zeroWidthSpace }
        return LinkBreaker.breaker(after: character, at: position, in: characters)
    }

    /// Marks that combine with a marker make another character of it for us, and none for Slack: they go behind.
    private static func escaped(_ character: Character, _ position: Int, _ characters: [Character]) -> String {
        let base = character.base
        guard base == character else {
            return escapedBase(base, position, characters)
                + String(String.UnicodeScalarView(character.unicodeScalars.dropFirst()))
        }
        return escapedBase(character, position, characters)
    }

    private static func escapedBase(_ character: Character, _ position: Int, _ characters: [Character]) -> String {
        switch character {
        case "&": return "&amp;"
        case "<": return "&lt;"
        case ">":
            let isLineStart = position == 0 || characters[position - 1] == "\n"
            return isLineStart ? "\u{200b}&gt;" : "&gt;"
        case "*": return "∗"
        case "~": return "∼"
        case "`": return "ˋ"
        case "_":
            let isInside =
                position > 0 && position + 1 < characters.count
                && isWord(characters[position - 1]) && isWord(characters[position + 1])
            return isInside ? "_" : "ˍ"
        default: return String(character)
        }
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }

    private static let longestEmojiName = 100

    /// Whether a colon begins `:name:`. The minutes of a clock time do not count.
    static func isEmoji(_ position: Int, _ characters: [Character]) -> Bool {
        var end = position + 1
        while end < characters.count, end - position <= longestEmojiName, isEmojiName(characters[end]) { end += 1 }
        guard end > position + 1, end < characters.count, characters[end] == ":" else { return false }
        let isClock =
            characters[(position + 1)..<end].allSatisfy(\.isNumber)
            && position > 0 && characters[position - 1].isNumber
        return !isClock
    }

    private static func isEmojiName(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "_+-'".contains(character)
    }
}
