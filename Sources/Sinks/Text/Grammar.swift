import CEL
import Core

/// How a service reads the texts that it is sent, and so how a stranger's text is kept from being read as more.
///
/// | grammar | a stranger's text | the author's markup |
/// |---|---|---|
/// | `data` | as it is, without control characters | as it is |
/// | `plain` | addresses and mentions broken by a zero-width space | as it is; links as `words (address)` |
/// | `mrkdwn` | Slack: entities, look-alikes for its markers | Slack's, links as `<address\|words>` |
/// | `googlechat` | as `mrkdwn` | the same, mentions as `<users/…>` |
/// | `discord` | backslashes, broken addresses and mentions | Discord's Markdown |
/// | `markdown` | backslashes, broken addresses and mentions | Markdown |
/// | `lookalike` | look-alikes for every Markdown marker, for services that know no backslash | Markdown |
/// | `telegram` | entities, broken addresses and mentions | Telegram's HTML, balanced |
/// | `html` | entities, broken addresses and mentions | simple tags, balanced |
enum Grammar: String, Sendable, CaseIterable {
    case data, plain, mrkdwn, googlechat, discord, markdown, lookalike, telegram, html

    /// A stranger's text that stands by itself, escaped. It is to be normalised before.
    func escaped(_ literal: String) -> String { parts(of: .literal(literal)).map(\.text).joined() }

    /// The beginning of a stranger's text, escaped, at most `limit` long.
    func escaped(_ literal: String, limit: Int, unit: TextUnit) -> String {
        written([.literal(literal)], limit: limit, unit: unit)
    }

    /// A rendered text in this grammar, at most `limit` long; nothing that belongs together is cut in two.
    /// - Parameter limit: nil for a text that is not cut.
    func written(_ pieces: [TemplatePiece], limit: Int?, unit: TextUnit) -> String {
        if self == .data { return limit.map { cut(pieces.plain, limit: $0, unit: unit) } ?? pieces.plain }
        let limit = limit ?? .max / 2
        let tokens = MarkupScanner.tokens(of: pieces, limit: limit < .max / 4 ? limit + 1 : .max)
        if let dialect = HTMLDialect(self) { return dialect.written(tokens, limit: limit, unit: unit) }
        var writer = LimitedText(limit: limit, unit: unit)
        for token in tokens {
            for part in parts(of: token) where !writer.append(part.text) { return writer.text }
        }
        return writer.text
    }

    private func cut(_ text: String, limit: Int, unit: TextUnit) -> String {
        guard unit.measure(text) > limit else { return text }
        var writer = LimitedText(limit: limit, unit: unit)
        for character in text where !writer.append(String(character)) { break }
        return writer.text
    }

    private func parts(of token: MarkupToken) -> [TextPart] {
        switch self {
        case .data: [TextPart(token.plain)]
        case .plain: PlainGrammar.parts(of: token)
        case .mrkdwn: Mrkdwn.parts(of: token).map { TextPart($0) }
        case .googlechat: Mrkdwn.parts(of: token, mentions: ["users/"]).map { TextPart($0) }
        case .discord: Markdown.parts(of: token, mentions: ["@", "#"])
        case .markdown: Markdown.parts(of: token)
        case .lookalike: Markdown.lookalikeParts(of: token)
        case .telegram, .html: HTMLDialect(self)?.parts(of: token) ?? []
        }
    }
}

/// A part of a written text that is never cut in two.
struct TextPart {
    var text: String
    /// What people see of it, where that is what a service counts.
    var shown: String

    init(_ text: String, shown: String? = nil) {
        self.text = text
        self.shown = shown ?? text
    }
}

extension MarkupToken {
    /// The token as it was written.
    var plain: String {
        switch self {
        case .markup(let text), .literal(let text): text
        case .link(let url, let label): label.isEmpty ? url : "\(label.plain) (\(url))"
        case .bracket(let text): "<\(text)>"
        }
    }
}

/// Texts for what shows them as they are, and yet may link what looks like an address.
enum PlainGrammar {
    static func parts(of token: MarkupToken) -> [TextPart] {
        switch token {
        case .literal(let text):
            let characters = Array(text)
            return characters.indices.map { position in
                let character = characters[position]
                let breaker =
                    character == "<"
                    ? LinkBreaker.zeroWidthSpace
                    : LinkBreaker.breaker(after: character, at: position, in: characters)
                return TextPart(String(character) + (breaker.map { String($0) } ?? ""))
            }
        case .markup(let text): return text.map { TextPart(String($0)) }
        case .link(let url, let label):
            return [TextPart(label.isEmpty ? url : "\(LinkBreaker.broken(label.plain)) (\(url))")]
        case .bracket: return [TextPart(token.plain)]
        }
    }
}
