extension SimulatedJSON {
    /// Compact JSON. A double that JSON cannot spell is written as null.
    package func append(to bytes: inout [UInt8]) {
        var tokens: [Int32] = []
        append(to: &bytes, signed: false, tokens: &tokens)
    }

    /// Compact JSON as text.
    package var serialized: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// As above. Where `signed`, the value of `token=` in each URL is left out and its offset noted in `tokens`: a
    /// response fills in fresh ones.
    func append(to bytes: inout [UInt8], signed: Bool, tokens: inout [Int32]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): bytes.append(contentsOf: String(value).utf8)
        case .double(let value): Self.append(value, to: &bytes)
        case .verbatim(let text): bytes.append(contentsOf: text.utf8)
        case .string(let text):
            if signed, let url = SignedURL(text) {
                url.append(to: &bytes, tokens: &tokens)
            } else {
                Self.append(text, to: &bytes)
            }
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.append(to: &bytes, signed: signed, tokens: &tokens)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.append(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.append(to: &bytes, signed: signed, tokens: &tokens)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ value: Double, to bytes: inout [UInt8]) {
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 {
            bytes.append(contentsOf: String(whole).utf8)
        } else {
            bytes.append(contentsOf: (value.isFinite ? "\(value)" : "null").utf8)
        }
    }

    static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        appendEscaped(text.utf8, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    static func appendEscaped(_ text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        let hexadecimal = Array("0123456789abcdef".utf8)
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [0x5C, byte])
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(contentsOf: [hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]])
            default: bytes.append(byte)
            }
        }
    }
}

/// A URL with a `token=` in it, taken apart around the token's value.
private struct SignedURL {
    private let before: Substring
    private let after: Substring

    init?(_ text: String) {
        let mark = Array("token=".utf8)
        let bytes = Array(text.utf8)
        guard bytes.count >= mark.count,
            let start = (0...bytes.count - mark.count).first(where: { bytes[$0...].starts(with: mark) })
        else { return nil }
        let valueStart = text.utf8.index(text.utf8.startIndex, offsetBy: start + mark.count)
        before = text[..<valueStart]
        after = text[valueStart...].drop { $0 != "&" && $0 != "#" }
    }

    func append(to bytes: inout [UInt8], tokens: inout [Int32]) {
        bytes.append(UInt8(ascii: "\""))
        SimulatedJSON.appendEscaped(before.utf8, to: &bytes)
        tokens.append(Int32(clamping: bytes.count))
        SimulatedJSON.appendEscaped(after.utf8, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }
}
