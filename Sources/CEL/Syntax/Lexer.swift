/// Cuts UTF-8 text into tokens. It reads on demand, so that a template can find where its expression ends.
struct Lexer {
    private let bytes: [UInt8]
    private(set) var position: Int
    private let end: Int

    /// Reads `bytes[range]`; the ranges of tokens are offsets of `bytes`.
    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    mutating func next() throws(SyntaxError) -> Token {
        skipSpaceAndComments()
        let start = position
        guard let byte = peek() else { return Token(kind: .end, range: start..<start) }
        let kind: Token.Kind
        if let prefix = stringPrefix() {
            var reader = StringLiteralReader(bytes: bytes, start: start, prefix: prefix, end: end)
            kind = try reader.read()
            position = reader.position
        } else if byte.isLetter || byte == UInt8(ascii: "_") {
            kind = .identifier(takeWord())
        } else if byte.isDigit || (byte == UInt8(ascii: ".") && (peek(1)?.isDigit ?? false)) {
            kind = try number()
        } else if byte == UInt8(ascii: "`") {
            kind = try quotedField()
        } else {
            kind = try symbol()
        }
        return Token(kind: kind, range: start..<position)
    }

    private func peek(_ offset: Int = 0) -> UInt8? {
        position + offset < end ? bytes[position + offset] : nil
    }

    private mutating func skipSpaceAndComments() {
        while let byte = peek() {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0C, 0x0D: position += 1
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"):
                while let byte = peek(), byte != 0x0A { position += 1 }
            default: return
            }
        }
    }

    private mutating func takeWord() -> String {
        let start = position
        while let byte = peek(), byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_") { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// The letters before a quote that make it raw, bytes or both.
    private func stringPrefix() -> StringLiteralReader.Prefix? {
        func isQuote(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }
        guard let first = peek() else { return nil }
        if isQuote(first) { return .init(length: 0, isRaw: false, isBytes: false) }
        let isRaw = first | 0x20 == UInt8(ascii: "r")
        let isBytes = first | 0x20 == UInt8(ascii: "b")
        guard isRaw || isBytes else { return nil }
        if isQuote(peek(1)) { return .init(length: 1, isRaw: isRaw, isBytes: isBytes) }
        if isBytes, let second = peek(1), second | 0x20 == UInt8(ascii: "r"), isQuote(peek(2)) {
            return .init(length: 2, isRaw: true, isBytes: true)
        }
        return nil
    }

    private mutating func quotedField() throws(SyntaxError) -> Token.Kind {
        let start = position
        position += 1
        while let byte = peek(), byte != UInt8(ascii: "`") {
            let isAllowed = byte.isLetter || byte.isDigit || "_.-/ ".utf8.contains(byte)
            guard isAllowed else { throw SyntaxDiagnostics.badQuotedField(start..<(position + 1)) }
            position += 1
        }
        guard peek() != nil, position > start + 1 else { throw SyntaxDiagnostics.badQuotedField(start..<position) }
        position += 1
        return .quotedField(String(decoding: bytes[(start + 1)..<(position - 1)], as: UTF8.self))
    }

    private mutating func symbol() throws(SyntaxError) -> Token.Kind {
        let start = position
        for length in [2, 1] where start + length <= end {
            let text = String(decoding: bytes[start..<(start + length)], as: UTF8.self)
            if let symbol = Token.Symbol(rawValue: text) {
                position += length
                return .symbol(symbol)
            }
        }
        let scalarEnd = bytes[(start + 1)..<end].firstIndex { $0 & 0xC0 != 0x80 } ?? end
        let character = String(decoding: bytes[start..<scalarEnd], as: UTF8.self)
        throw SyntaxDiagnostics.unexpectedCharacter(character, start..<scalarEnd)
    }

    private mutating func number() throws(SyntaxError) -> Token.Kind {
        let start = position
        if peek() == UInt8(ascii: "0"), peek(1) == UInt8(ascii: "x") {
            position += 2
            let digits = takeWhile { $0.isDigit || ($0.isLetter && $0 | 0x20 <= UInt8(ascii: "f")) }
            return try integer(digits, radix: 16, start: start)
        }
        let whole = takeWhile(\.isDigit)
        var isDouble = false
        if peek() == UInt8(ascii: "."), peek(1)?.isDigit ?? false {
            isDouble = true
            position += 1
            _ = takeWhile(\.isDigit)
        }
        if let letter = peek(), letter | 0x20 == UInt8(ascii: "e") {
            let signLength = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-") ? 1 : 0
            guard peek(1 + signLength)?.isDigit ?? false else {
                throw SyntaxDiagnostics.badNumber(start..<min(position + 1, end))
            }
            isDouble = true
            position += 1 + signLength
            _ = takeWhile(\.isDigit)
        }
        guard isDouble else { return try integer(whole, radix: 10, start: start) }
        try endNumber(start)
        guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)), value.isFinite else {
            throw SyntaxDiagnostics.numberOutOfRange("double", start..<position)
        }
        return .double(value)
    }

    private mutating func integer(_ digits: String, radix: Int, start: Int) throws(SyntaxError) -> Token.Kind {
        guard !digits.isEmpty else { throw SyntaxDiagnostics.badNumber(start..<position) }
        if let letter = peek(), letter | 0x20 == UInt8(ascii: "u") {
            position += 1
            try endNumber(start)
            guard let value = UInt64(digits, radix: radix) else {
                throw SyntaxDiagnostics.numberOutOfRange("uint", start..<position)
            }
            return .uint(value)
        }
        try endNumber(start)
        if let value = Int64(digits, radix: radix) { return .int(value) }
        guard UInt64(digits, radix: radix) == Int64.min.magnitude else {
            throw SyntaxDiagnostics.numberOutOfRange("int", start..<position)
        }
        return .intMagnitudeOfMinimum
    }

    /// `30m` is no number, and two tokens would give a stranger error.
    private mutating func endNumber(_ start: Int) throws(SyntaxError) {
        guard let byte = peek(), byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_") else { return }
        let suffix = takeWord()
        throw SyntaxDiagnostics.badSuffix(
            suffix, number: String(decoding: bytes[start..<(position - suffix.utf8.count)], as: UTF8.self),
            start..<position)
    }

    private mutating func takeWhile(_ isWanted: (UInt8) -> Bool) -> String {
        let start = position
        while let byte = peek(), isWanted(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }
}
