/// A token of the language (language definition, section Syntax).
struct Token {
    enum Kind: Equatable {
        case identifier(String)
        /// `` `content-type` ``, allowed only as a field.
        case quotedField(String)
        case int(Int64)
        /// 9223372036854775808, which is an int only behind a minus.
        case intMagnitudeOfMinimum
        case uint(UInt64)
        case double(Double)
        case string(String)
        case bytes([UInt8])
        case symbol(Symbol)
        case end
    }

    enum Symbol: String {
        case and = "&&"
        case or = "||"
        case equal = "=="
        case notEqual = "!="
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case less = "<"
        case greater = ">"
        case not = "!"
        case plus = "+"
        case minus = "-"
        case times = "*"
        case divide = "/"
        case percent = "%"
        case question = "?"
        case colon = ":"
        case comma = ","
        case dot = "."
        case openParenthesis = "("
        case closeParenthesis = ")"
        case openBracket = "["
        case closeBracket = "]"
        case openBrace = "{"
        case closeBrace = "}"
        /// Not of the language, but written often enough to deserve an answer.
        case assign = "="
        case ampersand = "&"
        case pipe = "|"
    }

    let kind: Kind
    let range: Range<Int>
}

/// Names that cannot be identifiers, but can be fields.
let reservedWords: Set<String> = [
    "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package",
    "namespace",
    "return", "var", "void", "while",
]

/// What a lexer or parser stops with.
struct SyntaxError: Error {
    let message: String
    let hint: String?
    let range: Range<Int>

    init(_ message: String, hint: String? = nil, range: Range<Int>) {
        self.message = message
        self.hint = hint
        self.range = range
    }
}
