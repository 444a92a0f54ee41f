import CEL
import Core
import Crypto
import FoundationEssentials

/// Decides who may see the page and the metrics.
struct Gate: Sendable {
    /// How long a browser stays signed in.
    static let sessionSeconds: Int64 = 7 * 86_400
    static let cookieName = "auspex_session"

    private let token: Secret?

    /// - Parameter token: nil where everybody who can connect may see everything, as on loopback.
    init(token: Secret?) { self.token = token }

    var isOpen: Bool { token == nil }

    /// - Parameters:
    ///   - authorization: the header field, if there is one; if it is wrong, no cookie makes up for it.
    ///   - cookies: the values of our cookie; a browser may send several.
    func admits(authorization: String?, cookies: [String], at now: Timestamp) -> Bool {
        guard token != nil else { return true }
        if let authorization { return bearer(in: authorization).map(isToken) ?? false }
        return cookies.contains { isSession($0, at: now) }
    }

    /// In a time that does not depend on how much of it is right.
    func isToken(_ text: String) -> Bool {
        guard let token, !token.isEmpty else { return false }
        return Self.areSame(text, token.reveal())
    }

    /// A value for the cookie, from which the token cannot be found. With another token it is worth nothing.
    func session(at now: Timestamp) -> String? {
        signed(expiry: now.advanced(by: .seconds(Self.sessionSeconds)).seconds)
    }

    private func isSession(_ text: String, at now: Timestamp) -> Bool {
        guard let expiry = text.split(separator: ".").first.flatMap({ Int64($0) }), expiry > now.seconds,
            let expected = signed(expiry: expiry)
        else { return false }
        return Self.areSame(text, expected)
    }

    private func signed(expiry: Int64) -> String? {
        guard let token, !token.isEmpty else { return nil }
        let key = SymmetricKey(data: Data(token.reveal().utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data("auspex page session until \(expiry)".utf8), using: key)
        return "\(expiry).\(Data(code).base64EncodedString())"
    }

    private func bearer(in header: String) -> String? {
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    /// Digests are compared in constant time, and reveal nothing about where two texts differ.
    private static func areSame(_ left: String, _ right: String) -> Bool {
        SHA256.hash(data: Data(left.utf8)) == SHA256.hash(data: Data(right.utf8))
    }
}
