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

/// What an AWS request is signed with; all of it the author's and the operator's.
struct FormCredentials: Sendable {
    var service: FormLeaf
    var region: FormLeaf
    var accessKey: FormLeaf
    var secretKey: FormLeaf
    var sessionToken: FormLeaf?
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

    private static let awsKeys = ["service", "region", "access_key", "secret_key", "session_token"]

    private mutating func aws(
        _ node: YAMLNode, _ request: [String: YAMLNode], _ environment: Environment
    ) -> FormSigning? {
        guard let members = reader.members(of: node, known: FormReader.awsKeys, what: "`aws`") else { return nil }
        if let basic = request["basic"] {
            reader.error(at: basic, "`aws` and `basic` both want the Authorization field")
        }
        var leaves: [String: FormLeaf] = [:]
        for key in FormReader.awsKeys {
            guard let written = members[key] else {
                if key != "session_token" { reader.error(at: node, "`aws` has no `\(key)`") }
                continue
            }
            guard let leaf = leaf(written, environment, what: "`\(key)`") else { continue }
            if leaf.isOwn {
                leaves[key] = leaf
            } else {
                reader.error(at: written, "only the author and the settings sign a request")
            }
        }
        guard let service = leaves["service"], let region = leaves["region"], let accessKey = leaves["access_key"],
            let secretKey = leaves["secret_key"]
        else { return nil }
        return .aws(
            FormCredentials(
                service: service, region: region, accessKey: accessKey, secretKey: secretKey,
                sessionToken: leaves["session_token"]))
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

    func aws(_ signing: FormSigning?) throws(FormProblem) -> AWSSigning? {
        guard case .aws(let credentials)? = signing else { return nil }
        return AWSSigning(
            service: try own(credentials.service), region: try own(credentials.region),
            accessKey: try own(credentials.accessKey), secretKey: try own(credentials.secretKey),
            sessionToken: try credentials.sessionToken.flatMap { leaf throws(FormProblem) in try optionalOwn(leaf) })
    }

    private func own(_ leaf: FormLeaf) throws(FormProblem) -> String { try optionalOwn(leaf) ?? "" }

    private func optionalOwn(_ leaf: FormLeaf) throws(FormProblem) -> String? {
        do throws(EvaluationError) {
            return try renderer.optionalText(leaf)
        } catch {
            throw FormProblem(message: "\(leaf.place) cannot be made: \(error.message)")
        }
    }
}
