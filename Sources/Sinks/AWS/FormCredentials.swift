import CEL
import ConfigurationFiles
import Core
import Transport

/// What an AWS request is signed with; all of it the author's and the operator's.
struct FormCredentials: Sendable {
    var service: FormLeaf
    var region: FormLeaf
    /// By their keys in the file: the ways to have credentials, of which the settings choose one.
    var ways: [String: FormLeaf]
}

extension FormReader {
    private static let scopeKeys = ["service", "region"]
    private static let wayKeys = [
        "access_key", "secret_key", "session_token", "credentials_file", "profile", "role", "web_identity_token_file",
        "sts",
    ]

    mutating func aws(
        _ node: YAMLNode, _ request: [String: YAMLNode], _ environment: Environment
    ) -> FormSigning? {
        let known = FormReader.scopeKeys + FormReader.wayKeys
        guard let members = reader.members(of: node, known: known, what: "`aws`") else { return nil }
        if let basic = request["basic"] {
            reader.error(at: basic, "`aws` and `basic` both want the Authorization field")
        }
        for key in FormReader.scopeKeys where members[key] == nil { reader.error(at: node, "`aws` has no `\(key)`") }
        if members["credentials_file"] == nil, members["role"] == nil {
            for key in ["access_key", "secret_key"] where members[key] == nil {
                reader.error(
                    at: node, "`aws` has no `\(key)`", hint: "or give it a `credentials_file`, or a `role`")
            }
        }
        var leaves: [String: FormLeaf] = [:]
        for key in known {
            guard let written = members[key], let leaf = leaf(written, environment, what: "`\(key)`") else { continue }
            if leaf.isOwn {
                leaves[key] = leaf
            } else {
                reader.error(at: written, "only the author and the settings sign a request")
            }
        }
        guard let service = leaves.removeValue(forKey: "service"), let region = leaves.removeValue(forKey: "region")
        else { return nil }
        return .aws(FormCredentials(service: service, region: region, ways: leaves))
    }
}

extension FormRequestBuilder {
    /// - Parameter credentials: nil where there are none now, as a preview may find.
    func aws(_ signing: FormSigning?, _ credentials: AWSCredentials?) throws(FormProblem) -> AWSSigning? {
        guard case .aws(let form)? = signing else { return nil }
        return AWSSigning(
            service: try own(form.service), region: try own(form.region),
            accessKey: credentials?.accessKey ?? "***", secretKey: credentials?.secretKey ?? "***",
            sessionToken: credentials?.sessionToken)
    }

    private func own(_ leaf: FormLeaf) throws(FormProblem) -> String {
        do throws(EvaluationError) {
            return try renderer.optionalText(leaf) ?? ""
        } catch {
            throw FormProblem(message: "\(leaf.place) cannot be made: \(error.message)")
        }
    }
}
