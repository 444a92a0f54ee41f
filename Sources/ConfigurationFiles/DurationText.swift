/// Reads durations as people write them: `500ms`, `30s`, `15m`, `1h30m`, `7d`. A bare number is refused: it has no unit.
package enum DurationText {
    private static let units: [(suffix: String, milliseconds: Double)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000),
    ]
    private static let longestMilliseconds = 366.0 * 10 * 86_400_000

    /// Nil when the text is no duration, or longer than ten years.
    package static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = Substring(text)
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            guard !digits.isEmpty, let number = Double(digits), number.isFinite else { return nil }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { $0.isLetter }
            guard let unit = units.first(where: { $0.suffix == letters }) else { return nil }
            rest = rest.dropFirst(letters.count)
            total += number * unit.milliseconds
        }
        guard !text.isEmpty, total <= longestMilliseconds else { return nil }
        return .microseconds(Int64((total * 1000).rounded()))
    }

    /// `90s`, `1h30m`: the shortest spelling that reads back as the same.
    package static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        var milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        if milliseconds == 0 { return "0s" }
        var result = milliseconds < 0 ? "-" : ""
        milliseconds = abs(milliseconds)
        for (suffix, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)]
            as [(String, Int64)]
        where milliseconds >= length {
            result += "\(milliseconds / length)\(suffix)"
            milliseconds %= length
        }
        return result
    }
}
