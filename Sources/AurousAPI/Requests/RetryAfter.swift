/// The `Retry-After` header field (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// How long to wait from `now` (seconds since 1970): zero for a time that is over, at most a day, nil for nonsense.
    static func duration(_ text: String, now: Int64) -> Duration? {
        guard text.utf8.count <= AurousLimits.headerValueBytes else { return nil }
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" || $0 == "\t" }
        let seconds: Int64
        if words.count == 1, let digits = words.first, digits.count == text.filter({ $0 != " " }).count {
            guard digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
            // Only so many digits that they do not fit are left to be no number here.
            seconds = Int64(digits) ?? .max
        } else {
            guard let epoch = HTTPDate.epochSeconds(words, nowYear: HTTPDate.year(of: now)) else { return nil }
            seconds = max(0, epoch - now)
        }
        return min(.seconds(seconds), AurousLimits.retryAfter)
    }
}

/// The three spellings of a date that RFC 9110, section 5.6.7 obliges every recipient to read.
package enum HTTPDate {
    /// Seconds since 1970 of a `Date` field; nil where it is none. `now` tells in which century two digits of a year lie.
    package static func epochSeconds(_ text: String, now: Int64) -> Int64? {
        guard text.utf8.count <= AurousLimits.headerValueBytes else { return nil }
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" || $0 == "\t" }
        return epochSeconds(words, nowYear: year(of: now))
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Takes the words between spaces, commas and hyphens.
    static func epochSeconds(_ words: [Substring], nowYear: Int) -> Int64? {
        // Sun, 06 Nov 1994 08:49:37 GMT · Sunday, 06-Nov-94 08:49:37 GMT
        if words.count == 6, words[5] == "GMT" {
            return epochSeconds(day: words[1], month: words[2], year: words[3], time: words[4], nowYear: nowYear)
        }
        // Sun Nov  6 08:49:37 1994
        guard words.count == 5 else { return nil }
        return epochSeconds(day: words[2], month: words[1], year: words[4], time: words[3], nowYear: nowYear)
    }

    static func year(of epochSeconds: Int64) -> Int {
        1970 + Int(epochSeconds / 31_556_952)
    }

    private static func epochSeconds(
        day: Substring, month: Substring, year: Substring, time: Substring, nowYear: Int
    ) -> Int64? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { number($0, digits: 2...2) }
        guard let day = number(day, digits: 1...2), (1...31).contains(day),
            let month = months.firstIndex(where: { $0 == month }), var year = number(year, digits: 2...4),
            clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2],
            hour < 24, minute < 60, second <= 60
        else { return nil }
        if year < 100 {
            // More than 50 years ahead means the century before.
            year += nowYear / 100 * 100
            if year > nowYear + 50 { year -= 100 }
        }
        return daysSince1970(year: year, month: month + 1, day: day) * 86_400
            + Int64(hour * 3600 + minute * 60 + second)
    }

    private static func number(_ text: Substring, digits: ClosedRange<Int>) -> Int? {
        guard digits.contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(text)
    }

    /// In the proleptic Gregorian calendar; years count from March so that the leap day comes last.
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int64 {
        let marchYear = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let leapDays = marchYear / 4 - marchYear / 100 + marchYear / 400
        return Int64(marchYear * 365 + leapDays + dayOfYear - 719_468)
    }
}
