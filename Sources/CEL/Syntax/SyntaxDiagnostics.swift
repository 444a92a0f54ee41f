/// The wording of everything that lexer and parser say.
enum SyntaxDiagnostics {
    static func unexpectedCharacter(_ character: String, _ range: Range<Int>) -> SyntaxError {
        let hint: String? =
            switch character {
            case "\u{201C}", "\u{201D}", "\u{201E}", "\u{2018}", "\u{2019}": "use plain quotes: \" or '"
            case ";": "an expression has no statements; join conditions with && or ||"
            case "$": "${…} is for texts; an expression stands without it"
            case "@", "#": nil
            case "^", "~": "there are no bit operators; see math.bitXor and math.bitNot"
            default: nil
            }
        return SyntaxError("unexpected character \(character.celQuoted)", hint: hint, range: range)
    }

    static func unterminatedString(_ range: Range<Int>) -> SyntaxError {
        SyntaxError("this text is not closed", hint: "add the closing quote on the same line", range: range)
    }

    static func badEscape(_ escape: String, _ range: Range<Int>) -> SyntaxError {
        SyntaxError(
            "unknown escape \(escape)", hint: "write \\\\ for a backslash, or a raw text: r\"…\"", range: range)
    }

    static func badQuotedField(_ range: Range<Int>) -> SyntaxError {
        SyntaxError("a field in backquotes holds letters, digits, _ . - / and spaces", range: range)
    }

    static func badNumber(_ range: Range<Int>) -> SyntaxError { SyntaxError("this number is incomplete", range: range) }

    static func badSuffix(_ suffix: String, number: String, _ range: Range<Int>) -> SyntaxError {
        let hint: String? =
            switch suffix {
            case "h", "m", "s", "ms", "us", "ns": "did you mean duration(\"\(number)\(suffix)\")?"
            case "d": Int(number).flatMap { $0 < 100_000 ? "did you mean duration(\"\($0 * 24)h\")?" : nil }
            default: nil
            }
        return SyntaxError("a number cannot end in '\(suffix)'", hint: hint, range: range)
    }

    static func numberOutOfRange(_ type: String, _ range: Range<Int>) -> SyntaxError {
        SyntaxError("this number is out of range for \(type)", range: range)
    }

    static func tooLarge(_ limit: Int) -> SyntaxError {
        SyntaxError("the expression is longer than \(limit) bytes", range: 0..<0)
    }

    static func tooDeep(_ limit: Int, _ range: Range<Int>) -> SyntaxError {
        SyntaxError(
            "the expression is nested deeper than \(limit) levels", hint: "split it, for example with cel.bind",
            range: range)
    }

    static func empty(_ range: Range<Int>) -> SyntaxError { SyntaxError("an expression is missing here", range: range) }

    static func reserved(_ word: String, _ range: Range<Int>) -> SyntaxError {
        SyntaxError("'\(word)' is a reserved word", range: range)
    }

    static func unclosed(_ open: String, _ close: String, found token: Token, _ range: Range<Int>) -> SyntaxError {
        if token.kind == .end {
            return SyntaxError("'\(open)' is not closed", hint: "add '\(close)'", range: range)
        }
        let error = unexpected(token)
        return SyntaxError(
            "expected ',' or '\(close)', found \(description(of: token))", hint: error.hint, range: token.range)
    }

    static func expected(_ wanted: String, found token: Token) -> SyntaxError {
        SyntaxError(
            "expected \(wanted), found \(description(of: token))", hint: unexpected(token).hint, range: token.range)
    }

    static func trailing(_ token: Token, after expression: Expression) -> SyntaxError {
        let error = unexpected(token)
        var hint = error.hint
        if case .identifier(let name, _) = expression.kind, name.lowercased() == "not" { hint = "use !" }
        if token.kind == .symbol(.closeParenthesis) { hint = "there is no '(' for it" }
        return SyntaxError(error.message, hint: hint, range: error.range)
    }

    static func listInParentheses(_ range: Range<Int>) -> SyntaxError {
        SyntaxError("expected ')', found ','", hint: "a list stands in brackets: [a, b]", range: range)
    }

    static func unexpected(_ token: Token) -> SyntaxError {
        let hint: String? =
            switch token.kind {
            case .symbol(.assign): "to compare, use =="
            case .symbol(.ampersand), .identifier("and"), .identifier("AND"): "use &&"
            case .symbol(.pipe), .identifier("or"), .identifier("OR"): "use ||"
            case .identifier("not"), .identifier("NOT"): "use !"
            case .identifier("is"): "use =="
            case .identifier("like"), .identifier("contains"): "use text.contains(\"…\")"
            case .identifier("then"), .identifier("if"): "use condition ? value : other"
            default: nil
            }
        if case .end = token.kind {
            return SyntaxError("the expression ends too early", hint: hint, range: token.range)
        }
        return SyntaxError("unexpected \(description(of: token))", hint: hint, range: token.range)
    }

    static func macroVariable(_ macro: String, _ range: Range<Int>) -> SyntaxError {
        SyntaxError("the variable of \(macro)() must be a simple name", range: range)
    }

    static func macroVariablesRepeat(_ macro: String, _ range: Range<Int>) -> SyntaxError {
        SyntaxError("the two variables of \(macro)() must have different names", range: range)
    }

    static func hasNeedsSelection(_ range: Range<Int>) -> SyntaxError {
        SyntaxError("has() takes a field, as in has(self.prompt)", range: range)
    }

    static func blockNeedsList(_ range: Range<Int>) -> SyntaxError {
        SyntaxError("cel.block() takes a list of expressions and one that uses them", range: range)
    }

    static func blockTooLong(_ limit: Int, _ range: Range<Int>) -> SyntaxError {
        SyntaxError("cel.block() takes at most \(limit) expressions", range: range)
    }

    private static func description(of token: Token) -> String {
        switch token.kind {
        case .end: "the end"
        case .identifier(let name): "'\(name)'"
        case .quotedField(let name): "`\(name)`"
        case .int, .intMagnitudeOfMinimum, .uint, .double: "a number"
        case .string: "a text"
        case .bytes: "bytes"
        case .symbol(let symbol): "'\(symbol.rawValue)'"
        }
    }
}
