/// An instant of the simulated API: milliseconds since 1970-01-01T00:00:00Z. The API's own times are no finer.
package struct WorldTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// May be negative, for instants before 1970.
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// From a clock that counts seconds and nanoseconds; the part below a millisecond is dropped.
    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        milliseconds = seconds &* 1000 &+ Int64(nanoseconds) / 1_000_000
    }

    /// Whole seconds since 1970, rounded down.
    package var seconds: Int64 { milliseconds / 1000 - (milliseconds % 1000 < 0 ? 1 : 0) }

    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    /// Later by so many milliseconds, earlier if negative; the last or first instant there is, rather than beyond it.
    package func adding(milliseconds delta: Int64) -> Self {
        let (sum, isBeyond) = milliseconds.addingReportingOverflow(delta)
        return Self(milliseconds: isBeyond ? (delta > 0 ? .max : .min) : sum)
    }

    /// Milliseconds since an earlier instant, as far as they can be counted.
    func since(_ earlier: Self) -> Int64 {
        let (difference, isBeyond) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        return isBeyond ? (earlier < self ? .max : .min) : difference
    }

    /// RFC 3339 in UTC: `2026-05-04T10:00:14.820Z`, without a fraction on a whole second.
    package var description: String {
        let fraction = milliseconds &- seconds &* 1000
        let day = seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)
        let second = seconds - day * 86_400
        let date = CivilDate(daysSinceEpoch: day)
        let clock = "\(pad(second / 3600, 2)):\(pad(second / 60 % 60, 2)):\(pad(second % 60, 2))"
        let tail = fraction == 0 ? "Z" : ".\(pad(fraction, 3))Z"
        return "\(pad(date.year, 4))-\(pad(date.month, 2))-\(pad(date.day, 2))T\(clock)\(tail)"
    }

    /// Reads RFC 3339 with any offset; nil for anything else. Digits below a millisecond are dropped.
    package init?(_ text: String) {
        var scanner = TimeScanner(Array(text.utf8))
        guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
            let day = scanner.number(2), scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
            let hour = scanner.number(2), scanner.skip(":"), let minute = scanner.number(2), scanner.skip(":"),
            let second = scanner.number(2), let fraction = scanner.fraction(), let offset = scanner.offset(),
            scanner.isAtEnd, (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        milliseconds = ((days * 24 + hour) * 60 + minute - offset) * 60_000 + second * 1000 + fraction
    }
}

private func pad(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// The proleptic Gregorian calendar, counted in 400-year eras that begin on a first of March.
private struct CivilDate {
    var year: Int64
    var month: Int64
    var day: Int64

    init(year: Int64, month: Int64, day: Int64) {
        (self.year, self.month, self.day) = (year, month, day)
    }

    init(daysSinceEpoch: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    var daysSinceEpoch: Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

/// A cursor over the bytes of a timestamp.
private struct TimeScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ expected: Unicode.Scalar) -> Bool {
        guard position < bytes.count, UInt32(bytes[position]) == expected.value else { return false }
        position += 1
        return true
    }

    mutating func number(_ width: Int) -> Int64? {
        guard position + width <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[position..<position + width] {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 48)
        }
        position += width
        return value
    }

    /// Milliseconds: 0 where there is no fraction, nil for a point without digits.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        let start = position
        var value: Int64 = 0
        while let digit = number(1) {
            if position - start <= 3 { value = value * 10 + digit }
        }
        for _ in 0..<max(0, 3 - (position - start)) { value *= 10 }
        return position > start ? value : nil
    }

    /// Minutes east of UTC.
    mutating func offset() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let sign: Int64 = skip("-") ? -1 : (skip("+") ? 1 : 0)
        guard sign != 0, let hours = number(2), skip(":"), let minutes = number(2) else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
