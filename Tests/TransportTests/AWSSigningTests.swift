import Testing
import Transport

@Suite(.timeLimit(.minutes(30))) struct `A request signed for AWS` {
    private static let signing = AWSSigning(
        service: "sqs", region: "eu-central-1", accessKey: "AKIDEXAMPLE", secretKey: "s3cret/+key",
        sessionToken: "t0ken==")

    private func request(_ change: (inout HTTPRequest) -> Void = { _ in }) -> HTTPRequest {
        var request = HTTPRequest(
            method: "POST", url: "http://127.0.0.1:9/2015-03-31/functions/f_1/invocations?A=1&B=%24x",
            headerFields: [HeaderField("Content-Type", "application/json")], body: Array("{}".utf8),
            signing: Self.signing)
        change(&request)
        return request
    }

    @Test func `is printed as a line that signs it again`() {
        let line = curlCommandLine(for: request(), masking: [])
        #expect(line.contains(" --aws-sigv4 aws:amz:eu-central-1:sqs --user AKIDEXAMPLE:s3cret/+key "))
        #expect(line.contains(" --header 'X-Amz-Security-Token: t0ken=='"))
        // It would be signed, and then not be sent.
        #expect(!line.contains("Expect:"))
        let masked = curlCommandLine(for: request(), masking: ["s3cret/+key", "t0ken=="])
        #expect(!masked.contains("s3cret") && !masked.contains("t0ken"))
    }

    @Test func `carries scope, time, signed fields and token`() async throws {
        try await withServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") { server, transport in
            _ = try await transport.send(request { $0.url = server.url + "/" })
            let sent = try #require(server.received.first)
            #expect(sent.contains("/eu-central-1/sqs/aws4_request, SignedHeaders="))
            #expect(sent.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="))
            #expect(sent.contains("X-Amz-Security-Token: t0ken=="))
            // The next one on the same handle is not signed.
            _ = try await transport.send(
                request {
                    $0.url = server.url + "/"
                    $0.signing = nil
                })
            #expect(server.received.last?.contains("AWS4") == false)
        }
    }

    @Test(arguments: [
        "/functions/arn:aws:lambda:eu-central-1:1:function:f/invocations", "/functions/arn%3Aaws/x", "/a%20b", "/a//b",
        "/a$b", "/?B=1&A=2", "/?A", "/?A=b/c", "/?A=1&A=0",
    ])
    func `is refused where libcurl would sign something else than AWS`(_ target: String) async throws {
        try await expectRefusal(request { $0.url = "http://127.0.0.1:9" + target })
    }

    @Test func `is refused with fields that cannot be signed`() async throws {
        let type = HeaderField("Content-Type", "application/json")
        for fields in [
            [], [type, HeaderField("Authorization", "Bearer x")], [type, HeaderField("x-amz-date", "x")],
            [type, HeaderField("X-Amz-Security-Token", "x")], [type, HeaderField("X", "")],
            [type, HeaderField("X", "1"), HeaderField("x", "2")],
        ] {
            try await expectRefusal(request { $0.headerFields = fields })
        }
        try await expectRefusal(request { $0.body = Array(repeating: 0x20, count: 1_000_001) })
    }

    @Test(arguments: ["", "a b", "a\r\nb", "a:b", "é"]) func `is refused with what is no key and no region`(
        _ text: String
    ) async throws {
        try await expectRefusal(request { $0.signing?.accessKey = text })
        try await expectRefusal(request { $0.signing?.region = text })
        try await expectRefusal(request { $0.signing?.service = text })
        if text != "a:b" {
            try await expectRefusal(request { $0.signing?.secretKey = text })
            try await expectRefusal(request { $0.signing?.sessionToken = text })
        }
    }

    private func expectRefusal(_ request: HTTPRequest) async throws {
        let transport = CurlTransport(options: CurlTransport.Options())
        defer { transport.shutdown() }
        let error = await #expect(throws: TransportError.self) { _ = try await transport.send(request) }
        guard case .invalidRequest(let reason)? = error?.kind else {
            Issue.record("not refused as invalid: \(String(describing: error))")
            return
        }
        #expect(!reason.contains("s3cret"))
    }
}
