/// Percent-encoding of all but the unreserved characters, RFC 3986 section 2.3: the result is inert in every part of
/// a URL, in an HTML attribute and in a header field.
enum PercentEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    static func encode(_ text: String) -> String { encode(text, sparing: []) }

    /// For one segment of a path: what may stand in it as it is stays, RFC 3986 section 3.3.
    static func encodeSegment(_ text: String) -> String { encode(text, sparing: segmentCharacters) }

    /// For a header field's value: all but printable ASCII, and the percent sign itself; quotes as CloudEvents wants.
    static func encodeField(_ text: String) -> String { encode(text, sparing: fieldCharacters) }

    /// For an attribute of a CloudEvent in a header field: HTTP protocol binding, section 3.1.3.2.
    static func encodeAttribute(_ text: String) -> String { encode(text, sparing: attributeCharacters) }

    private static let attributeCharacters = Set(UInt8(0x21)...UInt8(0x7e)).subtracting("%\"".utf8)
    private static let fieldCharacters = Set(UInt8(0x20)...UInt8(0x7e)).subtracting("%\"".utf8)
    private static let segmentCharacters = Set("!$&'()*+,;=:@".utf8)

    private static func encode(_ text: String, sparing spared: Set<UInt8>) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) || spared.contains(byte) {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
