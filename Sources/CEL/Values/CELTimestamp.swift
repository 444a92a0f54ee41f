/// A moment between the years 1 and 9999, in UTC, to the nanosecond.
package struct CELTimestamp: Hashable, Comparable, Sendable {
    /// Since 1970-01-01T00:00:00Z.
    package let seconds: Int64
    /// 0 to 999,999,999, counted forward also before 1970.
    package let nanoseconds: Int32

    static let secondsRange: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// - Returns: nil outside the years 1 to 9999, or if the nanoseconds are not below one second.
    package init?(seconds: Int64, nanoseconds: Int32 = 0) {
        guard Self.secondsRange.contains(seconds), nanoseconds >= 0, nanoseconds < 1_000_000_000 else { return nil }
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Milliseconds since 1970, held within the years 1 to 9999.
    package init(clampingMilliseconds milliseconds: Int64) {
        let (second, rest) = milliseconds.flooredDivision(by: 1_000)
        seconds = min(max(second, Self.secondsRange.lowerBound), Self.secondsRange.upperBound)
        nanoseconds = seconds == second ? Int32(rest) * 1_000_000 : 0
    }

    /// Parses RFC 3339: `2026-05-04T10:00:15.120Z`, any offset, a fraction of any length cut to nanoseconds.
    package init?(rfc3339 text: some StringProtocol) {
        var reader = TimestampReader(Array(text.utf8))
        guard let timestamp = reader.read() else { return nil }
        self = timestamp
    }

    /// In UTC, with the shortest fraction of 0, 3, 6 or 9 digits: `2026-05-04T10:00:15.120Z`.
    package var rfc3339: String {
        guard nanoseconds > 0 else { return dateAndTime + "Z" }
        let digits = String(nanoseconds)
        let fraction = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        let length = nanoseconds % 1_000_000 == 0 ? 3 : nanoseconds % 1_000 == 0 ? 6 : 9
        return dateAndTime + "." + fraction.prefix(length) + "Z"
    }

    /// As ``rfc3339``, but with no zeros at the end of the fraction: `…15.12Z`. What `string(timestamp)` gives.
    var shortest: String {
        guard nanoseconds > 0 else { return dateAndTime + "Z" }
        var digits = String(nanoseconds)
        digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
        return dateAndTime + "." + digits + "Z"
    }

    private var dateAndTime: String {
        let civil = CivilTime(secondsSince1970: seconds)
        func padded(_ number: Int64, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        return padded(civil.year, 4) + "-" + padded(civil.month, 2) + "-" + padded(civil.day, 2) + "T"
            + padded(civil.hour, 2) + ":" + padded(civil.minute, 2) + ":" + padded(civil.second, 2)
    }

    package static func < (left: CELTimestamp, right: CELTimestamp) -> Bool {
        left.seconds != right.seconds ? left.seconds < right.seconds : left.nanoseconds < right.nanoseconds
    }

    /// - Returns: nil outside the years 1 to 9999.
    package func adding(_ duration: CELDuration) -> CELTimestamp? {
        let (seconds, rest) = duration.nanoseconds.flooredDivision(by: 1_000_000_000)
        var sum = self.seconds + seconds
        var fraction = Int64(nanoseconds) + rest
        if fraction >= 1_000_000_000 {
            fraction -= 1_000_000_000
            sum += 1
        }
        return CELTimestamp(seconds: sum, nanoseconds: Int32(fraction))
    }

    /// - Returns: nil if the two are more than 292 years apart.
    package func since(_ other: CELTimestamp) -> CELDuration? {
        CELDuration(seconds: seconds - other.seconds, nanoseconds: Int64(nanoseconds) - Int64(other.nanoseconds))
    }

    package var millisecondsSince1970: Int64 { seconds * 1_000 + Int64(nanoseconds) / 1_000_000 }
}

extension Int64 {
    /// Rounds toward minus infinity, so that the rest is never negative. The divisor is positive.
    func flooredDivision(by divisor: Int64) -> (quotient: Int64, rest: Int64) {
        let rest = self % divisor
        return rest < 0 ? (self / divisor - 1, rest + divisor) : (self / divisor, rest)
    }
}

/// A date and time of day in the proleptic Gregorian calendar, without a zone.
struct CivilTime {
    let year: Int64
    /// 1 to 12.
    let month: Int64
    /// 1 to 31.
    let day: Int64
    let hour: Int64
    let minute: Int64
    let second: Int64
    /// 0 is Sunday.
    let weekday: Int64
    /// From 0.
    let dayOfYear: Int64

    /// Howard Hinnant's `civil_from_days`: years begin in March, so that the leap day comes last.
    init(secondsSince1970: Int64) {
        let (days, time) = secondsSince1970.flooredDivision(by: 86_400)
        hour = time / 3_600
        minute = time / 60 % 60
        second = time % 60
        weekday = (days + 4).flooredDivision(by: 7).rest
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayFromMarch + 2) / 153
        day = dayFromMarch - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        dayOfYear = days - Self.days(year: year, month: 1, day: 1)
    }

    /// Days since 1970-01-01.
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = shifted.flooredDivision(by: 400)
        let dayFromMarch = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayFromMarch - 719_468
    }

    static func daysInMonth(_ month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

private struct TimestampReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func read() -> CELTimestamp? {
        guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2), skip("T"),
            let hour = number(2), skip(":"), let minute = number(2), skip(":"), let second = number(2),
            (1...12).contains(month), day >= 1, day <= CivilTime.daysInMonth(month, year: year),
            hour < 24, minute < 60, second < 60, let nanoseconds = fraction(), let offset = zone(),
            position == bytes.count
        else { return nil }
        let days = CivilTime.days(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
        return CELTimestamp(seconds: seconds, nanoseconds: nanoseconds)
    }

    private mutating func number(_ digits: Int) -> Int64? {
        guard position + digits <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<(position + digits)] {
            guard byte.isDigit else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        position += digits
        return value
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func fraction() -> Int32? {
        guard skip(".") else { return 0 }
        let digits = bytes[position...].prefix { $0.isDigit }
        guard !digits.isEmpty else { return nil }
        position += digits.count
        var value: Int32 = 0
        for index in 0..<9 {
            let digit = index < digits.count ? digits[digits.startIndex + index] - UInt8(ascii: "0") : 0
            value = value * 10 + Int32(digit)
        }
        return value
    }

    private mutating func zone() -> Int64? {
        if skip("Z") { return 0 }
        let sign: Int64 = skip("-") ? -1 : 1
        guard sign < 0 || skip("+"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 3_600 + minutes * 60)
    }
}
