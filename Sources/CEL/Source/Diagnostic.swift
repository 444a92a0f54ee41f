/// What is wrong, or doubtful, in an expression, before it is evaluated.
package struct Diagnostic: Sendable, Hashable {
    package enum Severity: String, Sendable, Hashable {
        case error, warning
    }

    package let severity: Severity
    package let message: String
    /// The remedy, where it is known.
    package let hint: String?
    /// In UTF-8 offsets of the text that was compiled.
    package let range: Range<Int>

    package init(_ severity: Severity, _ message: String, hint: String? = nil, range: Range<Int>) {
        self.severity = severity
        self.message = message
        self.hint = hint
        self.range = range
    }

    init(_ error: SyntaxError) { self.init(.error, error.message, hint: error.hint, range: error.range) }

    /// As compilers print it:
    /// ```
    /// rules/x.yaml:14:14: error: type 'Generation' has no field 'statsu'
    ///   14 |   when: self.statsu == "failed"
    ///      |              ^ did you mean 'status'?
    /// ```
    /// - Parameters:
    ///   - line, column: from 1; columns count Unicode scalars.
    ///   - lineText: the whole line of the file, without its line break.
    package func render(file: String, line: Int, column: Int, lineText: String) -> String {
        let number = String(line)
        let gutter = String(repeating: " ", count: number.utf8.count)
        let (shown, offset) = Self.window(of: lineText, around: column)
        // Tabs stay tabs, so that the caret stands under its character however wide they are shown.
        let before = shown.unicodeScalars.prefix(max(0, column - 1 - offset)).map { $0 == "\t" ? "\t" : " " }
        let caret = before.joined() + "^" + (hint.map { " " + $0 } ?? "")
        return """
            \(file):\(line):\(column): \(severity.rawValue): \(message)
              \(number) | \(shown)
              \(gutter) | \(caret)
            """
    }

    /// A line that is far too long is shown only around the place in question.
    private static let widestLine = 200

    private static func window(of line: String, around column: Int) -> (text: String, offset: Int) {
        let scalars = line.unicodeScalars
        guard scalars.count > widestLine else { return (line, 0) }
        let start = max(0, min(column - 1 - widestLine / 2, scalars.count - widestLine))
        let part = String(String.UnicodeScalarView(scalars.dropFirst(start).prefix(widestLine)))
        let isCutBefore = start > 0
        let isCutAfter = start + widestLine < scalars.count
        return ((isCutBefore ? "…" : "") + part + (isCutAfter ? "…" : ""), start - (isCutBefore ? 1 : 0))
    }

    /// The same for a text that is its own file: an argument, or a template in a test.
    package func render(file: String, text: String) -> String {
        let position = SourcePosition(utf8Offset: range.lowerBound, in: text)
        return render(file: file, line: position.line, column: position.column, lineText: position.lineText)
    }
}

/// A place in a text as people count: lines and columns from 1, columns in Unicode scalars.
package struct SourcePosition: Sendable, Hashable {
    package let line: Int
    package let column: Int
    package let lineText: String

    package init(utf8Offset: Int, in text: String) {
        let bytes = Array(text.utf8)
        let offset = min(max(0, utf8Offset), bytes.count)
        let isBreak = { (byte: UInt8) in byte == UInt8(ascii: "\n") }
        let start = bytes[..<offset].lastIndex(where: isBreak).map { $0 + 1 } ?? 0
        var end = bytes[offset...].firstIndex(where: isBreak) ?? bytes.count
        if end > start, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
        line = bytes[..<offset].count(where: isBreak) + 1
        column = bytes[start..<max(start, offset)].count { $0 & 0xC0 != 0x80 } + 1
        lineText = String(decoding: bytes[start..<end], as: UTF8.self)
    }
}
