import Testing
import Transport

@Suite(.timeLimit(.minutes(30))) struct `A request that could be more than one` {
    @Test(arguments: [
        "a\r\nX-Injected: 1", "a\nb", "a\rb", "a\u{0}b", "a\u{1B}b", "a\u{7F}b",
    ])
    func `is refused for a header value`(value: String) async throws {
        try await expectRefusal { $0.headerFields = [HeaderField("X-Title", value)] }
    }

    @Test(arguments: ["", "X Title", "X-Title:", "X-Title\r\nEvil", "X-T\u{0}", "Tïtle", "@file", "X;"])
    func `is refused for a header name`(name: String) async throws {
        try await expectRefusal { $0.headerFields = [HeaderField(name, "v")] }
    }

    @Test(arguments: [
        "Host", "content-length", "Transfer-Encoding", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade",
        "Proxy-Connection", "Proxy-Authorization", "Expect", "HTTP2-Settings",
    ])
    func `is refused for a field that belongs to the connection`(name: String) async throws {
        try await expectRefusal { $0.headerFields = [HeaderField(name, "v")] }
    }

    @Test(arguments: ["", "GET /evil HTTP/1.1\r\n", "G T", "GET\u{0}", "CONNECT", "GÉT", "GET:"])
    func `is refused for a method`(method: String) async throws {
        try await expectRefusal { $0.method = method }
    }

    @Test(arguments: [
        "/a b", "/a\r\nX: y", "/a\u{0}b", "/ä", "/a\tb",
    ])
    func `is refused for a path`(path: String) async throws {
        try await expectRefusal { $0.url += path }
    }

    @Test(arguments: [
        "", "example.com/a", "//example.com/", "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/",
        "smtp://127.0.0.1/",
        "http://", "http://user@127.0.0.1/", "http://user:pass@127.0.0.1/", "http://:pass@127.0.0.1/",
        "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:x/", "http://[::1/", "telnet://127.0.0.1",
        "http://exa%00mple.com/", "-o/etc/passwd",
    ])
    func `is refused for a URL`(url: String) async throws {
        try await expectRefusal { $0.url = url }
    }

    @Test func `is refused for its sizes and times`() async throws {
        try await expectRefusal { $0.headerFields = Array(repeating: HeaderField("A", "b"), count: 200) }
        try await expectRefusal { $0.headerFields = [HeaderField("A", String(repeating: "b", count: 70_000))] }
        try await expectRefusal { $0.url += "/" + String(repeating: "a", count: 20_000) }
        try await expectRefusal { $0.timeouts.exchange = .zero }
        try await expectRefusal { $0.timeouts.connect = .seconds(-1) }
        try await expectRefusal { $0.timeouts.exchange = .seconds(Int64.max) }
        try await expectRefusal { $0.responseBodyLimitBytes = -1 }
        try await expectRefusal {
            $0.method = "HEAD"
            $0.body = []
        }
    }

    @Test func `is refused for contradictory trust`() async throws {
        try await expectRefusal {
            $0.trust.caFile = "a.pem"
            $0.trust.caBlob = [0x61]
        }
        try await expectRefusal { $0.trust.caBlob = [] }
        try await expectRefusal { $0.trust.clientKeyFile = "key.pem" }
        try await expectRefusal { $0.trust.caFile = "a\u{0}b" }
        try await expectRefusal { $0.trust.proxy = "ftp://127.0.0.1" }
        try await expectRefusal { $0.trust.proxy = "http://127.0.0.1\r\nX: y" }
    }

    @Test func `is not refused for what is merely unusual`() async throws {
        try await withServer(answering: okResponse) { server, transport in
            let request = HTTPRequest(
                method: "M-SEARCH", url: server.url + "/a//b;c=(d)'!*~%20%0D%0A?q=%00&r[]={x}",
                headerFields: [
                    HeaderField("X-Text", "tab\there, ünïcode 🎨, \"quotes\""), HeaderField("X_Y.z~|", "1"),
                ])
            let response = try await transport.send(request)
            #expect(response.status == 200)
            #expect(server.received.first?.contains("X-Text: tab\there, ünïcode 🎨, \"quotes\"\r\n") == true)
            #expect(
                server.received.first?.hasPrefix("M-SEARCH /a//b;c=(d)'!*~%20%0D%0A?q=%00&r[]={x} HTTP/1.1\r\n") == true
            )
        }
    }

    private func expectRefusal(
        sourceLocation: SourceLocation = #_sourceLocation, _ spoil: (inout HTTPRequest) -> Void
    ) async throws {
        try await withServer(answering: okResponse) { server, transport in
            var request = HTTPRequest(url: server.url)
            spoil(&request)
            let error = try await failure(transport, request, sourceLocation: sourceLocation)
            #expect(error.isInvalidRequest, "\(error)", sourceLocation: sourceLocation)
            #expect(!error.mayHaveBeenReceived, sourceLocation: sourceLocation)
            #expect(server.connectionCount == 0, sourceLocation: sourceLocation)
        }
    }
}

@Suite struct `The parts of a URL` {
    @Test(arguments: [
        ("http://example.com", "http://example.com:80", "/"),
        ("HTTPS://Example.COM/a/b?c=d#e", "https://example.com:443", "/a/b"),
        ("https://example.com:8443/", "https://example.com:8443", "/"),
        ("http://[::1]:8080/x", "http://[::1]:8080", "/x"),
        ("http://2130706433/", "http://127.0.0.1:80", "/"),
        ("smtp://mail.example.com", "smtp://mail.example.com:25", "/"),
        ("smtps://mail.example.com", "smtps://mail.example.com:465", "/"),
    ])
    func `are as libcurl reads them`(url: String, origin: String, path: String) throws {
        let parts = try URLParts(url)
        #expect(parts.origin == origin)
        #expect(parts.path == path)
    }

    @Test(arguments: [
        ("http://localhost/", true), ("http://LOCALHOST:1/", true), ("http://a.localhost/", true),
        ("http://127.0.0.1/", true),
        ("http://127.9.9.9/", true), ("http://127.1/", true), ("http://0x7f000001/", true), ("http://[::1]/", true),
        ("http://[::ffff:127.0.0.1]/", true), ("http://localhost.example.com/", false), ("http://notlocalhost/", false),
        ("http://10.0.0.1/", false), ("http://0.0.0.0/", false), ("http://[::2]/", false),
        ("http://127.0.0.1.nip.io/", false),
    ])
    func `know this machine`(url: String, isLoopback: Bool) throws {
        #expect(try URLParts(url).isLoopbackHost == isLoopback)
    }

    @Test func `tell one origin from another`() throws {
        let base = try URLParts("https://example.com/a")
        #expect(base.hasSameOrigin(as: try URLParts("HTTPS://EXAMPLE.com:443/b?c")))
        for other in [
            "http://example.com/a", "https://example.com:444/a", "https://example.org/a", "https://example.com.evil/a",
        ] {
            #expect(!base.hasSameOrigin(as: try URLParts(other)))
        }
    }
}
