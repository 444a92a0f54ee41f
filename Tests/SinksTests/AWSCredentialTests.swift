import CEL
import Core
import Foundation
import Sinks
import Testing
import Transport

/// A queue's sink whose credentials are somewhere else than in the configuration.
private func queue(_ values: [String: SettingValue], http: ScriptedHTTP) throws -> any Sink {
    try sink(
        "aws-sqs",
        [
            "queue": .string("https://sqs.eu-central-1.amazonaws.com/1/alerts"), "region": .string("eu-central-1"),
        ].merging(values) { $1 }, http: http)
}

private func taken(_ count: Int) -> [Result<HTTPResponse, TransportError>] {
    Array(repeating: .success(HTTPResponse(status: 200, body: Array(#"{"MessageId":"m"}"#.utf8))), count: count)
}

@Suite struct `AWS credentials in a file` {
    private func write(_ text: String, _ path: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }

    @Test func `are read again for every attempt, and shown in none`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/credentials"
        try write(
            """
            # of AWS's own tools
            [other]
            aws_access_key_id = AKIAOTHER
            aws_secret_access_key = other-s3cret
            [default]
            aws_access_key_id=AKIAFIRST
            AWS_SECRET_ACCESS_KEY = first-s3cret==
            region = us-east-1
            """, path)
        let http = ScriptedHTTP(
            taken(1) + [.success(HTTPResponse(status: 500, body: Array("second-s3cret t0ken=".utf8)))])
        let sink = try queue(["credentials_file": .string(path)], http: http)
        #expect(await sink.attempt(Sample.delivery(), at: Sample.now).outcome == .delivered)
        try write(
            "[default]\r\naws_access_key_id = AKIASECOND\r\naws_secret_access_key = second-s3cret\r\n"
                + "aws_session_token = t0ken=\r\n", path)
        let second = await sink.attempt(Sample.delivery(), at: Sample.now)
        #expect(http.requests.map(\.signing?.accessKey) == ["AKIAFIRST", "AKIASECOND"])
        #expect(http.requests.map(\.signing?.secretKey) == ["first-s3cret==", "second-s3cret"])
        #expect(http.requests.map(\.signing?.sessionToken) == [nil, "t0ken="])
        #expect(!second.answer.contains("second-s3cret") && !second.answer.contains("t0ken="))
        #expect(second.outcome == .failed(reason: "HTTP 500: *** ***", after: nil))
        let preview = sink.preview(Sample.delivery(), at: Sample.now)
        #expect(preview.contains("--user 'AKIASECOND:***'") && !preview.contains("t0ken="))
    }

    @Test func `may be in another profile, as a configuration file writes it too`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/credentials"
        try write("[profile ci]\naws_access_key_id = AKIACI\naws_secret_access_key = s3cretkey\n", path)
        let http = ScriptedHTTP(taken(1))
        let sink = try queue(["credentials_file": .string(path), "profile": .string("ci")], http: http)
        _ = await sink.attempt(Sample.delivery(), at: Sample.now)
        #expect(http.requests.first?.signing?.accessKey == "AKIACI")
    }

    @Test func `that are not there for a while make attempts fail, and nothing worse`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/credentials"
        try write("[default]\naws_access_key_id = A\naws_secret_access_key = s3cretkey\n", path)
        let http = ScriptedHTTP(taken(1))
        let sink = try queue(["credentials_file": .string(path)], http: http)
        for text in ["", "[default]\naws_access_key_id = A\n", "[x]\n"] {
            try write(text, path)
            #expect(await sink.attempt(Sample.delivery(), at: Sample.now).outcome.name == "failed")
        }
        try FileManager.default.removeItem(atPath: path)
        let result = await sink.attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome.reason?.contains("No such file or directory") == true)
        #expect(http.requests.isEmpty)
    }
}

