/// Finds where in the file each character of a YAML scalar was written, so that an error inside an expression points
/// at the file's own line and column, whatever the quoting, folding and indentation.
package struct ScalarPositions: Sendable {
    /// For each Unicode scalar of the value, and one past the last, where it stands in the file.
    private let positions: [FilePosition]
    private let value: String

    package init(of node: YAMLNode, in file: FileText) {
        guard case .scalar(let text, let style) = node.value else {
            value = ""
            positions = [node.position]
            return
        }
        value = text
        var walker = ScalarWalker(file: file, start: node.position, style: style)
        positions = walker.positions(of: text)
    }

    /// The place of the character at `utf8Offset` of the value.
    package func position(atUTF8 utf8Offset: Int) -> FilePosition {
        var bytes = 0
        for (index, scalar) in value.unicodeScalars.enumerated() {
            if bytes >= utf8Offset { return positions[index] }
            bytes += UTF8.width(scalar)
        }
        return positions[positions.count - 1]
    }
}

/// Walks a scalar's value and its spelling in the file side by side.
private struct ScalarWalker {
    private let lines: [[Unicode.Scalar]]
    private var line: Int
    private var column: Int
    private let style: YAMLStyle

    init(file: FileText, start: FilePosition, style: YAMLStyle) {
        let first = start.line - 1
        lines = file.lines.map { Array($0.unicodeScalars) }
        line = first
        column = start.column - 1
        self.style = style
        skipProperties()
        switch style {
        case .plain: break
        case .singleQuoted, .doubleQuoted: column += 1
        case .block:
            line += 1
            column = 0
        }
    }

    /// A tag or an anchor stands before the scalar, and YAML's mark before them. Source: YAML 1.2, section 6.9.
    private mutating func skipProperties() {
        while line < lines.count {
            guard column < lines[line].count else {
                guard style != .block else { return }
                line += 1
                column = 0
                continue
            }
            switch lines[line][column] {
            case "!", "&":
                while column < lines[line].count, lines[line][column] != " " { column += 1 }
            case " " where hasPropertyBefore: column += 1
            default: return
            }
        }
    }

    private var hasPropertyBefore: Bool {
        column > 0 && lines[line][..<column].contains { $0 == "!" || $0 == "&" }
    }

    mutating func positions(of text: String) -> [FilePosition] {
        var result: [FilePosition] = []
        for scalar in text.unicodeScalars {
            seek(scalar)
            result.append(here)
            advance(over: scalar)
        }
        result.append(here)
        return result
    }

    private var here: FilePosition { FilePosition(line: line + 1, column: column + 1) }

    /// Where the file has white space that the value has not (folds, indentation), steps over it.
    private mutating func seek(_ scalar: Unicode.Scalar) {
        if scalar == " " || scalar == "\n" { return }
        while line < lines.count {
            if column >= lines[line].count {
                line += 1
                column = 0
                continue
            }
            let written = lines[line][column]
            if style == .doubleQuoted, written == "\\", column + 1 >= lines[line].count {
                line += 1
                column = 0
                continue
            }
            if written == scalar || written == "\\" && style == .doubleQuoted { return }
            if written == " " || written == "\t" {
                column += 1
                continue
            }
            return
        }
    }

    private mutating func advance(over scalar: Unicode.Scalar) {
        guard line < lines.count else { return }
        guard column < lines[line].count else {
            line += 1
            column = 0
            return
        }
        let written = lines[line][column]
        if style == .doubleQuoted, written == "\\" {
            column += escapeLength
        } else if style == .singleQuoted, scalar == "'" {
            column += 2
        } else {
            column += 1
        }
    }

    /// How many characters the escape at the current column has. Source: YAML 1.2, section 5.7.
    private var escapeLength: Int {
        guard column + 1 < lines[line].count else { return 1 }
        return switch lines[line][column + 1] {
        case "x": 4
        case "u": 6
        case "U": 10
        default: 2
        }
    }
}
