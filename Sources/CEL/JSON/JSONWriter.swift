extension JSON {
    /// Compact JSON in one line, safe inside HTML and JavaScript: `<` and U+2028 are escaped.
    ///
    /// Times are RFC 3339, durations `"1.5s"`, bytes base64, an empty optional null, types and addresses their text.
    /// `double` keeps its kind (`2.0`), and what JSON has no number for is `"NaN"`, `"Infinity"` or `"-Infinity"`.
    /// Keys that are no text are written as text.
    package static func serialize(_ value: CELValue) -> String {
        String(decoding: serializedBytes(value), as: UTF8.self)
    }

    package static func serializedBytes(_ value: CELValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(value)
        return writer.bytes
    }
}

private struct JSONWriter {
    private static let hexadecimalDigits = Array("0123456789abcdef".utf8)

    private(set) var bytes: [UInt8] = []

    mutating func write(_ value: CELValue) {
        switch value {
        case .null, .optional(nil): append("null")
        case .bool(let bool): append(bool ? "true" : "false")
        case .int(let int): append(String(int))
        case .uint(let uint): append(String(uint))
        case .double(let double) where double.isFinite: append(double.description)
        case .double(let double): write(text: double.isNaN ? "NaN" : double < 0 ? "-Infinity" : "Infinity")
        case .string(let text): write(text: text)
        case .bytes(let bytes): write(text: Base64.encode(bytes))
        case .timestamp(let timestamp): write(text: timestamp.rfc3339)
        case .duration(let duration): write(text: duration.description)
        case .list(let list): write(list)
        case .map(let map): write(map)
        case .record(let record): write(record.map)
        case .type(let type): write(text: type.runtimeName)
        case .optional(let content?): write(content)
        case .address(let address): write(text: address.description)
        case .network(let network): write(text: network.description)
        }
    }

    private mutating func write(_ list: [CELValue]) {
        append("[")
        for (index, element) in list.enumerated() {
            if index > 0 { append(",") }
            write(element)
        }
        append("]")
    }

    private mutating func write(_ map: CELMap) {
        append("{")
        for (index, entry) in map.entries.enumerated() {
            if index > 0 { append(",") }
            if case .string(let key) = entry.key { write(text: key) } else { write(text: entry.key.literal) }
            append(":")
            write(entry.value)
        }
        append("}")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Runs of bytes that stand for themselves are copied as a whole.
    private mutating func write(text: String) {
        var text = text
        append("\"")
        text.withUTF8 { utf8 in
            var start = 0
            for index in utf8.indices where !Self.isPlain[Int(utf8[index])] {
                if (utf8[index] == 0xA8 || utf8[index] == 0xA9), !isLineSeparator(utf8, endingAt: index) { continue }
                bytes.append(contentsOf: utf8[start..<index])
                start = index + 1
                writeSpecial(utf8[index])
            }
            bytes.append(contentsOf: utf8[start...])
        }
        append("\"")
    }

    /// Which bytes stand for themselves, wherever they come.
    private static let isPlain: [Bool] = (0...255).map { byte in
        byte >= 0x20 && ![UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"), 0x7F, 0xA8, 0xA9].contains(byte)
    }

    /// Whether the byte is the last of U+2028 or U+2029.
    private func isLineSeparator(_ utf8: UnsafeBufferPointer<UInt8>, endingAt index: Int) -> Bool {
        index >= 2 && utf8[index - 2] == 0xE2 && utf8[index - 1] == 0x80
    }

    private mutating func writeSpecial(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        case 0xA8, 0xA9:
            // The first two of its three bytes have been copied.
            bytes.removeLast(2)
            escape(0x2000 | UInt16(byte & 0x3F))
        default: escape(UInt16(byte))
        }
    }

    private mutating func escape(_ unit: UInt16) {
        append("\\u")
        for shift in [12, 8, 4, 0] as [UInt16] { bytes.append(Self.hexadecimalDigits[Int(unit >> shift & 15)]) }
    }
}
