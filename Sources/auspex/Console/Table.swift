/// A table for people: columns as wide as they need to be, texts from outside made harmless.
struct Table {
    var headings: [String]
    var rows: [[String]] = []
    /// What is cut from a cell that is longer, in characters.
    static let cellLimit = 60

    init(_ headings: String...) { self.headings = headings }

    mutating func add(_ cells: String...) { rows.append(cells.map { Table.harmless($0) }) }

    var text: String {
        var widths = headings.map(\.count)
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) }
        }
        let lines = [headings] + rows
        return lines.map { line(of: $0, widths: widths) }.joined(separator: "\n")
    }

    private func line(of cells: [String], widths: [Int]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            line += cell
            if column < cells.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
        }
        return line
    }

    /// What moves the cursor, breaks the line or turns the direction.
    private static let hidden: Set<Unicode.GeneralCategory> = [
        .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned,
    ]

    /// One line without control characters, cut to `limit` characters: a prompt must not move the cursor.
    static func harmless(_ text: String, limit: Int = cellLimit) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(4 * limit) {
            shown.append(hidden.contains(scalar.properties.generalCategory) ? " " : scalar)
        }
        let line = String(shown)
        return line.count > limit ? String(line.prefix(limit - 1)) + "…" : line
    }
}
