/// Doubles as text, exactly, and without C's `printf`.
enum DoubleText {
    /// What `string(double)` gives: the shortest digits that read back, as Go's `%g`: `1`, `1.5`, `1e+08`, `1e-05`,
    /// `NaN`, `+Inf`.
    static func shortest(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        let (digits, pointPosition) = shortestDigits(value)
        let sign = value.sign == .minus ? "-" : ""
        let exponent = pointPosition - 1
        let needsExponent = exponent < -4 || exponent >= 6
        return sign + (needsExponent ? scientific(digits, exponent) : positional(digits, pointPosition))
    }

    /// The same digits, but never with an exponent: what `format` writes.
    static func shortestPositional(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity" }
        let (digits, pointPosition) = shortestDigits(value)
        return (value.sign == .minus ? "-" : "") + positional(digits, pointPosition)
    }

    /// `%.3f`: rounds the exact value to even.
    static func fixed(_ value: Double, precision: Int) -> String {
        var decimal = ExactDecimal(value.magnitude)
        decimal.round(toFractionDigits: precision)
        return (value.sign == .minus ? "-" : "") + decimal.positional(fractionDigits: precision)
    }

    /// `%.6e`: rounds the exact value to even, with an exponent of at least two digits.
    static func scientific(_ value: Double, precision: Int) -> String {
        var decimal = ExactDecimal(value.magnitude)
        decimal.round(toSignificantDigits: precision + 1)
        var digits = decimal.digits
        while digits.count < precision + 1 { digits.append(0) }
        let exponent = value == 0 ? 0 : decimal.pointPosition - 1
        return (value.sign == .minus ? "-" : "")
            + scientific(Array(digits.prefix(precision + 1)), exponent, keepsZeros: true)
    }

    private static func scientific(_ digits: [UInt8], _ exponent: Int, keepsZeros: Bool = false) -> String {
        let magnitude = String(exponent.magnitude)
        let mantissa = text(digits.prefix(1)) + (digits.count > 1 ? "." + text(digits.dropFirst()) : "")
        return mantissa + "e" + (exponent < 0 ? "-" : "+") + (magnitude.utf8.count < 2 ? "0" : "") + magnitude
    }

    private static func positional(_ digits: [UInt8], _ pointPosition: Int) -> String {
        if pointPosition <= 0 { return "0." + String(repeating: "0", count: -pointPosition) + text(digits[...]) }
        if pointPosition >= digits.count {
            return text(digits[...]) + String(repeating: "0", count: pointPosition - digits.count)
        }
        return text(digits.prefix(pointPosition)) + "." + text(digits.dropFirst(pointPosition))
    }

    fileprivate static func text(_ digits: ArraySlice<UInt8>) -> String {
        String(decoding: digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
    }

    /// Takes Swift's shortest description apart: `-1.5e-07` is the digits 15 with the point before the first, six
    /// zeros on.
    private static func shortestDigits(_ value: Double) -> (digits: [UInt8], pointPosition: Int) {
        if value == 0 { return ([0], 1) }
        var digits: [UInt8] = []
        var pointPosition: Int?
        var exponent = 0
        let description = Array(value.magnitude.description.utf8)
        for (index, byte) in description.enumerated() {
            if byte == UInt8(ascii: ".") {
                pointPosition = digits.count
            } else if byte == UInt8(ascii: "e") {
                exponent = Int(String(decoding: description[(index + 1)...], as: UTF8.self)) ?? 0
                break
            } else {
                digits.append(byte - UInt8(ascii: "0"))
            }
        }
        var position = (pointPosition ?? digits.count) + exponent
        let zeros = digits.prefix { $0 == 0 }.count
        digits.removeFirst(zeros)
        position -= zeros
        while digits.last == 0 { digits.removeLast() }
        return (digits, position)
    }
}

/// All decimal digits of a finite double: at most 309 before the point and 1,074 after it.
private struct ExactDecimal {
    /// Without zeros in front; empty for zero.
    private(set) var digits: [UInt8]
    /// How many of the digits stand before the point; negative where zeros follow it.
    private(set) var pointPosition: Int

    init(_ value: Double) {
        // mantissa · 2^exponent; a negative exponent becomes 5^-exponent with the point moved.
        let exponent = value == 0 ? 0 : max(Int(value.exponent), -1_022) - 52
        var limbs = [UInt32]()
        var mantissa = value == 0 ? 0 : UInt64(value / .init(sign: .plus, exponent: exponent, significand: 1))
        while mantissa > 0 {
            limbs.append(UInt32(mantissa % 1_000_000_000))
            mantissa /= 1_000_000_000
        }
        for _ in 0..<abs(exponent) { Self.multiply(&limbs, by: exponent < 0 ? 5 : 2) }
        var digits: [UInt8] = []
        for limb in limbs.reversed() {
            var divisor: UInt32 = 100_000_000
            while divisor > 0 {
                digits.append(UInt8(limb / divisor % 10))
                divisor /= 10
            }
        }
        digits.removeFirst(digits.prefix { $0 == 0 }.count)
        pointPosition = digits.count + min(exponent, 0)
        self.digits = digits
    }

    private static func multiply(_ limbs: inout [UInt32], by factor: UInt64) {
        var carry: UInt64 = 0
        for index in limbs.indices {
            let product = UInt64(limbs[index]) * factor + carry
            limbs[index] = UInt32(product % 1_000_000_000)
            carry = product / 1_000_000_000
        }
        if carry > 0 { limbs.append(UInt32(carry)) }
    }

    mutating func round(toFractionDigits count: Int) { round(toSignificantDigits: pointPosition + count) }

    mutating func round(toSignificantDigits count: Int) {
        guard count < digits.count else { return }
        guard count >= 0 else {
            digits = []
            return
        }
        let half = digits[count]
        let isTie = half == 5 && digits[(count + 1)...].allSatisfy { $0 == 0 }
        let isOdd = count > 0 && digits[count - 1] % 2 == 1
        digits.removeSubrange(count...)
        guard half > 5 || (half == 5 && (!isTie || isOdd)) else { return }
        var index = count - 1
        while index >= 0, digits[index] == 9 {
            digits[index] = 0
            index -= 1
        }
        if index >= 0 {
            digits[index] += 1
        } else {
            digits.insert(1, at: 0)
            pointPosition += 1
        }
    }

    func positional(fractionDigits: Int) -> String {
        func digit(_ index: Int) -> UInt8 { index >= 0 && index < digits.count ? digits[index] : 0 }
        let whole = pointPosition > 0 ? (0..<pointPosition).map(digit) : [0]
        let fraction = (pointPosition..<(pointPosition + fractionDigits)).map(digit)
        return DoubleText.text(whole[...]) + (fraction.isEmpty ? "" : "." + DoubleText.text(fraction[...]))
    }
}
