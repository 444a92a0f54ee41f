package import Core
private import Crypto

/// Checks the signature of the API's own webhooks, which are hints to poll now and nothing more.
///
/// `Aurous-Webhook-Signature: t=<unix seconds>,v1=<hex>`: HMAC-SHA256 over `<t>.<raw body>` under the whole text of the
/// endpoint's secret, `whsec_` included.
package enum AurousWebhookSignature {
    package static let headerName = "Aurous-Webhook-Signature"
    /// How far `t` may be from our clock, either way.
    package static let tolerance: Duration = .seconds(300)

    package enum Verdict: Sendable, Hashable {
        case valid
        /// No header field, or none with one `t` and at least one `v1`.
        case malformed
        /// None of the secrets made it.
        case wrong
        /// Made by one of the secrets, but more than five minutes from now: late, or repeated by somebody.
        case stale
    }

    /// Judges a delivery. The time taken does not depend on how far a signature is right.
    ///
    /// - Parameters:
    ///   - header: the field's value; several fields are joined with a comma.
    ///   - secrets: any of them will do, for rotation; empty ones never do.
    ///   - now: seconds since 1970.
    package static func verify(header: String?, body: [UInt8], secrets: [Secret], now: Int64) -> Verdict {
        guard let header, let parts = Parts(header) else { return .malformed }
        let signed = Array(parts.timestampText.utf8) + [UInt8(ascii: ".")] + body
        var isValid = false
        for secret in secrets where !secret.isEmpty {
            let key = SymmetricKey(data: Array(secret.reveal().utf8))
            for signature in parts.signatures
            where HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: signed, using: key) {
                isValid = true
            }
        }
        guard isValid else { return .wrong }
        let age = now.subtractingReportingOverflow(parts.timestamp)
        guard !age.overflow, age.partialValue.magnitude <= UInt64(tolerance.components.seconds) else { return .stale }
        return .valid
    }
}

/// A header field's value, taken apart.
private struct Parts {
    /// As written, since this is what was signed.
    var timestampText: Substring
    var timestamp: Int64
    var signatures: [[UInt8]] = []

    /// No sender has more signatures than this, and each costs us a hash of the body.
    private static let mostSignatures = 8

    init?(_ header: String) {
        guard header.utf8.count <= AurousLimits.headerValueBytes else { return nil }
        var timestamps: [Substring] = []
        for part in header.split(separator: ",") {
            let pair = part.drop { $0 == " " || $0 == "\t" }
            guard let equals = pair.firstIndex(of: "=") else { return nil }
            var value = pair[pair.index(after: equals)...]
            while value.last == " " || value.last == "\t" { value.removeLast() }
            switch pair[..<equals] {
            case "t": timestamps.append(value)
            case "v1": if let bytes = Self.bytes(hex: value) { signatures.append(bytes) }
            // Later schemes may stand beside ours.
            default: break
            }
        }
        guard timestamps.count == 1, let text = timestamps.first, let number = Int64(text), number >= 0,
            text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), (1...Self.mostSignatures).contains(signatures.count)
        else { return nil }
        timestampText = text
        timestamp = number
    }

    /// The 32 bytes of a SHA-256 in hex digits.
    private static func bytes(hex: Substring) -> [UInt8]? {
        let digits = hex.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}
