import Crypto
import FoundationEssentials

/// What a receiver makes of a delivery's signature.
package enum CallbackVerdict: Hashable, Sendable {
    case verified
    /// The receiver has no secret to check with.
    case notChecked
    /// A header of Standard Webhooks is missing or no header of that kind.
    case unsigned
    /// No signature fits any secret: another key, or other bytes.
    case wrongSignature
    /// Signed rightly, but so many seconds away from the receiver's clock.
    case stale(seconds: Int64)
}

/// Signatures of Standard Webhooks: `v1` (HMAC-SHA256, secrets `whsec_…`) and `v1a` (Ed25519, keys `whpk_…`).
/// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
package struct StandardWebhook: Sendable {
    /// A delivery may be so many seconds old, or ahead.
    package static let tolerance: Int64 = 300

    private enum Key: Sendable {
        case shared(SymmetricKey)
        case publicKey(Curve25519.Signing.PublicKey)
    }

    private let keys: [Key]

    /// - Parameter secrets: any of them may have signed. One that is neither `whsec_` nor `whpk_` with Base64 behind it
    ///   is taken as the bytes of its text.
    package init(secrets: [String]) {
        keys = secrets.map { secret in
            if secret.hasPrefix("whpk_"), let raw = Data(base64Encoded: String(secret.dropFirst(5))),
                let key = try? Curve25519.Signing.PublicKey(rawRepresentation: raw)
            {
                return .publicKey(key)
            }
            return .shared(SymmetricKey(data: Self.sharedBytes(secret)))
        }
    }

    private static func sharedBytes(_ secret: String) -> Data {
        guard secret.hasPrefix("whsec_") else { return Data(secret.utf8) }
        return Data(base64Encoded: String(secret.dropFirst(6))) ?? Data(secret.utf8)
    }

    /// Judges a delivery by its three headers (`webhook-id`, `webhook-timestamp`, `webhook-signature`) and its body.
    package func verdict(
        id: String?, timestamp: String?, signature: String?, body: [UInt8], at now: WorldTime
    ) -> CallbackVerdict {
        guard !keys.isEmpty else { return .notChecked }
        guard let id, !id.isEmpty, let timestamp, let seconds = Int64(timestamp), let signature else {
            return .unsigned
        }
        let signed = Self.signedContent(id: id, timestamp: timestamp, body: body)
        guard signature.split(separator: " ").contains(where: { isGood($0, for: signed) }) else {
            return .wrongSignature
        }
        let age = now.seconds.subtractingReportingOverflow(seconds).partialValue
        return age.magnitude <= UInt64(Self.tolerance) ? .verified : .stale(seconds: age)
    }

    private static func signedContent(id: String, timestamp: String, body: [UInt8]) -> Data {
        var content = Data("\(id).\(timestamp).".utf8)
        content.append(contentsOf: body)
        return content
    }

    private func isGood(_ entry: Substring, for signed: Data) -> Bool {
        let parts = entry.split(separator: ",", maxSplits: 1)
        guard parts.count == 2, let code = Data(base64Encoded: String(parts[1])) else { return false }
        return keys.contains { key in
            switch (key, parts[0]) {
            case (.shared(let key), "v1"):
                HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: signed, using: key)
            case (.publicKey(let key), "v1a"): key.isValidSignature(code, for: signed)
            default: false
            }
        }
    }

    /// The `v1,…` entry that a sender with the secret puts into `webhook-signature`.
    package static func sign(id: String, timestamp: Int64, body: [UInt8], secret: String) -> String {
        let signed = signedContent(id: id, timestamp: String(timestamp), body: body)
        let code = HMAC<SHA256>.authenticationCode(for: signed, using: SymmetricKey(data: sharedBytes(secret)))
        return "v1,\(Data(code).base64EncodedString())"
    }
}
