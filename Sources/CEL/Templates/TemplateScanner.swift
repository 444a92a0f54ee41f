/// Cuts a template into the author's text and expressions.
struct TemplateScanner {
    enum Piece {
        case markup(String)
        /// Between `${` and its `}`.
        case expression(Range<Int>)
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func scan() throws(SyntaxError) -> [Piece] {
        var pieces: [Piece] = []
        var markup: [UInt8] = []
        func flush() {
            if !markup.isEmpty { pieces.append(.markup(String(decoding: markup, as: UTF8.self))) }
            markup = []
        }
        while position < bytes.count {
            if starts("$${") {
                markup += Array("${".utf8)
                position += 3
            } else if starts("${") {
                flush()
                pieces.append(.expression(try scanExpression()))
            } else {
                markup.append(bytes[position])
                position += 1
            }
        }
        flush()
        return pieces
    }

    private func starts(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

    /// The lexer knows which braces are in texts and comments.
    private mutating func scanExpression() throws(SyntaxError) -> Range<Int> {
        let open = position
        let start = position + 2
        var lexer = Lexer(bytes, in: start..<bytes.count)
        var depth = 0
        while true {
            let token = try lexer.next()
            switch token.kind {
            case .symbol(.openBrace): depth += 1
            case .symbol(.closeBrace) where depth > 0: depth -= 1
            case .symbol(.closeBrace):
                position = token.range.upperBound
                return start..<token.range.lowerBound
            case .end:
                throw SyntaxError(
                    "'${' is not closed", hint: "add '}', or write $${ for the characters themselves",
                    range: open..<(open + 2))
            default: continue
            }
        }
    }
}
