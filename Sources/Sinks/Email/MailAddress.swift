/// An address of mail, RFC 5322 section 3.4, as configurations write it.
///
/// `ops@example.com` or `Auspex <ops@example.com>`.
struct MailAddress: Sendable, Hashable {
    /// `local@domain`, in ASCII, fit for the envelope.
    let address: String
    let displayName: String

    var domain: String { String(address[address.index(after: address.lastIndex(of: "@") ?? address.startIndex)...]) }

    private static let longestLocalPart = 64
    private static let longestAddress = 254

    /// - Returns: nil for anything else; addresses beyond ASCII are not supported.
    init?(_ text: String) {
        let text = text.trimmingWhitespace
        var address = text[...]
        var displayName = ""
        if text.hasSuffix(">"), let open = text.lastIndex(of: "<") {
            address = text[text.index(after: open)...].dropLast()
            displayName = text[..<open].trimmingWhitespace
            if displayName.count >= 2, displayName.hasPrefix("\""), displayName.hasSuffix("\"") {
                displayName = String(displayName.dropFirst().dropLast())
            }
        }
        let isOneLine = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        guard isOneLine, MailAddress.isAddress(address) else { return nil }
        self.address = String(address)
        self.displayName = TextNormaliser.oneLine(displayName)
    }

    /// A dot-atom on each side; the domain may be an address literal such as `[127.0.0.1]`.
    private static func isAddress(_ text: Substring) -> Bool {
        guard text.utf8.count <= longestAddress, let at = text.lastIndex(of: "@") else { return false }
        let local = text[..<at]
        let domain = text[text.index(after: at)...]
        guard local.utf8.count <= longestLocalPart, isDotAtom(local) else { return false }
        if domain.hasPrefix("["), domain.hasSuffix("]") {
            return domain.dropFirst().dropLast().utf8.allSatisfy { isAlphanumeric($0) || ".:".utf8.contains($0) }
        }
        return isDotAtom(domain) && domain.utf8.allSatisfy { isAlphanumeric($0) || "-._".utf8.contains($0) }
    }

    private static func isDotAtom(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
                !atom.isEmpty && atom.utf8.allSatisfy { isAlphanumeric($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
            }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
