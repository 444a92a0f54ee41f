import CEL
import Core
import Synchronization
import Transport

/// A role that is taken on with a token that a cluster puts into a file and renews (IRSA): one request to STS, whose
/// credentials are used until shortly before they expire.
///
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
final class AWSWebIdentity: Sendable {
    let role: String
    let tokenFile: String
    /// The address of STS.
    let endpoint: String

    private struct Held {
        var credentials: AWSCredentials
        var expires: Timestamp
    }

    private let held = Mutex<Held?>(nil)

    /// What is left of the credentials' time when new ones are asked for.
    private static let margin = Duration.seconds(5 * 60)
    private static let tokenBytes = 32 * 1024

    init(role: String, tokenFile: String, endpoint: String) {
        self.role = role
        self.tokenFile = tokenFile
        self.endpoint = endpoint
    }

    /// What was had last, for a preview; nil where nothing was.
    var current: AWSCredentials? { held.withLock { $0?.credentials } }

    /// Several attempts at once may each ask: that is allowed, and rare.
    func credentials(
        _ endpoint: HTTPEndpoint, at now: Timestamp
    ) async throws(AWSCredentialProblem) -> AWSCredentials {
        if let held = held.withLock({ $0 }), held.expires.duration(since: now) > Self.margin { return held.credentials }
        let token: String
        do throws(SmallFile.Problem) {
            token = try SmallFile.text(of: tokenFile, limitBytes: Self.tokenBytes).trimmingWhitespace
        } catch {
            throw AWSCredentialProblem(message: error.message)
        }
        let fresh = try await ask(endpoint, token)
        held.withLock { $0 = fresh }
        return fresh.credentials
    }

    private func ask(_ sink: HTTPEndpoint, _ token: String) async throws(AWSCredentialProblem) -> Held {
        let fields = [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
            ("RoleSessionName", "auspex"), ("WebIdentityToken", token),
        ]
        let body = fields.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
        // Not the sink's own header fields: they are meant for another receiver.
        let request = HTTPRequest(
            method: "POST", url: endpoint,
            headerFields: [
                HeaderField("Content-Type", "application/x-www-form-urlencoded"),
                HeaderField("User-Agent", sink.userAgent),
            ],
            body: Array(body.utf8), timeouts: sink.connection.timeouts,
            responseBodyLimitBytes: SinkLimits.responseBodyBytes, onBodyLimit: .truncate,
            trust: sink.connection.trust, destination: sink.connection.destination)
        let mask = sink.mask.adding([token])
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await sink.http.send(request)
        } catch {
            throw AWSCredentialProblem(message: "STS: " + mask.masked(error.description))
        }
        let text = String(decoding: response.body, as: UTF8.self)
        guard response.status == 200, let accessKey = Self.element("AccessKeyId", in: text),
            let secretKey = Self.element("SecretAccessKey", in: text),
            let sessionToken = Self.element("SessionToken", in: text),
            let expires = Self.element("Expiration", in: text).flatMap({ Timestamp(rfc3339: $0) })
        else {
            let said = Self.element("Message", in: text).map { TextNormaliser.oneLine(mask.masked($0)) }
            let reason = said.map { TextCut.graphemes($0, limit: SinkLimits.reasonCharacters) }
            throw AWSCredentialProblem(
                message: "STS gives no credentials: HTTP \(response.status)" + (reason.map { ": \($0)" } ?? ""))
        }
        let credentials = AWSCredentials(accessKey: accessKey, secretKey: secretKey, sessionToken: sessionToken)
        return Held(credentials: credentials, expires: expires)
    }

    /// The text of an XML element; what is looked for here has no entities and no attributes.
    private static func element(_ name: String, in text: String) -> String? {
        guard let start = text.firstRange(of: "<\(name)>")?.upperBound,
            let end = text[start...].firstRange(of: "</\(name)>")?.lowerBound
        else { return nil }
        return text[start..<end].trimmingWhitespace
    }
}
