package import Core

/// Signs a callback as Standard Webhooks says: over `id.timestamp.body`, with every key, the first one's first.
package struct WebhookSignature: Sendable {
    private let secrets: [WebhookSecret]

    /// - Returns: nil if one of `secrets` is no key.
    package init?(_ secrets: [Secret]) {
        var keys: [WebhookSecret] = []
        for secret in secrets {
            guard let key = try? WebhookSecret(secret) else { return nil }
            keys.append(key)
        }
        self.secrets = keys
    }

    init(keys: [WebhookSecret]) { secrets = keys }

    /// The value of `webhook-signature`: one entry for each key, separated by exactly one space; nil without keys.
    package func value(id: String, timestamp: Int64, body: [UInt8]) -> String? {
        let content = Array("\(id).\(timestamp).".utf8) + body
        let signatures = secrets.compactMap { $0.signature(of: content) }
        return signatures.isEmpty ? nil : signatures.joined(separator: " ")
    }
}
