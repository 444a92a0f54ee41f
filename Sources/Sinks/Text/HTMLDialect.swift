import CEL

/// HTML as a service reads it: some tags of the author's, everything else as text. What is written is always balanced.
struct HTMLDialect {
    private let tags: Set<String>
    private let lineBreak: String
    /// Whether the service counts what is seen rather than what is written.
    private let countsShown: Bool
    /// Whether the service makes commands of words behind a slash, which a tap would send.
    private let hasCommands: Bool

    /// Nil for a grammar that is no HTML.
    init?(_ grammar: Grammar) {
        switch grammar {
        case .telegram:
            tags = ["b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "pre", "blockquote"]
            lineBreak = "\n"
            countsShown = true
            hasCommands = true
        case .html:
            tags = ["b", "strong", "i", "em", "u", "s", "del", "code", "pre", "blockquote"]
            lineBreak = "<br>"
            countsShown = false
            hasCommands = false
        default: return nil
        }
    }

    func parts(of token: MarkupToken) -> [TextPart] {
        switch token {
        case .markup(let text): return text.map(escaped)
        case .literal(let text):
            let characters = Array(text)
            return characters.indices.map { position in
                var part = escaped(characters[position])
                if let breaker = breaker(at: position, in: characters) {
                    part.text.append(breaker)
                    part.shown.append(breaker)
                }
                return part
            }
        case .link(let url, let label):
            let words = label.isEmpty ? [TextPart(HTMLDialect.escapedText(url), shown: url)] : labelParts(label)
            return [
                TextPart(
                    "<a href=\"\(HTMLDialect.escapedText(url))\">\(words.map(\.text).joined())</a>",
                    shown: words.map(\.shown).joined())
            ]
        case .bracket(let text): return "<\(text)>".map(escaped)
        }
    }

    private func breaker(at position: Int, in characters: [Character]) -> Character? {
        if hasCommands, LinkBreaker.breaksCommand(at: position, in: characters) { return LinkBreaker.zeroWidthSpace }
        return LinkBreaker.breaker(after: characters[position], at: position, in: characters)
    }

    func written(_ tokens: [MarkupToken], limit: Int, unit: TextUnit) -> String {
        var open: [String] = []
        var reserved = 0
        var writer = LimitedText(limit: limit, unit: unit)
        tokens: for token in tokens {
            if case .bracket(let inner) = token, let tag = tag(inner) {
                let closing = "</\(tag.name)>"
                let cost = countsShown ? 0 : unit.measure(closing)
                if !tag.isClosing {
                    // Room for the closing tag is paid for at once.
                    guard writer.append("<\(tag.name)>", cost: countsShown ? 0 : unit.measure("<\(tag.name)>") + cost)
                    else { break tokens }
                    open.append(tag.name)
                    reserved += cost
                } else if open.contains(tag.name) {
                    while let last = open.popLast() {
                        _ = writer.append("</\(last)>", cost: 0)
                        if last == tag.name { break }
                    }
                }
                continue
            }
            for part in parts(of: token) {
                let cost = countsShown ? unit.measure(part.shown) : nil
                guard writer.append(part.text, cost: cost) else { break tokens }
            }
        }
        return writer.text + closings(of: writer.text)
    }

    /// What is still open in a text of this dialect: the cut may have fallen between two tags.
    private func closings(of text: String) -> String {
        var open: [Substring] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
            let name = rest[rest.index(after: start)..<end].prefix { $0 != " " }
            if name.first == "/" {
                if let index = open.lastIndex(of: name.dropFirst()) { open.remove(at: index) }
            } else if name != "br" {
                open.append(name)
            }
            rest = rest[rest.index(after: end)...]
        }
        return open.reversed().map { "</\($0)>" }.joined()
    }

    private func tag(_ inner: String) -> (name: String, isClosing: Bool)? {
        let isClosing = inner.hasPrefix("/")
        let name = (isClosing ? String(inner.dropFirst()) : inner).lowercased()
        return tags.contains(name) ? (name, isClosing) : nil
    }

    private func labelParts(_ label: [TemplatePiece]) -> [TextPart] {
        label.flatMap { piece in
            switch piece {
            case .markup(let words): parts(of: .markup(words))
            case .literal(let words): parts(of: .literal(words))
            }
        }
    }

    private func escaped(_ character: Character) -> TextPart {
        if character == "\n" { return TextPart(lineBreak, shown: "\n") }
        return TextPart(HTMLDialect.escapedText(String(character)), shown: String(character))
    }

    /// Fit for text and for quoted attributes.
    private static func escapedText(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
