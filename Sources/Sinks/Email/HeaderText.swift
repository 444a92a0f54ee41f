/// Texts in mail header fields: folded, and as encoded words (RFC 2047) where they are more than plain ASCII.
enum HeaderText {
    /// A line with encoded words in it may be 76 characters long: 12 for `=?UTF-8?B?` and `?=`, 52 for 39 bytes, and
    /// the rest for the field's name.
    private static let encodedWordBytes = 39
    private static let lineLength = 76

    /// The field with its name, folded, with CRLF at the end. Line ends and controls in `text` become blanks.
    static func field(_ name: String, _ text: String) -> String {
        let line = TextNormaliser.oneLine(text)
        let words = isPlain(line) ? line.split(separator: " ").map(String.init) : encodedWords(line)
        return folded(name, words)
    }

    /// An address field: `Name: "Display name" <local@domain>`.
    static func field(_ name: String, _ address: MailAddress) -> String {
        guard !address.displayName.isEmpty else { return folded(name, [address.address]) }
        let display =
            isPlain(address.displayName)
            ? quoted(address.displayName).split(separator: " ").map(String.init) : encodedWords(address.displayName)
        return folded(name, display + ["<\(address.address)>"])
    }

    /// The field of words that are fit for a header as they are.
    static func folded(_ name: String, _ words: [String]) -> String {
        var result = name + ":"
        var length = result.utf8.count
        for (position, word) in words.enumerated() {
            if position > 0, length + 1 + word.utf8.count > lineLength {
                result += "\r\n"
                length = 0
            }
            result += " " + word
            length += 1 + word.utf8.count
        }
        return result + "\r\n"
    }

    /// Whether it can stand as it is: ASCII, not to be taken for an encoded word, and foldable.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f } && !text.contains("=?")
            && text.split(separator: " ").allSatisfy { $0.utf8.count < lineLength - 20 }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    /// Blanks between encoded words vanish when they are read, so a word may end anywhere but within a scalar.
    private static func encodedWords(_ text: String) -> [String] {
        var words: [String] = []
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            let scalarBytes = Array(String(scalar).utf8)
            if bytes.count + scalarBytes.count > encodedWordBytes {
                words.append(encodedWord(bytes))
                bytes = []
            }
            bytes += scalarBytes
        }
        if !bytes.isEmpty { words.append(encodedWord(bytes)) }
        return words
    }

    private static func encodedWord(_ bytes: [UInt8]) -> String { "=?UTF-8?B?\(Base64.encode(bytes))?=" }
}
