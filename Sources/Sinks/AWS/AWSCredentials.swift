import Core

/// The keys that a request to AWS is signed with.
struct AWSCredentials: Sendable, Hashable {
    var accessKey: String
    var secretKey: String
    /// Of temporary credentials.
    var sessionToken: String?

    /// What must not be shown.
    var secrets: [String] { [secretKey] + (sessionToken.map { [$0] } ?? []) }
}

/// Why there are no credentials now; a later attempt may have better luck. Shows no secret.
struct AWSCredentialProblem: Error {
    var message: String
}

/// A shared credentials file, as AWS's own tools write and renew it: read again for every attempt.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
struct AWSCredentialsFile: Sendable, Hashable {
    var path: String
    var profile: String

    private static let limitBytes = 256 * 1024

    func read() throws(AWSCredentialProblem) -> AWSCredentials {
        let text: String
        do throws(SmallFile.Problem) {
            text = try SmallFile.text(of: path, limitBytes: Self.limitBytes)
        } catch {
            throw AWSCredentialProblem(message: error.message)
        }
        return try credentials(in: text)
    }

    func credentials(in text: String) throws(AWSCredentialProblem) -> AWSCredentials {
        guard let members = members(text) else {
            throw AWSCredentialProblem(message: "\(path) has no profile [\(profile)]")
        }
        guard let accessKey = members["aws_access_key_id"], let secretKey = members["aws_secret_access_key"] else {
            throw AWSCredentialProblem(
                message: "the profile [\(profile)] of \(path) has no aws_access_key_id and aws_secret_access_key")
        }
        return AWSCredentials(
            accessKey: accessKey, secretKey: secretKey, sessionToken: members["aws_session_token"])
    }

    /// What stands under the profile; of a profile that stands twice, the later lines win, as with AWS's tools.
    private func members(_ text: String) -> [String: String]? {
        var members: [String: String]?
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmingWhitespace
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("[") {
                let name = line.dropFirst().prefix { $0 != "]" }.trimmingWhitespace
                isInside = name == profile || name == "profile \(profile)"
                if isInside, members == nil { members = [:] }
                continue
            }
            guard isInside, let equals = line.firstIndex(of: "=") else { continue }
            let value = line[line.index(after: equals)...].trimmingWhitespace
            if !value.isEmpty { members?[line[..<equals].trimmingWhitespace.lowercased()] = value }
        }
        return members
    }
}
