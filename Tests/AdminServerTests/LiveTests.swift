import AdminServer
import NIOCore
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(30))) struct `On a real socket the server` {
    @Test func `answers one request after another on the same connection`() async throws {
        try await withLiveServer(.sample()) { client in
            let text = try await client.exchange(
                "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(text.components(of: "HTTP/1.1 200 OK") == 2)
        }
    }

    @Test func `stops at once though connections are open, idle, half asked or never used`() async throws {
        let connections = Connections()
        let limits = AdminLimits(exchange: .seconds(600), idle: .seconds(600))
        let stopping = try await withLiveServer(.sample(limits: limits)) { client in
            for start in [
                "", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "GET /hea",
                "POST /hooks/aurous/a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx",
            ] {
                try await connections.open(client.port, sending: start)
            }
        }
        // Far below what the idle connections would take; a busy machine has its time.
        #expect(stopping < .seconds(60))
        try await connections.close()
    }

    @Test func `stops in one piece while connections pour in`() async throws {
        for _ in 0..<20 {
            try await withLiveServer(.sample()) { client in
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            _ = try? await client.exchange("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
                        }
                    }
                    // The server is stopped while the other seven are anywhere between knocking and reading.
                    await group.next()
                    client.stop()
                }
            }
        }
    }

    @Test func `stops in one piece when its patience ends while connections pour in`() async throws {
        let limits = AdminLimits(idle: .seconds(60), stopping: .milliseconds(1))
        for _ in 0..<40 {
            let held = Connections()
            try await withLiveServer(.sample(limits: limits)) { client in
                // Would be waited for.
                try await held.open(client.port, sending: "GET / HTTP/1.1\r\nHo")
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<16 {
                        group.addTask {
                            _ = try? await client.exchange("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")
                        }
                    }
                    await group.next()
                    client.stop()
                }
            }
            try await held.close()
        }
    }

    @Test func `lets a request that is under way finish when it stops`() async throws {
        let state = ScriptedState(overview: .busy(outside: "x"), hesitation: .milliseconds(100))
        try await withLiveServer(.sample(state)) { client in
            async let answer = client.exchange("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await state.asked()
            client.stop()
            let text = try await answer
            #expect(text.contains("</html>"))
        }
    }

    @Test func `frees its port when it stops, and says so when it is taken`() async throws {
        try await withLiveServer(.sample()) { client in
            let taken = AdminServer.sample(port: client.port)
            let error = await #expect(throws: AdminServerError.self) { try await taken.run { _ in } }
            #expect(error?.description.hasPrefix("cannot listen on 127.0.0.1:\(client.port): ") == true)
        }
    }

    @Test func `cuts off a body that drips, and a head that never ends`() async throws {
        let limits = AdminLimits(exchange: .milliseconds(200), idle: .milliseconds(200), linger: .milliseconds(100))
        try await withLiveServer(.sample(limits: limits)) { client in
            for start in [
                "", "GET /healthz HTTP/1.1\r\nHo",
                "POST /hooks/aurous/a HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nx",
            ] {
                let began = ContinuousClock.now
                _ = try await client.exchange(start)
                #expect(ContinuousClock.now - began < .seconds(5))
            }
        }
    }

    @Test func `refuses a body that says too late how long it is`() async throws {
        let state = ScriptedState()
        try await withLiveServer(.sample(state)) { client in
            let chunk = "10000\r\n" + String(repeating: "x", count: 0x10000) + "\r\n"
            let answer = try await client.exchange(
                "POST /hooks/aurous/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + String(repeating: chunk, count: 17) + "0\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(state.hints.isEmpty)
        }
    }

    @Test func `reads no body that nobody wants, and closes`() async throws {
        let limits = AdminLimits(linger: .milliseconds(100))
        try await withLiveServer(.sample(limits: limits)) { client in
            for request in ["GET /healthz", "POST /metrics", "POST /nothing"] {
                let answer = try await client.exchange(
                    "\(request) HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nxx")
                #expect(answer.lowercased().contains("connection: close"))
            }
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 100_000))\r\n\r\n", "nonsense\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n",
    ])
    func `does not answer what is not HTTP, or too much of it`(request: String) async throws {
        try await withLiveServer(.sample()) { client in
            let answer = try await client.exchange(request)
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400 "))
            #expect(try await client.status("/healthz") == 200)
        }
    }
}
