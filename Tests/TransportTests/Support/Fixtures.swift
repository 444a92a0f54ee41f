import Testing
import Transport

/// Runs a test's body with a transport that is shut down afterwards.
func withTransport<Result>(_ body: (CurlTransport) async throws -> Result) async rethrows -> Result {
    let transport = CurlTransport(options: .init())
    defer { transport.shutdown() }
    return try await body(transport)
}

/// Runs a test's body with a server that answers every request with the same bytes, and a transport.
func withServer<Result>(
    answering response: String,
    _ body: (LoopbackServer, CurlTransport) async throws -> Result
) async rethrows -> Result {
    let server = LoopbackServer { connection in
        while connection.readRequest() != nil, connection.send(response) {}
    }
    return try await withServer(server, body)
}

/// Runs a test's body with a server, which is stopped afterwards, and a transport.
func withServer<Result>(
    _ server: LoopbackServer,
    _ body: (LoopbackServer, CurlTransport) async throws -> Result
) async rethrows -> Result {
    defer { server.stop() }
    return try await withTransport { try await body(server, $0) }
}

let okResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

/// The error of an exchange that must fail.
func failure(
    _ transport: CurlTransport, _ request: HTTPRequest, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> TransportError {
    try await #require(throws: TransportError.self, sourceLocation: sourceLocation) {
        _ = try await transport.send(request)
    }
}

func failure(
    _ transport: CurlTransport, _ mail: MailTransaction, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> TransportError {
    try await #require(throws: TransportError.self, sourceLocation: sourceLocation) {
        _ = try await transport.send(mail)
    }
}

extension TransportError {
    var isInvalidRequest: Bool {
        if case .invalidRequest = kind { true } else { false }
    }
}
