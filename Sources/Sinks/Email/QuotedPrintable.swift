/// The quoted-printable encoding of a text, RFC 2045 section 6.7, with CRLF line ends.
enum QuotedPrintable {
    private static let lineLength = 76
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// LF ends a line; all else that is not printable ASCII is encoded, also a blank at a line's end, and what old
    /// mail programs trip over at its start: a dot, and `From `.
    static func encode(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count * 5 / 4)
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            appendLine(Array(line.utf8), to: &result)
        }
        return result
    }

    private static func appendLine(_ line: [UInt8], to result: inout [UInt8]) {
        var length = 0
        for (position, byte) in line.enumerated() {
            var token = isPlain(byte, isLast: position == line.count - 1) ? [byte] : hex(byte)
            // One place is kept for the `=` of a soft line end.
            if length + token.count > lineLength - 1 {
                result += Array("=\r\n".utf8)
                length = 0
            }
            if length == 0, byte == UInt8(ascii: ".") || line[position...].starts(with: "From ".utf8) {
                token = hex(byte)
            }
            result += token
            length += token.count
        }
        result += [0x0d, 0x0a]
    }

    private static func isPlain(_ byte: UInt8, isLast: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "="): false
        case UInt8(ascii: " "), UInt8(ascii: "\t"): !isLast
        default: (0x21...0x7e).contains(byte)
        }
    }

    private static func hex(_ byte: UInt8) -> [UInt8] {
        [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