@Suite struct `AWS credentials` {
    @Test func `are given in one way, and whole`() throws {
        let queue: [String: SettingValue] = [
            "queue": .string("https://q.example/1/q"), "region": .string("eu-central-1"),
        ]
        func told(_ values: [String: SettingValue]) throws -> [String] {
            try problems("aws-sqs", queue.merging(values) { $1 })
        }
        let key: [String: SettingValue] = ["access_key": .string("A"), "secret_key": .secret(Secret("s3cretkey"))]
        #expect(try told(key) == [])
        #expect(try told([:]).first?.hasPrefix("access_key: is required with secret_key; or give") == true)
        #expect(try told(["access_key": .string("A")]) == ["secret_key: is required with access_key"])
        #expect(
            try told(key.merging(["credentials_file": .string("/x")]) { $1 })
                == ["credentials_file: cannot be given together with access_key"])
        #expect(try told(["role": .string("arn:x")]) == ["web_identity_token_file: is required with role"])
        #expect(
            try told(["credentials_file": .string("/nowhere/x")]).first?.hasPrefix("credentials_file: /nowhere/x")
                == true)
        let sts: [String: SettingValue] = [
            "role": .string("arn:x"), "web_identity_token_file": .string("/x"), "sts": .string("http://sts.example/"),
        ]
        #expect(try told(sts).first?.hasPrefix("sts: http:// to another machine") == true)
    }
}

@Suite struct `A role in AWS` {
    private static let answer = """
        <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <AssumeRoleWithWebIdentityResult><Credentials>
            <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>r0le-s3cret</SecretAccessKey>
            <SessionToken>r0le-t0ken</SessionToken><Expiration>2026-05-04T11:00:20Z</Expiration>
          </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
        """

    private func role(_ folder: String, _ http: ScriptedHTTP) throws -> any Sink {
        let path = folder + "/token"
        try Data("a.web+identity/t0ken\n".utf8).write(to: URL(filePath: path))
        return try queue(
            [
                "role": .string("arn:aws:iam::1:role/auspex"), "web_identity_token_file": .string(path),
                "headers": .stringMap([NamedText(name: "X-Own", value: .plain("of the queue"))]),
            ], http: http)
    }

    private static let given: Result<HTTPResponse, TransportError> = .success(
        HTTPResponse(status: 200, body: Array(answer.utf8)))

    @Test func `is taken on once, and again before it expires`() async throws {
        let http = ScriptedHTTP([Self.given] + taken(2) + [Self.given] + taken(1))
        let folder = try TemporaryFolder()
        let sink = try role(folder.path, http)
        for minutes in [0, 54, 56] {
            let now = Sample.now.advanced(by: .seconds(minutes * 60))
            #expect(await sink.attempt(Sample.delivery(), at: now).outcome == .delivered)
        }
        let hosts = http.requests.map { $0.url.split(separator: "/")[1] }
        #expect(hosts == ["sts", "sqs", "sqs", "sts", "sqs"].map { "\($0).eu-central-1.amazonaws.com" })
        let asked = http.requests[0]
        #expect(asked.signing == nil && asked.method == "POST" && asked.field("X-Own") == nil)
        #expect(
            asked.bodyText
                == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fauspex"
                + "&RoleSessionName=auspex&WebIdentityToken=a.web%2Bidentity%2Ft0ken")
        let signing = try #require(http.requests[1].signing)
        #expect(
            signing.accessKey == "ASIAROLE" && signing.secretKey == "r0le-s3cret"
                && signing.sessionToken == "r0le-t0ken")
        let preview = sink.preview(Sample.delivery(), at: Sample.now)
        #expect(!preview.contains("r0le-") && preview.contains("ASIAROLE"))
    }

    @Test func `that STS does not give makes an attempt fail, without the token in the reason`() async throws {
        let folder = try TemporaryFolder()
        let refusal = "<ErrorResponse><Error><Message>no a.web+identity/t0ken\n</Message></Error></ErrorResponse>"
        let sink = try role(folder.path, ScriptedHTTP(400, refusal))
        let preview = sink.preview(Sample.delivery(), at: Sample.now)
        #expect(preview.contains("--user '***:***'"))
        let outcome = await sink.attempt(Sample.delivery(), at: Sample.now).outcome
        #expect(
            outcome == .failed(reason: "no AWS credentials: STS gives no credentials: HTTP 400: no ***", after: nil))
        let dead = try role(folder.path, ScriptedHTTP(failing: .connect))
        #expect(await dead.attempt(Sample.delivery(), at: Sample.now).outcome.name == "failed")
    }
}
