/// A place in a file that a person wrote; lines and columns count from 1, columns in Unicode scalars.
package struct FilePosition: Sendable, Hashable, Comparable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: FilePosition, right: FilePosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// Something wrong, or doubtful, at a place in a file.
package struct FileDiagnostic: Sendable, Equatable {
    package enum Severity: String, Sendable { case error, warning }

    package var file: String
    package var position: FilePosition
    package var severity: Severity
    package var message: String
    /// What to do about it, or the likely name.
    package var hint: String?
    /// The file's line, for the caret.
    package var lineText: String
    /// How many columns the caret underlines.
    package var width: Int

    package var isError: Bool { severity == .error }

    /// `file:line:column: error: message`, the line, and a caret with the hint.
    package var rendered: String {
        let number = "\(position.line)"
        let gutter = String(repeating: " ", count: number.count)
        let shown = FileDiagnostic.printable(lineText)
        let indent = String(repeating: " ", count: max(0, position.column - 1))
        let carets = "^" + String(repeating: "~", count: max(0, min(width, 80) - 1))
        let advice = hint.map { " " + $0 } ?? ""
        return """
            \(file):\(position.line):\(position.column): \(severity.rawValue): \(message)
              \(number) | \(shown)
              \(gutter) | \(indent)\(carets)\(advice)
            """
    }

    /// The same without the secrets that stand in the line, each letter an asterisk so that the caret stays in place.
    package func masking(_ secrets: [String]) -> FileDiagnostic {
        var masked = self
        // Most lines hold none of a thousand keys. Longer ones go first, as one may contain another.
        let present = secrets.filter { lineText.holds($0) || message.holds($0) }
        for secret in present.sorted(by: { $0.count > $1.count }) {
            masked.lineText = masked.lineText.replacingBytes(
                of: secret, with: String(repeating: "*", count: secret.count))
            masked.message = masked.message.replacingBytes(of: secret, with: "***")
        }
        return masked
    }

    /// The same with the line shown only up to its first colon.
    package var withoutValue: FileDiagnostic {
        var masked = self
        if let colon = lineText.firstIndex(of: ":") { masked.lineText = lineText[...colon] + " …" }
        return masked
    }

    /// Tabs become single spaces so that the caret stands under its column; a line far too long is cut.
    private static func printable(_ line: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in line.unicodeScalars.prefix(400) {
            scalars.append(scalar.value < 0x20 || scalar.value == 0x7f ? " " : scalar)
        }
        return String(scalars)
    }
}

/// The file's text by lines, to show the one a diagnostic is about.
package struct FileText: Sendable {
    package let name: String
    package let text: String
    let lines: [String]

    package init(name: String, text: String) {
        self.name = name
        self.text = text
        lines = FileText.lines(of: text)
    }

    /// As YAML 1.1 counts lines (section 4.2), as the places come from its reader: CR, NEL and Unicode's own
    /// separators end one, too.
    private static func lines(of text: String) -> [String] {
        let scalars = text.unicodeScalars
        var lines: [String] = []
        var start = scalars.startIndex
        var index = start
        while index < scalars.endIndex {
            let next = scalars.index(after: index)
            switch scalars[index] {
            case "\r" where next < scalars.endIndex && scalars[next] == "\n":
                lines.append(String(scalars[start..<index]))
                start = scalars.index(after: next)
                index = start
                continue
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}":
                lines.append(String(scalars[start..<index]))
                start = next
            default: break
            }
            index = next
        }
        lines.append(String(scalars[start...]))
        return lines
    }

    /// What is written there, if the file goes so far.
    func character(at position: FilePosition) -> Unicode.Scalar? {
        guard lines.indices.contains(position.line - 1) else { return nil }
        return lines[position.line - 1].unicodeScalars.dropFirst(position.column - 1).first
    }

    package func diagnostic(
        _ severity: FileDiagnostic.Severity = .error, at position: FilePosition, _ message: String, hint: String? = nil,
        width: Int = 1
    ) -> FileDiagnostic {
        let line = position.line >= 1 && position.line <= lines.count ? lines[position.line - 1] : ""
        return FileDiagnostic(
            file: name, position: position, severity: severity, message: message, hint: hint, lineText: line,
            width: width)
    }
}

extension String {
    /// Whether the bytes of `text` are among these bytes; an empty text is not.
    fileprivate func holds(_ text: String) -> Bool { firstBytes(of: text) != nil }

    /// By bytes, as two texts that mean the same may look different, and no letter beside it may hide a secret.
    fileprivate func replacingBytes(of text: String, with cover: String) -> String {
        var result = ""
        var rest = self
        while let found = rest.firstBytes(of: text) {
            result += String(decoding: rest.utf8.prefix(found), as: UTF8.self) + cover
            rest = String(decoding: rest.utf8.dropFirst(found + text.utf8.count), as: UTF8.self)
        }
        return result + rest
    }

    /// Where the bytes of `text` begin; nil too for an empty text.
    private func firstBytes(of text: String) -> Int? {
        let (whole, part) = (Array(utf8), Array(text.utf8))
        guard let first = part.first, whole.count >= part.count else { return nil }
        return (0...whole.count - part.count).first { whole[$0] == first && whole[$0...].starts(with: part) }
    }
}
