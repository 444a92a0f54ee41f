import Glibc
import Testing
import Transport

@Suite(.timeLimit(.minutes(30))) struct `A proxy` {
    @Test func `is used where it is configured`() async throws {
        try await withServer(answering: okResponse) { proxy, transport in
            let request = HTTPRequest(url: "http://example.invalid/a", trust: TrustSettings(proxy: proxy.url))
            let response = try await transport.send(request)
            #expect(response.status == 200)
            #expect(proxy.received.first?.hasPrefix("GET http://example.invalid/a HTTP/1.1\r\n") == true)
        }
    }

    @Test func `that refuses the tunnel is not the server's answer, and nothing was sent`() async throws {
        let refusal = "HTTP/1.1 403 Forbidden\r\nX-Proxy: yes\r\nContent-Length: 0\r\n\r\n"
        try await withServer(answering: refusal) { proxy, transport in
            let request = HTTPRequest(
                method: "POST", url: "https://example.invalid/", body: [0x61], onBodyLimit: .truncate,
                trust: TrustSettings(proxy: proxy.url))
            let error = try await failure(transport, request)
            #expect(error.kind == .connect)
            #expect(!error.mayHaveBeenReceived)
        }
    }

    @Test func `in the environment is ignored`() async {
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
                setenv(name, "http://127.0.0.1:1", 1)
            }
            try await withServer(answering: okResponse) { server, transport in
                _ = try await transport.send(HTTPRequest(url: server.url))
            }
        }
    }
}
