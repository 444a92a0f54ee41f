import CEL
import Core

/// Replaces a sink's secrets in texts that people will see.
///
/// Covers each secret as it is, and the forms in which a request or an answer may hold it: percent-encoded, base64, and
/// as JSON writes it, with slashes and angle brackets escaped or not. Texts of fewer than four bytes are no secrets:
/// masking them would only garble.
struct SecretMask: Sendable {
    /// Every form of every secret, longest first, so that a part never unmasks the whole.
    let forms: [String]

    private static let shortestSecretBytes = 4

    init(_ secrets: [String]) {
        var forms: Set<String> = []
        for secret in secrets {
            let trimmed = secret.trimmingWhitespace
            guard trimmed.utf8.count >= SecretMask.shortestSecretBytes else { continue }
            forms.formUnion([
                secret, trimmed, PercentEncoding.encode(trimmed), Base64.encode(Array(trimmed.utf8)),
                trimmed.replacing("/", with: "\\/"),
            ])
            forms.formUnion(SecretMask.inJSON(trimmed))
        }
        self.forms = forms.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    }

    private static func inJSON(_ secret: String) -> [String] {
        let plain = secret.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return [
            plain, plain.replacing("/", with: "\\/"), String(JSON.serialize(.string(secret)).dropFirst().dropLast()),
        ]
    }

    /// The same with more secrets.
    func adding(_ secrets: [String]) -> SecretMask {
        secrets.isEmpty ? self : SecretMask(forms: forms + SecretMask(secrets).forms)
    }

    private init(forms: [String]) {
        self.forms = Set(forms).sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    }

    func masked(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for form in forms {
            bytes = SecretMask.replacing(Array(form.utf8), in: bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Without an end that may be the beginning of a secret.
    func droppingPartialSecret(_ text: String) -> String {
        let longest = forms.first?.utf8.count ?? 0
        return longest > 1 ? TextCut.utf8(text, limit: max(0, text.utf8.count - longest + 1)) : text
    }

    private static let stars = Array("***".utf8)

    private static func replacing(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= secret.count, let first = secret.first else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            let end = position + secret.count
            if bytes[position] == first, end <= bytes.count, bytes[position..<end].elementsEqual(secret) {
                result += stars
                position = end
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return result
    }
}

extension StringProtocol {
    /// Without spaces, tabs and line ends around it, as a secret read from a file often has.
    var trimmingWhitespace: String {
        let isBlank: (Character) -> Bool = { $0.isWhitespace || $0.isNewline }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
