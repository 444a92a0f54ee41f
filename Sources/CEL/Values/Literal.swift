extension CELValue {
    /// The value as CEL text that evaluates to it again: `5u`, `"a\"b"`, `timestamp("…")`, `{"a": [1, 2]}`.
    package var literal: String {
        var text = ""
        write(to: &text, limit: .max)
        return text
    }

    /// The beginning of the literal, for messages. A value that shares its parts may be endless to write.
    func shortLiteral(upTo limit: Int = 100) -> String {
        if case .string(let text) = self { return text.shortened(to: limit).celQuoted }
        var text = ""
        write(to: &text, limit: limit)
        return text.shortened(to: limit)
    }

    /// Stops somewhere past the limit, in UTF-8 bytes.
    private func write(to text: inout String, limit: Int) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .int(let value): text += String(value)
        case .uint(let value): text += "\(value)u"
        case .double(let value): text += Self.literal(of: value)
        case .string(let value): text += value.celQuoted
        case .bytes(let value): text += Self.literal(of: value)
        case .timestamp(let value): text += "timestamp(\"\(value.rfc3339)\")"
        case .duration(let value): text += "duration(\"\(value.description)\")"
        case .list(let elements):
            text += "["
            for (index, element) in elements.enumerated() where text.utf8.count <= limit {
                if index > 0 { text += ", " }
                element.write(to: &text, limit: limit)
            }
            text += "]"
        case .map(let map): Self.write(map, to: &text, limit: limit)
        case .record(let record): Self.write(record.map, to: &text, limit: limit)
        case .type(let type): text += type.runtimeName
        case .optional(nil): text += "optional.none()"
        case .optional(let value?):
            text += "optional.of("
            value.write(to: &text, limit: limit)
            text += ")"
        case .address(let address): text += "ip(\"\(address)\")"
        case .network(let network): text += "cidr(\"\(network)\")"
        }
    }

    private static func write(_ map: CELMap, to text: inout String, limit: Int) {
        text += "{"
        for (index, entry) in map.entries.enumerated() where text.utf8.count <= limit {
            if index > 0 { text += ", " }
            entry.key.write(to: &text, limit: limit)
            text += ": "
            entry.value.write(to: &text, limit: limit)
        }
        text += "}"
    }

    private static func literal(of value: Double) -> String {
        if value.isNaN { return "double(\"NaN\")" }
        if value.isInfinite { return value < 0 ? "double(\"-Infinity\")" : "double(\"Infinity\")" }
        return value.description
    }

    private static func literal(of bytes: [UInt8]) -> String {
        var text = "b\""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""): text += "\\\""
            case UInt8(ascii: "\\"): text += "\\\\"
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + hexadecimal(UInt32(byte), digits: 2)
            }
        }
        return text + "\""
    }
}

extension String {
    /// In double quotes, with CEL's escapes for the quote, the backslash, controls and the characters that hide or
    /// turn text.
    package var celQuoted: String {
        var text = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            default:
                if scalar.isTreacherous {
                    text += "\\u" + hexadecimal(scalar.value, digits: 4)
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        return text + "\""
    }
}

extension Unicode.Scalar {
    /// Controls, line separators, the byte order mark, and the marks that turn the direction of text.
    fileprivate var isTreacherous: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x61C, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF: true
        default: false
        }
    }
}

func hexadecimal(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
