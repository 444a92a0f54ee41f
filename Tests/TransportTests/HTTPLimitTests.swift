import Testing
import Transport

@Suite(.timeLimit(.minutes(30))) struct `An HTTP exchange that meets a bad server` {
    private let short = Timeouts(connect: .seconds(5), exchange: .milliseconds(100))

    @Test func `gives up connecting in time, and knows that nothing was sent`() async throws {
        try await withServer(LoopbackServer { $0.waitForClose() }) { server, transport in
            let silent = HTTPRequest(
                url: "https://127.0.0.1:\(server.port)",
                timeouts: Timeouts(connect: .milliseconds(100), exchange: .seconds(30)))
            let error = try await failure(transport, silent)
            #expect(error.kind == .timedOut(bytesSent: false))
            #expect(!error.mayHaveBeenReceived)
        }
    }

    @Test func `gives up waiting in time, and says that the request may have been received`() async throws {
        try await withServer(LoopbackServer { $0.waitForClose() }) { server, transport in
            let request = HTTPRequest(method: "POST", url: server.url, body: Array("x".utf8), timeouts: short)
            let error = try await failure(transport, request)
            #expect(error.kind == .timedOut(bytesSent: true))
            #expect(error.mayHaveBeenReceived)
        }
    }

    @Test func `is not kept alive by a server that drips`() async throws {
        try await withServer(LoopbackServer(dripping)) { server, transport in
            let error = try await failure(transport, HTTPRequest(url: server.url, timeouts: short))
            #expect(error.kind == .timedOut(bytesSent: true))
        }
    }

    @Test func `is judged by its status where the body does not matter, though the server drips`() async throws {
        try await withServer(LoopbackServer(dripping)) { server, transport in
            let response = try await transport.send(
                HTTPRequest(url: server.url, timeouts: short, onBodyLimit: .truncate))
            #expect(response.status == 202)
            #expect(response.isBodyTruncated)
        }
    }

    @Test func `fails on an endless body`() async throws {
        try await withServer(LoopbackServer(endlessBody)) { server, transport in
            let error = try await failure(transport, HTTPRequest(url: server.url, responseBodyLimitBytes: 100_000))
            #expect(error.kind == .bodyTooLarge(limitBytes: 100_000))
        }
    }

    @Test func `keeps the beginning of an endless body where it may be cut, and closes`() async throws {
        try await withServer(LoopbackServer(endlessBody)) { server, transport in
            let request = HTTPRequest(url: server.url, responseBodyLimitBytes: 1000, onBodyLimit: .truncate)
            let response = try await transport.send(request)
            #expect(response.status == 200)
            #expect(response.body == [UInt8](repeating: 0x61, count: 1000))
            #expect(response.isBodyTruncated)
            #expect(await server.reports.first { _ in true } == "closed")
        }
    }

    @Test func `keeps the connection when little is cut off`() async throws {
        let long = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + String(repeating: "a", count: 5000)
        try await withServer(answering: long) { server, transport in
            let request = HTTPRequest(url: server.url, responseBodyLimitBytes: 10, onBodyLimit: .truncate)
            for _ in 0..<2 {
                let response = try await transport.send(request)
                #expect(response.body.count == 10)
                #expect(response.isBodyTruncated)
            }
            #expect(server.connectionCount == 1)
        }
    }

    @Test func `takes a body of exactly the limit for whole`() async throws {
        try await withServer(answering: okResponse) { server, transport in
            for action in [BodyLimitAction.fail, .truncate] {
                let request = HTTPRequest(url: server.url, responseBodyLimitBytes: 2, onBodyLimit: action)
                let response = try await transport.send(request)
                #expect(response.body == Array("ok".utf8))
                #expect(!response.isBodyTruncated)
            }
        }
    }

    @Test func `does not wait for a body that says it is too long`() async throws {
        try await withServer(answering: "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n") {
            server, transport in
            let error = try await failure(transport, HTTPRequest(url: server.url, responseBodyLimitBytes: 1000))
            #expect(error.kind == .bodyTooLarge(limitBytes: 1000))
        }
    }

    @Test func `fails when the body breaks off`() async throws {
        try await withServer(LoopbackServer(brokenBody)) { server, transport in
            let error = try await failure(transport, HTTPRequest(url: server.url))
            #expect(error.kind == .receiveFailed)
            #expect(error.mayHaveBeenReceived)
        }
    }

    @Test func `has what there is of a body that breaks off where it may be cut`() async throws {
        try await withServer(LoopbackServer(brokenBody)) { server, transport in
            let response = try await transport.send(HTTPRequest(url: server.url, onBodyLimit: .truncate))
            #expect(response.status == 200)
            #expect(response.body == Array("part".utf8))
            #expect(response.isBodyTruncated)
        }
    }

    @Test func `does not know the outcome when the server closes without a word`() async throws {
        try await withServer(LoopbackServer { _ = $0.readRequest() }) { server, transport in
            let error = try await failure(transport, HTTPRequest(url: server.url, onBodyLimit: .truncate))
            #expect(error.kind == .receiveFailed)
            #expect(error.mayHaveBeenReceived)
        }
    }

    @Test(arguments: [(1, 70_000), (1000, 90)])
    func `refuses a head that is too large`(fields: Int, bytesEach: Int) async throws {
        let field = "X: " + String(repeating: "a", count: bytesEach) + "\r\n"
        let answer = "HTTP/1.1 200 OK\r\n" + String(repeating: field, count: fields) + "\r\n"
        try await withServer(answering: answer) { server, transport in
            let error = try await failure(transport, HTTPRequest(url: server.url, onBodyLimit: .truncate))
            #expect(error.kind == .protocolViolation)
        }
    }

    @Test func `ends an endless row of interim responses`() async throws {
        try await withServer(
            LoopbackServer { connection in
                _ = connection.readRequest()
                while connection.send("HTTP/1.1 100 Continue\r\nX: y\r\n\r\n") {}
            }
        ) { server, transport in
            let error = try await failure(transport, HTTPRequest(url: server.url))
            #expect(error.kind == .protocolViolation)
        }
    }

    @Test(arguments: [
        "220 mail.example.com ESMTP\r\n", "\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}", "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/-1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", "HTTP/ 500 Oh\r\n\r\n", "HTTP/1.1 41 Gone\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/x 503 No\r\n\r\n",
    ])
    func `does not take noise for an answer`(noise: String) async throws {
        try await withServer(
            LoopbackServer { connection in
                _ = connection.readRequest()
                connection.send(noise)
            }
        ) { server, transport in
            let error = try await failure(transport, HTTPRequest(url: server.url))
            #expect(error.kind == .protocolViolation)
            #expect(error.mayHaveBeenReceived)
        }
    }

    @Test func `fails at a port where nobody listens`() async throws {
        let server = LoopbackServer { _ in }
        server.stop()
        for await _ in server.reports {}
        try await withTransport { transport in
            let error = try await failure(transport, HTTPRequest(url: server.url))
            #expect(error.kind == .connect)
            #expect(!error.mayHaveBeenReceived)
        }
    }

    @Test func `fails at a name that cannot exist`() async throws {
        try await withTransport { transport in
            let label = String(repeating: "a", count: 64)
            let error = try await failure(transport, HTTPRequest(url: "http://\(label).localdomain/"))
            #expect(error.kind == .resolve)
            #expect(!error.mayHaveBeenReceived)
        }
    }

    @Test func `tries again by itself only on a kept connection that had gone`() async throws {
        try await withServer(
            LoopbackServer { connection in
                guard connection.readRequest() != nil else { return }
                connection.send(okResponse)  // And closes, without having said so.
            }
        ) { server, transport in
            for _ in 0..<3 {
                let response = try await transport.send(HTTPRequest(method: "POST", url: server.url, body: [0x61]))
                #expect(response.status == 200)
            }
            #expect(server.received.count == 3)
        }
    }
}

/// Answers with a head and then a byte at a time, for as long as the peer listens.
private let dripping: @Sendable (ServerConnection) -> Void = { connection in
    _ = connection.readRequest()
    connection.send("HTTP/1.1 202 Accepted\r\nContent-Length: 1000000\r\n\r\n")
    while connection.send("a"), !connection.peerCloses(within: 5) {}
}

private let endlessBody: @Sendable (ServerConnection) -> Void = { connection in
    _ = connection.readRequest()
    connection.send("HTTP/1.1 200 OK\r\n\r\n")
    let piece = [UInt8](repeating: 0x61, count: 4096)
    while connection.send(piece) {}
    connection.report("closed")
}

private let brokenBody: @Sendable (ServerConnection) -> Void = { connection in
    _ = connection.readRequest()
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
}
