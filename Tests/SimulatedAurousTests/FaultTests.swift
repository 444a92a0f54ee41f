import SimulatedAurous
import Testing

@Suite struct `A fault` {
    @Test func `answers with a status in the envelope, so many times, and only where it was planned`() async throws {
        try await withServer { server, client in
            server.inject(.status(503, code: "provider_unavailable", retryAfter: "7"), on: .images, times: 2)
            let targets = ["/v1/characters", "/v1/images", "/v1/images", "/v1/images"]
            var replies: [SocketReply] = []
            for target in targets { replies.append(try await client.get(target)) }
            #expect(replies.map(\.status) == [200, 503, 503, 200])
            #expect(try replies[1].json["error"]?["type"] == "server_error")
            #expect(replies[1][header: "Retry-After"] == "7")
        }
    }

    @Test func `answers as a proxy would, without a word of the API`() async throws {
        try await withServer { server, client in
            server.inject(.html(502))
            server.inject(.empty(200))
            let page = try await client.get("/v1/images")
            let nothing = try await client.get("/v1/images")
            #expect(page.status == 502)
            #expect(page[header: "Content-Type"] == "text/html")
            #expect(page[header: "Aurous-Request-Id"] == nil)
            #expect((nothing.status, nothing.body.count) == (200, 0))
        }
    }

    @Test func `cuts a body short of its announced length`() async throws {
        try await withServer { server, client in
            server.putImages(20)
            server.inject(.truncated(afterBytes: 200))
            let reply = try await client.get("/v1/images")
            #expect(reply.status == 200)
            #expect(reply.body.count == 200)
            #expect(!reply.isComplete)
            let whole = try await client.get("/v1/images")
            #expect(whole.isComplete)
        }
    }

    @Test func `closes the connection instead of an answer`() async throws {
        try await withServer { server, client in
            server.inject(.close)
            let reply = try await client.send("/v1/images")
            #expect(reply == nil)
            #expect(server.requests.map(\.status) == [0])
        }
    }

    @Test func `drips a body byte by byte`() async throws {
        try await withServer { server, client in
            server.putImages(20)
            server.inject(.drip(pauseMilliseconds: 1))
            // The head is whole when a few bytes have come; the rest would take a while.
            let reply = try #require(try await client.send("/v1/images", upTo: 420))
            #expect(reply.status == 200)
            #expect(!reply.isComplete)
        }
    }

    @Test func `hangs until the server is stopped`() async throws {
        try await withServer { server, client in
            server.inject(.hang)
            async let reply = client.send("/v1/images")
            _ = await server.requests(atLeast: 1)
            await server.stop()
            let nothing = try await reply
            #expect(nothing == nil)
        }
    }

    @Test func `spoils rows and cursors of a page`() async throws {
        try await withServer { server, client in
            server.putImages(3)
            for fault in [Fault.malformedRows, .duplicateRow, .moreWithoutCursor, .nextCursor("char_x")] {
                server.inject(fault)
            }
            var pages: [SimulatedJSON] = []
            for _ in 0..<5 { pages.append(try await client.get("/v1/images").json) }
            #expect(pages.map { $0["data"]?.elements?.count } == [8, 4, 3, 3, 3])
            #expect(pages[1]["data"]?.elements?.last?["id"] == "img_3")
            #expect(pages.map { $0["has_more"] } == [false, false, true, true, false])
            #expect(pages.map { $0["next_cursor"] } == [nil, nil, nil, "char_x", nil].map { $0 ?? .null })
        }
    }

    @Test func `can be decided by a rule for each request`() async throws {
        try await withServer { server, client in
            server.setFaultRule { $0.target.contains("limit=13") ? .status(500, code: "internal_error") : nil }
            let replies = try await [client.get("/v1/images?limit=13"), client.get("/v1/images?limit=12")]
            #expect(replies.map(\.status) == [500, 200])
        }
    }
}
