/// `base64.encode` and `base64.decode` (RFC 4648, section 4); decoding takes padding or none.
extension StandardLibrary {
    static let encoders: [LibraryFunction] = [
        .global(
            "base64.encode", [([.bytes], .string)],
            .unary { (meter, value) throws(EvaluationError) in
                guard case .bytes(let bytes) = value else { throw EvaluationError.noOverload("base64.encode", value) }
                try meter.charge(bytes.count / 4 + 1)
                return .string(Base64.encode(bytes))
            }),
        .global(
            "base64.decode", [([.string], .bytes)],
            .unary { (meter, value) throws(EvaluationError) in
                guard case .string(let text) = value else { throw EvaluationError.noOverload("base64.decode", value) }
                try meter.charge(text.utf8.count / 4 + 1)
                guard let bytes = Base64.decode(text) else { throw EvaluationError.invalid("the text is not base64") }
                return .bytes(bytes)
            }),
    ]
}

enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits: UInt32 = 0
            for byte in group { bits = bits << 8 | UInt32(byte) }
            bits <<= UInt32(8 * (3 - group.count))
            for index in 0..<4 {
                let digit = alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)]
                result.append(index <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    static func decode(_ text: String) -> [UInt8]? {
        var digits = Array(text.utf8)
        let padding = digits.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding == 0 || (padding <= 2 && digits.count % 4 == 0) else { return nil }
        digits.removeLast(padding)
        guard digits.count % 4 != 1 else { return nil }
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for digit in digits {
            guard let value = alphabet.firstIndex(of: digit) else { return nil }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> bitCount))
            }
        }
        return result
    }
}
