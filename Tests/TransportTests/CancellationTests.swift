import Testing
import Transport

@Suite(.timeLimit(.minutes(30))) struct `Cancellation` {
    /// Tells when a request has come and when its connection has gone, and never answers.
    private let silent: @Sendable (ServerConnection) -> Void = { connection in
        guard connection.readRequest() != nil else { return }
        connection.report("received")
        connection.waitForClose()
        connection.report("closed")
    }

    @Test func `stops the transfer, which the server sees`() async throws {
        await withServer(LoopbackServer(silent)) { server, transport in
            var reports = server.reports.makeAsyncIterator()
            let error = await withThrowingTaskGroup(of: Void.self) { group in
                let request = HTTPRequest(method: "POST", url: server.url, body: [0x61])
                group.addTask { _ = try await transport.send(request) }
                #expect(await reports.next() == "received")
                group.cancelAll()
                return await #expect(throws: TransportError.self) { try await group.waitForAll() }
            }
            #expect(await reports.next() == "closed")
            #expect(error?.kind == .cancelled)
            #expect(error?.mayHaveBeenReceived == true)
        }
    }

    @Test func `of one exchange leaves the others alone`() async throws {
        try await withServer(
            LoopbackServer { connection in
                guard let request = connection.readRequest() else { return }
                connection.report("received")
                if request.hasPrefix("GET /slow") { return connection.waitForClose() }
                connection.send(okResponse)
            }
        ) { server, transport in
            var reports = server.reports.makeAsyncIterator()
            let slow = HTTPRequest(url: server.url + "/slow")
            let quick = HTTPRequest(url: server.url + "/quick")
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await transport.send(slow) }
                _ = await reports.next()
                group.cancelAll()
                await #expect(throws: TransportError.self) { try await group.waitForAll() }
            }
            let response = try await transport.send(quick)
            #expect(response.status == 200)
        }
    }

    @Test func `before the start sends nothing`() async throws {
        await withServer(answering: okResponse) { server, transport in
            let request = HTTPRequest(url: server.url)
            let error = await withTaskGroup(of: TransportError?.self) { group in
                group.cancelAll()
                group.addTask {
                    do throws(TransportError) {
                        _ = try await transport.send(request)
                        return nil
                    } catch {
                        return error
                    }
                }
                return await group.next() ?? nil
            }
            #expect(error?.kind == .cancelled)
            #expect(error?.mayHaveBeenReceived == false)
            #expect(server.received.isEmpty)
        }
    }

    @Test func `at any moment ends in one outcome`() async throws {
        try await withServer(answering: okResponse) { server, transport in
            let request = HTTPRequest(url: server.url)
            for round in 0..<300 {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<4 { group.addTask { _ = try? await transport.send(request) } }
                    for _ in 0..<(round % 17) { await Task.yield() }
                    group.cancelAll()
                }
            }
            let response = try await transport.send(request)
            #expect(response.status == 200)
        }
    }

    @Test func `of an exchange that waits its turn sends nothing, and the next has it`() async throws {
        let server = LoopbackServer { connection in
            guard let request = connection.readRequest() else { return }
            connection.report("received")
            if request.hasPrefix("GET /slow") { return connection.waitForClose() }
            connection.send(okResponse)
        }
        let transport = CurlTransport(options: .init(concurrentExchanges: 1))
        defer {
            transport.shutdown()
            server.stop()
        }
        var reports = server.reports.makeAsyncIterator()
        let slow = HTTPRequest(url: server.url + "/slow")
        let waiting = HTTPRequest(url: server.url + "/waiting")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await transport.send(slow) }
            _ = await reports.next()
            await withThrowingTaskGroup(of: Void.self) { inner in
                inner.addTask { _ = try await transport.send(waiting) }
                inner.cancelAll()
                let error = await #expect(throws: TransportError.self) { try await inner.waitForAll() }
                #expect(error?.kind == .cancelled)
                #expect(error?.mayHaveBeenReceived == false)
            }
            group.addTask { _ = try await transport.send(HTTPRequest(url: server.url + "/slow/too")) }
            group.cancelAll()
            while await group.nextResult() != nil {}
            let response = try await transport.send(HTTPRequest(url: server.url + "/next"))
            #expect(response.status == 200)
        }
        #expect(server.received.allSatisfy { !$0.contains("waiting") })
    }

    @Test func `by shutdown ends what is under way and what comes after`() async throws {
        try await withServer(LoopbackServer(silent)) { server, transport in
            var reports = server.reports.makeAsyncIterator()
            let request = HTTPRequest(url: server.url)
            let error = await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await transport.send(request) }
                #expect(await reports.next() == "received")
                transport.shutdown()
                return await #expect(throws: TransportError.self) { try await group.waitForAll() }
            }
            #expect(error?.kind == .cancelled)
            #expect(await reports.next() == "closed")

            let later = try await failure(transport, request)
            #expect(later.kind == .cancelled)
            #expect(!later.mayHaveBeenReceived)
            transport.shutdown()
        }
    }
}
