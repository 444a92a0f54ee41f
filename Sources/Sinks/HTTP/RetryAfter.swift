import CEL
package import Core

/// The `Retry-After` field, RFC 9110 section 10.2.3: seconds, or one of the three forms of an HTTP date.
package enum RetryAfter {
    /// How long to wait from `now`, at most ``SinkLimits/longestRetryAfter``; nil where the field says nothing usable.
    package static func delay(_ field: String?, now: Timestamp) -> Duration? {
        guard let text = field?.trimmingWhitespace, !text.isEmpty else { return nil }
        let longest = SinkLimits.longestRetryAfter
        if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            return Int64(text).map { min(.seconds($0), longest) } ?? longest
        }
        guard let seconds = HTTPDate.seconds(text) else { return nil }
        let (delay, overflowed) = seconds.subtractingReportingOverflow(now.seconds)
        return overflowed ? nil : max(.zero, min(.seconds(delay), longest))
    }
}

/// Dates as HTTP and mail write them.
enum HTTPDate {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or
    /// `Sun Nov  6 08:49:37 1994`; nil for anything else.
    static func seconds(_ text: String) -> Int64? {
        var words = text.lowercased().split { " ,-".contains($0) }
        guard words.count == 5 || words.count == 6, words.removeFirst().utf8.count >= 3 else { return nil }
        if words.last == "gmt" || words.last == "utc" { words.removeLast() }
        guard words.count == 4 else { return nil }
        let isAsctime = words[0].first?.isLetter == true
        let (day, month, clock, year) =
            isAsctime
            ? (words[1], words[0], words[2], words[3]) : (words[0], words[1], words[3], words[2])
        guard let dayNumber = Int64(day), (1...31).contains(dayNumber),
            let monthIndex = months.firstIndex(of: String(month)),
            let yearNumber = fullYear(year), let secondOfDay = secondOfDay(clock)
        else { return nil }
        return CivilDate(year: yearNumber, month: Int64(monthIndex) + 1, day: dayNumber).daysSinceEpoch * 86_400
            + secondOfDay
    }

    private static func fullYear(_ text: Substring) -> Int64? {
        guard let year = Int64(text), (0...9999).contains(year) else { return nil }
        guard text.utf8.count == 2 else { return year }
        return year < 70 ? 2000 + year : 1900 + year
    }

    private static func secondOfDay(_ clock: Substring) -> Int64? {
        let parts = clock.split(separator: ":").map { Int64($0) }
        guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2],
            (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }
}
