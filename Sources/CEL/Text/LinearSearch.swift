/// Search in time linear in both texts (Knuth, Morris and Pratt), whoever chose them.
enum LinearSearch {
    /// The offset of the first occurrence at or after `start`.
    static func firstIndex<Text: RandomAccessCollection<Part.Element>, Part: RandomAccessCollection>(
        of part: Part, in text: Text, from start: Int
    ) -> Int? where Part.Element: Equatable, Text.Index == Int, Part.Index == Int {
        guard start >= 0, text.count - part.count >= start else { return nil }
        guard !part.isEmpty else { return start }
        let borders = borders(of: part)
        var matched = 0
        for position in start..<text.count {
            while matched > 0, text[position] != part[matched] { matched = borders[matched - 1] }
            if text[position] == part[matched] { matched += 1 }
            if matched == part.count { return position - matched + 1 }
        }
        return nil
    }

    /// For each prefix, the length of its longest proper part that both begins and ends it.
    private static func borders<Part: RandomAccessCollection>(
        of part: Part
    ) -> [Int] where Part.Element: Equatable, Part.Index == Int {
        var borders = [0]
        var length = 0
        for position in 1..<max(1, part.count) {
            while length > 0, part[position] != part[length] { length = borders[length - 1] }
            if part[position] == part[length] { length += 1 }
            borders.append(length)
        }
        return borders
    }
}
