import Testing
import Transport

private let hasOpenSSL = isInstalled("openssl")

@Suite(.timeLimit(.minutes(30)), .enabled(if: hasOpenSSL, "the openssl program makes the certificates"))
struct `A TLS connection` {
    @Test func `is not made to a server that nobody we trust vouches for`() async throws {
        let authority = try TestAuthority()
        let server = try TLSServer(authority, ["-www"])
        defer { server.stop() }
        try await withTransport { transport in
            let error = try await failure(transport, HTTPRequest(url: "https://localhost:\(server.port)/"))
            #expect(error.kind == .tls)
            #expect(!error.mayHaveBeenReceived)
            #expect(error.cause.contains("certificate"))
        }
    }

    @Test func `is made with the authority's file or bytes, and kept for those who trust it only`() async throws {
        let authority = try TestAuthority()
        let server = try TLSServer(authority, ["-www"])
        defer { server.stop() }
        try await withTransport { transport in
            let url = "https://localhost:\(server.port)/"
            for trust in [TrustSettings(caFile: authority.caFile), TrustSettings(caBlob: readFile(authority.caFile))] {
                let response = try await transport.send(HTTPRequest(url: url, trust: trust))
                #expect(response.status == 200)
                let error = try await failure(transport, HTTPRequest(url: url))
                #expect(error.kind == .tls)
            }
        }
    }

    @Test func `is not made to another name than the certificate's`() async throws {
        let authority = try TestAuthority()
        let server = try TLSServer(authority, ["-www"])
        defer { server.stop() }
        try await withTransport { transport in
            let trust = TrustSettings(caFile: authority.caFile)
            let error = try await failure(
                transport, HTTPRequest(url: "https://127.0.0.1:\(server.port)/", trust: trust))
            #expect(error.kind == .tls)
        }
    }

    @Test func `carries our certificate where the server wants one`() async throws {
        let authority = try TestAuthority()
        let server = try TLSServer(authority, ["-www", "-Verify", "1", "-verify_return_error"])
        defer { server.stop() }
        try await withTransport { transport in
            let url = "https://localhost:\(server.port)/"
            var trust = TrustSettings(caFile: authority.caFile)
            let error = try await failure(transport, HTTPRequest(method: "POST", url: url, body: [0x61], trust: trust))
            #expect(error.kind == .tls)
            #expect(!error.mayHaveBeenReceived)

            trust.clientCertificateFile = authority.clientFile
            let response = try await transport.send(HTTPRequest(url: url, trust: trust))
            #expect(response.status == 200)
        }
    }

    @Test func `is not made in TLS 1.1`() async throws {
        let authority = try TestAuthority()
        let server = try TLSServer(authority, ["-www", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        defer { server.stop() }
        try await withTransport { transport in
            let trust = TrustSettings(caFile: authority.caFile)
            let error = try await failure(
                transport, HTTPRequest(url: "https://localhost:\(server.port)/", trust: trust))
            #expect(error.kind == .tls)
        }
    }

    @Test(arguments: ["/nonexistent/ca.pem", "/dev/null"])
    func `is not made without authorities that can be read`(caFile: String) async throws {
        let authority = try TestAuthority()
        let server = try TLSServer(authority, ["-www"])
        defer { server.stop() }
        try await withTransport { transport in
            let request = HTTPRequest(url: "https://localhost:\(server.port)/", trust: TrustSettings(caFile: caFile))
            let error = try await failure(transport, request)
            #expect(error.kind == .tls)
        }
    }
}
