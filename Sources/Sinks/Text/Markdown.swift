import CEL

/// Markdown as chat services read it: CommonMark, Discord's, Mattermost's.
///
/// In a stranger's text every marker gets a backslash (CommonMark 0.31, section 2.4), at the beginning of a line also
/// those that open a heading, a list or a quotation; addresses, mentions and `:emoji:` are broken by a zero-width space.
enum Markdown {
    private static let markers: Set<Character> = [
        "\\", "`", "*", "_", "{", "}", "[", "]", "(", ")", "<", ">", "|", "~", "!", "&", "$", "^",
    ]
    private static let lineMarkers: Set<Character> = ["#", "-", "+", "=", ":"]

    static func parts(of token: MarkupToken, mentions: [String] = []) -> [TextPart] {
        switch token {
        case .literal(let text): return literal(text, escaping: backslashed)
        case .markup(let text): return text.map { TextPart(String($0)) }
        case .link(let url, let label): return [link(url, label, escaping: backslashed)]
        case .bracket(let text):
            let isMention = mentions.contains { text.hasPrefix($0) }
            return [TextPart(isMention ? "<\(text)>" : "\\<\(text)>")]
        }
    }

    /// The same for services that do not know the backslash: look-alikes stand for the markers.
    static func lookalikeParts(of token: MarkupToken) -> [TextPart] {
        switch token {
        case .literal(let text): literal(text, sparingWords: true, escaping: lookalike)
        case .markup(let text): text.map { TextPart(String($0)) }
        case .link(let url, let label): [link(url, label, escaping: lookalike)]
        case .bracket(let text): [TextPart("‹\(text)›")]
        }
    }

    private static func link(
        _ url: String, _ label: [TemplatePiece], escaping: (Character) -> String
    ) -> TextPart {
        guard !label.isEmpty else { return TextPart(url) }
        var words = ""
        for piece in label {
            switch piece {
            case .markup(let text): words += text.replacing("\n", with: " ")
            case .literal(let text):
                words += literal(text.replacing("\n", with: " "), escaping: escaping).map(\.text).joined()
            }
        }
        let address = url.replacing("(", with: "%28").replacing(")", with: "%29").replacing("<", with: "%3C")
        return TextPart("[\(words)](\(address))")
    }

    /// - Parameter sparingWords: whether `_` within a word, where it marks nothing, stays: ids are to be copied.
    private static func literal(
        _ text: String, sparingWords: Bool = false, escaping: (Character) -> String
    ) -> [TextPart] {
        let characters = Array(text)
        var isLineStart = true
        var isNumber = false
        return characters.indices.map { position in
            let character = characters[position]
            // A combining mark behind a marker makes another character of it for us, and none for the service.
            let base = character.base
            let opensList = isNumber && (base == "." || base == ")")
            let isSpared = sparingWords && base == "_" && isWithinWord(position, characters)
            let isMarker =
                markers.contains(base) && !isSpared || isLineStart && lineMarkers.contains(base) || opensList
            let breaker = Mrkdwn.breaker(after: character, at: position, in: characters)
            isNumber = (isLineStart || isNumber) && character.isASCII && character.isNumber
            isLineStart = character == "\n" || isLineStart && (character == " " || character == "\t")
            return TextPart(
                (isMarker ? escaping(character) : String(character)) + (breaker.map { String($0) } ?? ""))
        }
    }

    private static func isWithinWord(_ position: Int, _ characters: [Character]) -> Bool {
        guard position > 0, position + 1 < characters.count else { return false }
        return [characters[position - 1], characters[position + 1]].allSatisfy { $0.isLetter || $0.isNumber }
    }

    private static func backslashed(_ character: Character) -> String { "\\" + String(character) }

    private static let lookalikes: [Character: String] = [
        "\\": "⧵", "`": "ˋ", "*": "∗", "_": "ˍ", "{": "❴", "}": "❵", "[": "［", "]": "］", "(": "❨", ")": "❩",
        "<": "‹", ">": "›", "|": "¦", "~": "∼", "!": "ǃ", "&": "＆", "$": "＄", "^": "ˆ", "#": "＃", "-": "‐",
        "+": "＋", "=": "＝", ":": "∶", ".": "․",
    ]

    private static func lookalike(_ character: Character) -> String {
        guard let lookalike = lookalikes[character.base] else { return String(character) }
        return lookalike + String(String.UnicodeScalarView(character.unicodeScalars.dropFirst()))
    }
}

extension Character {
    /// The character without the marks that combine with it.
    var base: Character { unicodeScalars.first.map { Character($0) } ?? self }
}
