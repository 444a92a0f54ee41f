import CEL
import ConfigurationFiles
import Core
import Transport

/// How a form's requests are signed.
enum FormSigning: Sendable {
    /// Signature Version 4 of AWS.
    case aws(FormCredentials)
    /// As a callback is signed, with the keys in a setting.
    case standardWebhooks(setting: String)
}

extension FormReader {
    static let signingKeys = ["aws", "sign"]

    mutating func signing(
        _ members: [String: YAMLNode], at node: YAMLNode, _ environment: Environment
    ) -> FormSigning? {
        if members["aws"] != nil, members["sign"] != nil {
            reader.error(at: node, "a request is signed in one way, and here are `aws` and `sign`")
        }
        if let node = members["aws"] { return aws(node, members, environment) }
        return members["sign"].flatMap { sign($0, environment) }
    }

    private mutating func sign(_ node: YAMLNode, _ environment: Environment) -> FormSigning? {
        let hint = "such as sign: { standard-webhooks: \"${settings.secret}\" }"
        guard let members = reader.members(of: node, known: ["standard-webhooks"], what: "`sign`") else { return nil }
        guard let secrets = members["standard-webhooks"] else {
            reader.error(at: node, "`sign` does not say how", hint: hint)
            return nil
        }
        guard let leaf = leaf(secrets, environment, what: "the keys") else { return nil }
        guard case .value(_, .setting(let name))? = leaf.lone else {
            reader.error(at: secrets, "the keys must be a setting and nothing else", hint: hint)
            return nil
        }
        return .standardWebhooks(setting: name)
    }
}

extension FormLeaf {
    /// Whether nobody else than the author and the operator has a part in it.
    var isOwn: Bool {
        parts.allSatisfy { part in if case .insert(let insert) = part { insert.isOwn } else { true } }
    }
}

extension FormSigning {
    /// The keys in the setting that `forms` sign with; each that is none is told to `reader`.
    static func keys(
        of form: Form, _ values: [String: SettingValue], _ reader: inout SettingReader
    ) -> [WebhookSecret] {
        guard case .standardWebhooks(let name)? = form.request.signing else { return [] }
        let texts = values[name]?.texts.map { $0.reveal() } ?? []
        let isDeclared = reader.has(name)
        var keys: [WebhookSecret] = []
        for (index, text) in texts.enumerated() {
            do throws(WebhookSecret.Problem) {
                keys.append(try WebhookSecret(Secret(text)))
            } catch {
                let message = texts.count > 1 ? "number \(index + 1) \(error.message)" : error.message
                reader.reject(isDeclared ? name : "settings", isDeclared ? message : "`\(name)` \(message)")
            }
        }
        return keys
    }

    /// What must not be shown of the keys besides the settings themselves: each without its prefix.
    static func secrets(of form: Form, _ values: [String: SettingValue]) -> [String] {
        guard case .standardWebhooks(let name)? = form.request.signing else { return [] }
        return values[name]?.texts.flatMap { setting in
            let text = setting.reveal().trimmingWhitespace
            return [text, text.split(separator: "_", maxSplits: 1).last.map(String.init) ?? text]
        } ?? []
    }
}

extension FormRequestBuilder {
    /// The fields of a signature over `body`, which is sent as it is.
    func signature(_ signing: FormSigning?, of body: [UInt8]?) -> [HeaderField] {
        guard case .standardWebhooks? = signing else { return [] }
        let id = renderer.situation.notification.id.rawValue
        var fields = [HeaderField("webhook-id", id), HeaderField("webhook-timestamp", "\(now.seconds)")]
        if let value = signer.value(id: id, timestamp: now.seconds, body: body ?? []) {
            fields.append(HeaderField("webhook-signature", value))
        }
        return fields
    }
}
