/// A span of time in nanoseconds: what Go, and so cel-go, calls a duration. About ±292 years.
package struct CELDuration: Hashable, Comparable, Sendable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package init(milliseconds: Int64) {
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        nanoseconds = overflow ? (milliseconds < 0 ? .min : .max) : product
    }

    /// - Returns: nil beyond ±292 years.
    package init?(seconds: Int64, nanoseconds: Int64 = 0) {
        let (product, tooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow) = product.addingReportingOverflow(nanoseconds)
        if tooLarge || overflow { return nil }
        self.nanoseconds = sum
    }

    /// Parses `1h30m`, `-1.5s`, `250ms`, `0`: Go's syntax, with the units h, m, s, ms, us, µs and ns.
    package init?(_ text: String) {
        var scanner = DurationScanner(Array(text.utf8)[...])
        guard let nanoseconds = scanner.scan() else { return nil }
        self.nanoseconds = nanoseconds
    }

    /// Seconds with as many decimals as needed and the unit: `1800s`, `-1.5s`.
    package var description: String {
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        return sign + String(magnitude / 1_000_000_000) + decimals(of: magnitude % 1_000_000_000) + "s"
    }

    package static func < (left: CELDuration, right: CELDuration) -> Bool { left.nanoseconds < right.nanoseconds }
}

/// `.5`, `.000001` or nothing, for a number of nanoseconds below one second.
private func decimals(of nanoseconds: UInt64) -> String {
    guard nanoseconds > 0 else { return "" }
    var digits = String(nanoseconds)
    digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
    while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
    return "." + digits
}

private struct DurationScanner {
    private var rest: ArraySlice<UInt8>

    init(_ text: ArraySlice<UInt8>) { rest = text }

    mutating func scan() -> Int64? {
        var negative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        if rest.elementsEqual("0".utf8) { return 0 }
        guard !rest.isEmpty else { return nil }
        // The magnitude may be one more than Int64.max, for the most negative duration.
        var total: UInt64 = 0
        while !rest.isEmpty {
            guard let part = scanPart() else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            if overflow || sum > Int64.min.magnitude { return nil }
            total = sum
        }
        if negative { return total == Int64.min.magnitude ? .min : -Int64(total) }
        return Int64(exactly: total)
    }

    private mutating func scanPart() -> UInt64? {
        guard let (whole, wholeDigits) = scanDigits() else { return nil }
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = rest.prefix { $0.isDigit }
            rest = rest.dropFirst(fraction.count)
        }
        guard wholeDigits + fraction.count > 0, let unit = scanUnit() else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        if overflow { return nil }
        var scale = unit
        var decimals: UInt64 = 0
        for digit in fraction.prefix(13) {
            // 3,600,000,000,000 ns in an hour: ten digits more than any fraction can use stay exact enough.
            decimals += UInt64(digit - UInt8(ascii: "0")) * scale / 10
            scale /= 10
        }
        let (sum, tooLarge) = product.addingReportingOverflow(decimals)
        return tooLarge ? nil : sum
    }

    private mutating func scanDigits() -> (UInt64, count: Int)? {
        var value: UInt64 = 0
        var count = 0
        while let digit = rest.first, digit.isDigit {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, tooLarge) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            if overflow || tooLarge { return nil }
            value = sum
            count += 1
            rest = rest.dropFirst()
        }
        return (value, count)
    }

    private mutating func scanUnit() -> UInt64? {
        let letters = rest.prefix { !$0.isDigit && $0 != UInt8(ascii: ".") }
        rest = rest.dropFirst(letters.count)
        return switch String(decoding: letters, as: UTF8.self) {
        case "h": 3_600_000_000_000
        case "m": 60_000_000_000
        case "s": 1_000_000_000
        case "ms": 1_000_000
        case "us", "\u{B5}s", "\u{3BC}s": 1_000
        case "ns": 1
        default: nil
        }
    }
}

extension UInt8 {
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    var isLetter: Bool { (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "z") }
}
