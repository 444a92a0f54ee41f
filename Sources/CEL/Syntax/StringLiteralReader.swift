/// Reads one string or bytes literal (language definition, section String and Bytes Values).
struct StringLiteralReader {
    struct Prefix {
        let length: Int
        let isRaw: Bool
        let isBytes: Bool
    }

    private let bytes: [UInt8]
    private let start: Int
    private let prefix: Prefix
    private let end: Int
    private(set) var position: Int
    private var content: [UInt8] = []

    init(bytes: [UInt8], start: Int, prefix: Prefix, end: Int) {
        self.bytes = bytes
        self.start = start
        self.prefix = prefix
        self.end = end
        position = start + prefix.length
    }

    mutating func read() throws(SyntaxError) -> Token.Kind {
        let quote = bytes[position]
        let isTriple = position + 2 < end && bytes[position + 1] == quote && bytes[position + 2] == quote
        position += isTriple ? 3 : 1
        while true {
            guard position < end else { throw SyntaxDiagnostics.unterminatedString(start..<min(start + 1, end)) }
            let byte = bytes[position]
            if byte == quote, !isTriple || closesTriple(quote) {
                position += isTriple ? 3 : 1
                break
            }
            if byte == UInt8(ascii: "\\"), !prefix.isRaw {
                try readEscape()
            } else if byte == 0x0A || byte == 0x0D, !isTriple {
                throw SyntaxDiagnostics.unterminatedString(start..<(start + 1))
            } else {
                content.append(byte)
                position += 1
            }
        }
        return prefix.isBytes ? .bytes(content) : .string(String(decoding: content, as: UTF8.self))
    }

    private func closesTriple(_ quote: UInt8) -> Bool {
        position + 2 < end && bytes[position + 1] == quote && bytes[position + 2] == quote
    }

    private mutating func readEscape() throws(SyntaxError) {
        let escapeStart = position
        guard position + 1 < end else { throw SyntaxDiagnostics.unterminatedString(start..<(start + 1)) }
        let letter = bytes[position + 1]
        position += 2
        switch letter {
        case UInt8(ascii: "a"): content.append(0x07)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "v"): content.append(0x0B)
        case UInt8(ascii: "\\"), UInt8(ascii: "?"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
            content.append(letter)
        case UInt8(ascii: "x"), UInt8(ascii: "X"): try append(try digits(2, radix: 16, escapeStart), escapeStart)
        case UInt8(ascii: "0")...UInt8(ascii: "3"):
            position -= 1
            try append(try digits(3, radix: 8, escapeStart), escapeStart)
        case UInt8(ascii: "u") where !prefix.isBytes:
            try append(try digits(4, radix: 16, escapeStart), escapeStart)
        case UInt8(ascii: "U") where !prefix.isBytes:
            try append(try digits(8, radix: 16, escapeStart), escapeStart)
        default: throw SyntaxDiagnostics.badEscape(text(escapeStart..<position), escapeStart..<position)
        }
    }

    private mutating func digits(_ count: Int, radix: Int, _ escapeStart: Int) throws(SyntaxError) -> UInt32 {
        let upper = min(position + count, end)
        let digits = bytes[position..<upper]
        guard digits.count == count, digits.allSatisfy({ $0.isDigit || $0.isLetter }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: radix)
        else {
            throw SyntaxDiagnostics.badEscape(text(escapeStart..<upper), escapeStart..<upper)
        }
        position = upper
        return value
    }

    /// A number is an octet in bytes and a code point in text.
    private mutating func append(_ value: UInt32, _ escapeStart: Int) throws(SyntaxError) {
        if prefix.isBytes {
            content.append(UInt8(truncatingIfNeeded: value))
            return
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw SyntaxDiagnostics.badEscape(text(escapeStart..<position), escapeStart..<position)
        }
        content.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
