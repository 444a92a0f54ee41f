/// Cuts texts to a limit. What is cut ends in `…`, which counts.
enum TextCut {
    /// At most `limit` characters as people count them.
    static func graphemes(_ text: String, limit: Int) -> String { cut(text, limit: limit) { _ in 1 } }

    /// At most `limit` UTF-16 units, cut between characters as people count them.
    static func utf16(_ text: String, limit: Int) -> String { cut(text, limit: limit) { $0.utf16.count } }

    /// At most `limit` bytes, cut between scalars and unmarked: for excerpts, where a byte is a byte.
    static func utf8(_ text: String, limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: limit)
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return String(text[..<end])
    }

    private static func cut(_ text: String, limit: Int, cost: (Character) -> Int) -> String {
        guard text.utf8.count > limit else { return text }
        var used = 0
        var end = text.startIndex
        var index = text.startIndex
        while index < text.endIndex {
            used += cost(text[index])
            if used > limit { return text[..<end] + "…" }
            index = text.index(after: index)
            if used < limit { end = index }
        }
        return text
    }
}
