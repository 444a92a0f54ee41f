import CEL

/// A part of a rendered text, as sinks with a grammar see it.
enum MarkupToken: Equatable {
    /// The author's words.
    case markup(String)
    /// What a template inserted: to be shown, never to be understood.
    case literal(String)
    /// A link of the author's: `<https://…>`, `<https://…|label>`, or the bare address. Inserted values are
    /// percent-encoded, and only where the author has completed scheme, host and port before.
    case link(url: String, label: [TemplatePiece])
    /// Anything else that the author put between `<` and `>`, without them: a tag, or a mention such as `!here`.
    case bracket(String)
}

/// Finds the links and brackets that the author of a template wrote.
///
/// Inserted values cannot begin, end or redirect one: they are known by where they come from, not by what is in them.
struct MarkupScanner {
    private struct Unit {
        var character: Character
        var isLiteral: Bool

        func isMarkup(_ other: Character) -> Bool { !isLiteral && character == other }
    }

    /// No bracket of an author is longer than this, in characters.
    private static let longestBracket = 2000

    private let units: [Unit]
    private var tokens: [MarkupToken] = []

    /// - Parameter limit: how many characters are looked at, at most.
    static func tokens(of pieces: [TemplatePiece], limit: Int) -> [MarkupToken] {
        var scanner = MarkupScanner(pieces, limit: limit)
        scanner.scan()
        return scanner.tokens
    }

    private init(_ pieces: [TemplatePiece], limit: Int) {
        var units: [Unit] = []
        for piece in pieces {
            let room = limit - units.count
            guard room > 0 else { break }
            switch piece {
            case .markup(let text): units += text.prefix(room).map { Unit(character: $0, isLiteral: false) }
            case .literal(let text): units += text.prefix(room).map { Unit(character: $0, isLiteral: true) }
            }
        }
        self.units = units
    }

    private mutating func scan() {
        var position = 0
        var wordsStart = 0
        while position < units.count {
            if let (token, end) = bracket(at: position) ?? bareLink(at: position) {
                appendWords(units[wordsStart..<position])
                tokens.append(token)
                position = end
                wordsStart = end
            } else {
                position += 1
            }
        }
        appendWords(units[wordsStart...])
    }

    private mutating func appendWords(_ words: ArraySlice<Unit>) {
        for piece in MarkupScanner.pieces(words) {
            switch piece {
            case .markup(let text): tokens.append(.markup(text))
            case .literal(let text): tokens.append(.literal(text))
            }
        }
    }

    private func bracket(at start: Int) -> (MarkupToken, Int)? {
        guard units[start].isMarkup("<") else { return nil }
        let limit = min(units.count, start + MarkupScanner.longestBracket)
        var end = start + 1
        while end < limit, !units[end].isMarkup(">") {
            if units[end].isMarkup("<") || units[end].isMarkup("\n") { return nil }
            end += 1
        }
        guard end < limit, end > start + 1 else { return nil }
        let inner = units[(start + 1)..<end]
        if let link = link(inner) { return (link, end + 1) }
        guard let first = inner.first, !first.isLiteral, first.character.isLetter || "/@#!".contains(first.character),
            let text = MarkupScanner.address(inner, after: MarkupScanner.hrefPrefix(inner))
        else { return nil }
        return (.bracket(text), end + 1)
    }

    private func link(_ inner: ArraySlice<Unit>) -> MarkupToken? {
        let bar = inner.firstIndex { $0.isMarkup("|") }
        guard let url = MarkupScanner.url(inner[..<(bar ?? inner.endIndex)]) else { return nil }
        let label = bar.map { MarkupScanner.pieces(inner[($0 + 1)...]) } ?? []
        return .link(url: url, label: label)
    }

    /// An address in running text, up to a blank or a bracket; punctuation at its end belongs to the sentence.
    private func bareLink(at start: Int) -> (MarkupToken, Int)? {
        guard units[start].isMarkup("h"),
            start == 0 || units[start - 1].isLiteral || !isWord(units[start - 1].character)
        else { return nil }
        var end = start
        while end < units.count, end - start < MarkupScanner.longestBracket {
            let unit = units[end]
            if !unit.isLiteral, unit.character.isWhitespace || "<>\"|`".contains(unit.character) { break }
            end += 1
        }
        while end > start, !units[end - 1].isLiteral, ".,;:!?)'*_~".contains(units[end - 1].character) { end -= 1 }
        guard let url = MarkupScanner.url(units[start..<end]) else { return nil }
        return (.link(url: url, label: []), end)
    }

    private func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber }

    private static func url(_ units: ArraySlice<Unit>) -> String? {
        let leading = String(units.prefix { !$0.isLiteral }.map(\.character))
        guard ["https://", "http://"].contains(where: { leading.hasPrefix($0) && leading != $0 }),
            leading.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0 != "\"" })
        else { return nil }
        return address(units, after: 0)
    }

    /// The text with inserted values percent-encoded; nil where one comes before the author has completed the host.
    private static func address(_ units: ArraySlice<Unit>, after offset: Int) -> String? {
        var result = ""
        for (position, unit) in units.enumerated() {
            guard unit.isLiteral else {
                result.append(unit.character)
                continue
            }
            guard position > offset, hasCompleteHost(result.dropFirst(offset)) else { return nil }
            result += PercentEncoding.encode(String(unit.character))
        }
        return result
    }

    private static func hasCompleteHost(_ text: Substring) -> Bool {
        guard let scheme = ["https://", "http://"].first(where: { text.hasPrefix($0) }) else { return false }
        let rest = text.dropFirst(scheme.count)
        guard let end = rest.firstIndex(where: { "/?#".contains($0) }), end > rest.startIndex else { return false }
        // Behind a quote an attribute is over, and another may begin.
        return !rest.contains { "\"' \\".contains($0) }
    }

    /// Where the address begins in `a href="https://…`.
    private static func hrefPrefix(_ inner: ArraySlice<Unit>) -> Int {
        let leading = String(inner.prefix { !$0.isLiteral }.map(\.character))
        for prefix in ["a href=\"", "a href='"] where leading.hasPrefix(prefix) { return prefix.count }
        return 0
    }

    private static func pieces(_ units: ArraySlice<Unit>) -> [TemplatePiece] {
        var pieces: [TemplatePiece] = []
        var rest = units
        while let first = rest.first {
            let run = rest.prefix { $0.isLiteral == first.isLiteral }
            let text = String(run.map(\.character))
            pieces.append(first.isLiteral ? .literal(text) : .markup(text))
            rest = rest[run.endIndex...]
        }
        return pieces
    }
}
