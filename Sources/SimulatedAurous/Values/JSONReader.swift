/// Why a text is not JSON: what was expected, and at which byte.
package struct JSONError: Error, Hashable, CustomStringConvertible {
    /// What was expected.
    package var problem: String
    /// In bytes from the beginning.
    package var offset: Int

    package var description: String { "\(problem) at byte \(offset)" }
}

extension SimulatedJSON {
    /// Deeper nesting is refused, so that a hostile body cannot exhaust the stack.
    package static let depthLimit = 64

    /// Reads one JSON value that fills the bytes.
    package init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
        var reader = JSONReader(Array(bytes))
        self = try reader.document()
    }

    /// The same for a text.
    package init(parsing text: String) throws(JSONError) {
        try self.init(parsing: text.utf8)
    }
}

private struct JSONReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONError) -> SimulatedJSON {
        let value = try value(depth: 0)
        guard peek() == nil else { throw failure("nothing more was expected") }
        return value
    }

    private func failure(_ problem: String) -> JSONError { JSONError(problem: problem, offset: position) }

    /// The next byte that is no white space, not consumed.
    private mutating func peek() -> UInt8? {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            case let byte: return byte
            }
        }
        return nil
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> SimulatedJSON {
        guard depth < SimulatedJSON.depthLimit else { throw failure("the value is nested too deeply") }
        switch peek() {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> SimulatedJSON {
        position += 1
        var members: [SimulatedJSON.Member] = []
        if skip(UInt8(ascii: "}")) { return .object([]) }
        repeat {
            guard peek() == UInt8(ascii: "\"") else { throw failure("a member's name was expected") }
            let name = try string()
            guard skip(UInt8(ascii: ":")) else { throw failure("':' was expected") }
            members.append(.init(name, try value(depth: depth + 1)))
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "}")) else { throw failure("',' or '}' was expected") }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(JSONError) -> SimulatedJSON {
        position += 1
        var elements: [SimulatedJSON] = []
        if skip(UInt8(ascii: "]")) { return .array([]) }
        repeat {
            elements.append(try value(depth: depth + 1))
        } while skip(UInt8(ascii: ","))
        guard skip(UInt8(ascii: "]")) else { throw failure("',' or ']' was expected") }
        return .array(elements)
    }

    private mutating func literal(_ word: StaticString, _ value: SimulatedJSON) throws(JSONError) -> SimulatedJSON {
        let matches = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
        guard matches else { throw failure("a value was expected") }
        position += word.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(JSONError) -> SimulatedJSON {
        let start = position
        let isNumeric: (UInt8) -> Bool = { (43...57).contains($0) && $0 != 44 && $0 != 47 || $0 | 0x20 == 101 }
        position = bytes[position...].firstIndex { !isNumeric($0) } ?? bytes.count
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if let whole = Int64(text), !text.hasPrefix("+") { return .int(whole) }
        guard let first = text.utf8.first, first == UInt8(ascii: "-") || (48...57).contains(first),
            let value = Double(text), value.isFinite
        else {
            position = start
            throw failure("a value was expected")
        }
        return .double(value)
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        var text: [UInt8] = []
        while true {
            let end = bytes[position...].firstIndex { $0 == 0x22 || $0 == 0x5C || $0 < 0x20 }
            guard let end else { throw failure("the string has no end") }
            text += bytes[position..<end]
            position = end + 1
            switch bytes[end] {
            case 0x22: return String(decoding: text, as: UTF8.self)
            case 0x5C: text += try escape()
            default: throw failure("a control character must be escaped")
            }
        }
    }

    private mutating func escape() throws(JSONError) -> [UInt8] {
        guard position < bytes.count else { throw failure("the string has no end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw failure("there is no such escape")
        }
    }

    /// A lone surrogate becomes U+FFFD, as a Swift string cannot hold it.
    private mutating func unicodeEscape() throws(JSONError) -> [UInt8] {
        let first = try hexadecimal()
        guard (0xD800..<0xDC00).contains(first), bytes[position...].starts(with: [0x5C, 0x75]) else {
            return Array(String(Unicode.Scalar(first) ?? "\u{FFFD}").utf8)
        }
        position += 2
        let second = try hexadecimal()
        guard (0xDC00..<0xE000).contains(second) else { return Array("\u{FFFD}\u{FFFD}".utf8) }
        let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        return Array(String(scalar ?? "\u{FFFD}").utf8)
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits were expected") }
        position += 4
        return value
    }
}
