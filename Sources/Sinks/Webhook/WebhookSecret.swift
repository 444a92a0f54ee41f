import Core
import Crypto

/// A key that signs callbacks, as Standard Webhooks spells it.
///
/// - `whsec_` and 24–64 bytes in base64: HMAC-SHA256, signature `v1`. The prefix may be missing, as in the official
///   libraries.
/// - `whsk_` and an Ed25519 seed (32 bytes) or seed and public key (64 bytes) in base64: signature `v1a`.
enum WebhookSecret: Sendable {
    case shared(SymmetricKey)
    case signing(Curve25519.Signing.PrivateKey)

    /// Why a text is no key. Quotes nothing of it.
    struct Problem: Error { var message: String }

    private static let sharedKeyBytes = 24...64
    private static let seedBytes = 32

    init(_ secret: Secret) throws(Problem) {
        let text = secret.reveal().trimmingWhitespace
        if text.hasPrefix("whpk_") {
            throw Problem(message: "is a public key (whpk_); the signing key begins with whsk_")
        }
        if text.hasPrefix("whsk_") {
            self = .signing(try WebhookSecret.signingKey(text.dropFirst("whsk_".count)))
            return
        }
        let encoded = text.hasPrefix("whsec_") ? text.dropFirst("whsec_".count) : text[...]
        guard let bytes = Base64.decode(encoded) else {
            throw Problem(
                message: "must be whsec_ and base64 with its padding; make one with: "
                    + "echo whsec_$(openssl rand -base64 32)")
        }
        guard WebhookSecret.sharedKeyBytes.contains(bytes.count) else {
            throw Problem(
                message: "must hold 24 to 64 bytes and holds \(bytes.count); make one with: "
                    + "echo whsec_$(openssl rand -base64 32)")
        }
        self = .shared(SymmetricKey(data: bytes))
    }

    private static func signingKey(_ encoded: Substring) throws(Problem) -> Curve25519.Signing.PrivateKey {
        guard let bytes = Base64.decode(encoded), bytes.count == seedBytes || bytes.count == 2 * seedBytes,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes.prefix(seedBytes))
        else {
            throw Problem(message: "must be whsk_ and, in base64, an Ed25519 seed, or seed and public key")
        }
        if bytes.count > seedBytes, !key.publicKey.rawRepresentation.elementsEqual(bytes.dropFirst(seedBytes)) {
            throw Problem(message: "holds a public key that does not belong to its seed")
        }
        return key
    }

    /// The signature of `content` with its version in front, or nil if the library cannot sign.
    func signature(of content: [UInt8]) -> String? {
        switch self {
        case .shared(let key):
            return "v1," + Base64.encode(HMAC<SHA256>.authenticationCode(for: content, using: key))
        case .signing(let key):
            return (try? key.signature(for: content)).map { "v1a," + Base64.encode($0) }
        }
    }
}
