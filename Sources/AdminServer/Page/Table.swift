/// A table that becomes a list of cards on a narrow screen.
///
/// The roles say again what the elements mean, because a browser forgets it when the style makes blocks of them.
struct Table {
    struct Column {
        enum Shape { case text, short, number }

        var title: String
        var shape = Shape.text
    }

    enum Cell {
        /// What the row is about; one in a row.
        case head(Markup)
        case value(Markup)
        /// Nothing to say; on a narrow screen nothing is shown.
        case none
    }

    let label: String
    let columns: [Column]
    var rows: [[Cell]]

    var markup: Markup {
        let titles: [Markup] = columns.map {
            "<th role=\"columnheader\" scope=\"col\" class=\"\(Self.style($0.shape))\">\($0.title)</th>"
        }
        return """
            <table role="table" aria-label="\(label)">
            <thead role="rowgroup"><tr role="row">\(titles)</tr></thead>
            <tbody role="rowgroup">
            \(rows.map(row))</tbody>
            </table>
            """
    }

    private func row(_ cells: [Cell]) -> Markup {
        let parts: [Markup] = zip(columns, cells).map { column, cell in
            let style = Self.style(column.shape)
            return switch cell {
            case .head(let content): "<th role=\"rowheader\" scope=\"row\">\(content)</th>"
            case .value(let content):
                "<td role=\"cell\" class=\"\(style)\" data-label=\"\(column.title)\"><span>\(content)</span></td>"
            case .none: "<td role=\"cell\" class=\"none \(style)\"></td>"
            }
        }
        return "<tr role=\"row\">\(parts)</tr>\n"
    }

    private static func style(_ shape: Column.Shape) -> String {
        switch shape {
        case .text: "text"
        case .short: "short"
        case .number: "number"
        }
    }
}
