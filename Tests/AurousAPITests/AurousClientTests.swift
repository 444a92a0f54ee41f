import AurousAPI
import Core
import Testing
import Transport

@Suite struct `A request to the API` {
    @Test func `asks for a page of generations with the key, the version and who we are`() async throws {
        let transport = ScriptedTransport([response(200, emptyPage)])
        let answer = try await client(transport).list(.generation, limit: 50)
        #expect(answer.value.rows.isEmpty)
        #expect(answer.received == .milliseconds(12))
        let request = try #require(transport.requests.first)
        #expect(request.method == "GET")
        #expect(request.url == "https://api.example.com/v1/images?limit=50")
        #expect(
            request.headerFields == [
                HeaderField("X-Api-Key", testKey), HeaderField("Aurous-Version", "2026-05-15"),
                HeaderField("User-Agent", "auspex/test"), HeaderField("Accept", "application/json"),
            ])
        #expect(request.body == nil)
        #expect(request.timeouts == Timeouts(connect: .seconds(3), exchange: .seconds(9)))
        #expect(request.onBodyLimit == .fail)
        #expect(request.responseBodyLimitBytes == 32 << 20)
    }

    @Test func `encodes ids and cursors, which are opaque`() async throws {
        let transport = ScriptedTransport(Array(repeating: response(200, emptyPage), count: 2))
        let api = client(transport, base: "https://host:8443/prefix//")
        _ = try await api.list(.character, limit: 0, startingAfter: "a b&limit=9#?/é\r\n")
        _ = try await api.list(.generation, limit: 999, startingAfter: "x", endingBefore: "img_~.-1")
        #expect(
            transport.requests.map(\.url) == [
                "https://host:8443/prefix/v1/characters?limit=1&starting_after=a%20b%26limit%3D9%23%3F%2F%C3%A9%0D%0A",
                "https://host:8443/prefix/v1/images?limit=100&starting_after=x&ending_before=img_~.-1",
            ])
    }

    @Test func `by id gives that one resource`() async throws {
        let transport = ScriptedTransport([response(200, #"{"id":"../x","status":"ready"}"#)])
        let answer = try await client(transport).resource(.character, id: "../x")
        #expect(answer.value.rows.map(\.status) == ["ready"])
        #expect(transport.requests.map(\.url) == ["https://api.example.com/v1/characters/..%2Fx"])
    }

    @Test(arguments: ["", ".", ".."])
    func `by what is no id is not made`(_ id: String) async {
        let transport = ScriptedTransport([])
        await #expect(throws: AurousError.self) { try await client(transport).resource(.generation, id: id) }
        #expect(transport.requests.isEmpty)
    }

    @Test func `for the balance gives its bytes`() async throws {
        let transport = ScriptedTransport([
            response(200, #"{"credits":1.5}"#), response(200, "[]"), response(200, #"{"a":"#),
        ])
        let api = client(transport)
        #expect(try await api.balance().value == Array(#"{"credits":1.5}"#.utf8))
        await #expect { try await api.balance() } throws: { ($0 as? AurousError)?.kind == .notUnderstood }
        await #expect { try await api.balance() } throws: { ($0 as? AurousError)?.kind == .unavailable }
        #expect(transport.requests.first?.url == "https://api.example.com/v1/balance")
    }

    @Test func `is not made without a key, and says why`() async {
        let transport = ScriptedTransport([])
        let unreadable = client(transport, key: { throw TestKeyMissing() })
        let empty = client(transport, key: { Secret("") })
        await #expect { try await unreadable.balance() } throws: {
            guard let error = $0 as? AurousError else { return false }
            return error.isAuthentication && error.description.contains("could not be read: no such file: key.txt")
        }
        await #expect { try await empty.balance() } throws: { ($0 as? AurousError)?.kind == .unauthorised }
        #expect(transport.requests.isEmpty)
    }

    @Test func `keeps the request id, the applied version and the bucket of the answer`() async throws {
        let transport = ScriptedTransport([
            response(
                200, emptyPage,
                ["aurous-request-id": "req_9", "Aurous-Version": "2026-05-15", "X-RateLimit-Remaining": "7"])
        ])
        let answer = try await client(transport).list(.generation, limit: 20)
        #expect(answer.requestID == "req_9")
        #expect(answer.appliedVersion == "2026-05-15")
        #expect(answer.limits == RateLimitReading(remaining: 7))
    }
}

@Suite struct `An answer with status 200` {
    @Test(
        arguments: [
            nil, "application/json; charset=utf-8", "Application/JSON", "application/problem+json", "text/json",
        ] as [String?])
    func `is believed when its type is JSON or not said`(_ type: String?) async {
        #expect(await failure(response(200, emptyPage, type: type)) == nil)
    }

    @Test func `of another type is something in between, and passes`() async {
        let error = await failure(response(200, "<html>login</html>", type: "text/html"))
        #expect(error?.kind == .unavailable)
        #expect(error?.description.contains("text/html") == true)
    }

    @Test(arguments: ["", emptyPage.dropLast(1).description, "<html>", "{\"data\":[\u{1}"])
    func `that is empty or broken passes`(_ body: String) async {
        let error = await failure(response(200, body))
        #expect(error?.kind == .unavailable)
        #expect(error?.isTransient == true)
    }

    @Test func `that is whole but no list is not understood`() async {
        let error = await failure(response(200, #"{"object":"image"}"#, ["Aurous-Request-Id": "req_7"]))
        #expect(error?.kind == .notUnderstood)
        #expect(error?.isTransient == false)
        #expect(error?.description.contains("[request req_7]") == true)
    }

    @Test func `with rows of the other kind, odd versions and an odd cursor is an answer all the same`() async throws {
        let body =
            #"{"data":[{"id":"char_1","status":"odd","aurous_version":7}],"has_more":true,"next_cursor":"lora_1"}"#
        let transport = ScriptedTransport([
            response(200, body, ["Aurous-Version": "\u{1}\u{7F}" + String(repeating: "9", count: 9999)])
        ])
        let answer = try await client(transport).list(.generation, limit: 20)
        #expect(answer.value.rows.map(\.id) == ["char_1"])
        #expect(answer.value.nextCursor == "lora_1")
        #expect(answer.appliedVersion.map { $0.count <= 300 } == true)
    }

    @Test func `about another resource than the one asked for is not understood`() async {
        for body in [#"{"id":"img_2","status":"x"}"#, #"{"id":"img_1"}"#, "[]"] {
            let transport = ScriptedTransport([response(200, body)])
            await #expect { try await client(transport).resource(.generation, id: "img_1") } throws: {
                ($0 as? AurousError)?.kind == .notUnderstood
            }
        }
    }
}
