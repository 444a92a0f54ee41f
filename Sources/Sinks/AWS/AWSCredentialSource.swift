import CEL
import Core

/// Where a sink has its AWS credentials from.
enum AWSCredentialSource: Sendable {
    /// The configuration.
    case fixed(AWSCredentials)
    case file(AWSCredentialsFile)
    case webIdentity(AWSWebIdentity)

    /// The credentials for an attempt now.
    func credentials(
        _ endpoint: HTTPEndpoint, at now: Timestamp
    ) async throws(AWSCredentialProblem) -> AWSCredentials {
        switch self {
        case .fixed(let credentials): return credentials
        case .file(let file): return try file.read()
        case .webIdentity(let identity): return try await identity.credentials(endpoint, at: now)
        }
    }

    /// What a preview is made with, without asking anybody; nil where there are none yet.
    var known: AWSCredentials? {
        switch self {
        case .fixed(let credentials): credentials
        case .file(let file): try? file.read()
        case .webIdentity(let identity): identity.current
        }
    }
}

extension AWSCredentialSource {
    /// The one way that the settings give credentials in; nil for a form that does not sign for AWS, and after telling
    /// `reader` what is wrong.
    init?(
        _ form: Form, settings: CELValue, _ connection: ConnectionSettings, _ reader: inout SettingReader
    ) {
        guard case .aws(let credentials)? = form.request.signing else { return nil }
        let given = Given(credentials, form.scope.request.activation(["settings": settings]))
        let isByRole = given["role"] != nil || given["web_identity_token_file"] != nil
        let ways = [
            isByRole ? "role" : nil, given["credentials_file"] != nil ? "credentials_file" : nil,
            given["access_key"] != nil || given["secret_key"] != nil ? "access_key" : nil,
        ].compactMap(\.self)
        guard ways.count == 1 else {
            let message =
                ways.isEmpty
                ? "is required with secret_key; or give credentials_file, or role with web_identity_token_file"
                : "cannot be given together with \(ways[1])"
            reader.reject(given.setting(ways.first ?? "access_key", reader), message)
            return nil
        }
        func needed(_ key: String) -> String? {
            if let value = given[key] { return value }
            reader.reject(given.setting(key, reader), "is required with \(given.setting(ways[0], reader))")
            return nil
        }
        switch ways[0] {
        case "role":
            guard let role = needed("role"), let file = needed("web_identity_token_file") else { return nil }
            let endpoint = given["sts"] ?? "https://sts.\(given.region).amazonaws.com/"
            if let problem = AddressRules.problem(of: endpoint, connection) {
                reader.reject(given.setting("sts", reader), problem)
                return nil
            }
            self = .webIdentity(AWSWebIdentity(role: role, tokenFile: file, endpoint: endpoint))
        case "credentials_file":
            guard let path = needed("credentials_file") else { return nil }
            let file = AWSCredentialsFile(path: path, profile: given["profile"] ?? "default")
            do throws(AWSCredentialProblem) {
                _ = try file.read()
            } catch {
                reader.reject(given.setting("credentials_file", reader), error.message)
                return nil
            }
            self = .file(file)
        default:
            guard let accessKey = needed("access_key"), let secretKey = needed("secret_key") else { return nil }
            self = .fixed(
                AWSCredentials(accessKey: accessKey, secretKey: secretKey, sessionToken: given["session_token"]))
        }
    }

    /// What `aws:` comes to with the settings of a sink.
    private struct Given {
        private let form: FormCredentials
        private let activation: Activation

        init(_ form: FormCredentials, _ activation: Activation) {
            self.form = form
            self.activation = activation
        }

        var region: String { text(form.region) ?? "" }

        subscript(key: String) -> String? { form.ways[key].flatMap(text) }

        /// The setting that a key is, as far as the sink's entry has it by itself.
        func setting(_ key: String, _ reader: SettingReader) -> String {
            guard case .value(_, .setting(let name))? = form.ways[key]?.lone else { return "request" }
            return reader.has("settings") ? "settings" : name
        }

        private func text(_ leaf: FormLeaf) -> String? {
            var text = ""
            for part in leaf.parts {
                switch part {
                case .markup(let words): text += words
                case .insert(let insert):
                    guard let value = value(insert) else { return nil }
                    text += value.inserted
                }
            }
            return text.isEmpty ? nil : text
        }

        private func value(_ insert: FormInsert) -> CELValue? {
            switch insert {
            case .text: return nil
            case .conditional(let condition, let first, let second):
                guard let holds = try? condition.evaluateBool(activation) else { return nil }
                return value(holds ? first : second)
            case .optional(let content, _): return value(content)
            case .value(let program, _): return (try? program.evaluate(activation))?.content
            }
        }
    }
}
