import AurousAPI
import Testing
import Transport

private func envelope(_ type: String = "t", code: String = "c", message: String = "m") -> String {
    #"{"error":{"type":"\#(type)","code":"\#(code)","message":"\#(message)","#
        + #""param":"limit","doc_url":"u","request_id":"req_body"}}"#
}

@Suite struct `A refusal` {
    @Test(
        arguments: [
            (400, .invalidRequest), (401, .unauthorised), (402, .invalidRequest), (403, .forbidden), (404, .notFound),
            (405, .invalidRequest), (408, .unavailable), (409, .invalidRequest), (410, .notFound),
            (422, .invalidRequest),
            (425, .unavailable), (429, .rateLimited), (500, .unavailable), (502, .unavailable), (503, .unavailable),
            (504, .unavailable), (302, .unavailable), (304, .unavailable), (599, .unavailable), (100, .unavailable),
        ] as [(Int, AurousError.Kind)])
    func `means by its status`(_ row: (status: Int, kind: AurousError.Kind)) async throws {
        let error = try #require(await failure(response(row.status, envelope())))
        #expect(error.kind == row.kind)
        #expect(error.isTransient == [.unavailable, .rateLimited].contains(row.kind))
        #expect(error.status == row.status)
    }

    /// A resource must not disappear, nor a cursor be given up, because a proxy knows no such page.
    @Test(arguments: [400, 404, 410, 422])
    func `that is not in the API's words passes`(_ status: Int) async {
        for body in ["", "<html>404</html>", "{}", #"{"detail":"Not Found"}"#, "null", #"{"error":{"#, #"{"error":7}"#]
        {
            #expect(await failure(response(status, body, type: "text/html"))?.kind == .unavailable)
        }
    }

    @Test func `about the key is believed from anybody, and so is one about the rate`() async {
        #expect(await failure(response(401, ""))?.kind == .unauthorised)
        #expect(await failure(response(403, "<html>", type: "text/html"))?.kind == .forbidden)
        #expect(await failure(response(429, "slow down", type: "text/plain"))?.kind == .rateLimited)
    }

    @Test func `is told in one line that an operator can act on`() async {
        let error = await failure(
            response(
                401, envelope("authentication", code: "revoked_api_key", message: "This key\\nwas revoked"),
                ["Aurous-Request-Id": "req_1"]))
        #expect(
            error?.description
                == "the API does not accept the key (HTTP 401, revoked_api_key, parameter limit): This key was revoked"
                + "; put a valid key where the source's 'key' points; it is read again before every request"
                + " [request req_1]"
        )
        #expect(error?.type == "authentication")
        #expect(error?.parameter == "limit")
    }

    @Test func `takes the request id from the body where no field has it`() async {
        #expect(await failure(response(500, envelope()))?.requestID == "req_body")
        #expect(await failure(response(500, envelope(), ["Aurous-Request-Id": ""]))?.requestID == "req_body")
        #expect(await failure(response(500, ""))?.requestID == nil)
    }

    @Test func `is read leniently`() async {
        let bare = await failure(response(404, #"{"error":"gone\u0021"}"#))
        #expect(bare?.kind == .notFound)
        #expect(bare?.message == "gone!")
        let odd = await failure(
            response(422, #"{"error":{"code":5,"message":null,"type":["x"],"extra":{"message":"no"}}}"#))
        #expect(odd?.kind == .invalidRequest)
        #expect(odd?.code == nil)
        #expect(odd?.message == "no message")
    }

    @Test func `never shows the key, nor much of the body, nor control characters`() async throws {
        let bodies = [
            envelope(message: "Invalid key \(testKey)\(testKey)"), envelope(code: testKey), testKey,
            "<b>\(testKey)</b>",
            String(repeating: "x", count: 250) + testKey, String(repeating: " ", count: (16 << 10) - 40) + testKey,
            testKey + "\u{301}",
            envelope(message: "\\u001b[31m\\u0007\\u202e\\u2028" + String(repeating: "y", count: 1_000_000)),
        ]
        for body in bodies {
            for status in [401, 404, 500] {
                let error = try #require(
                    await failure(response(status, body, ["Aurous-Request-Id": "\(testKey)\u{1B}"])))
                let shown = error.description + String(reflecting: error)
                #expect(!shown.contains("0123456789abcdef"), "\(shown)")
                #expect(error.message.count <= 300)
                #expect(
                    !error.description.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
                #expect(!error.description.unicodeScalars.contains { $0.value == 0x202E || $0.value == 0x2028 })
            }
        }
    }
}

@Suite struct `A failed exchange` {
    @Test(
        arguments: [
            (.resolve, .unavailable), (.connect, .unavailable), (.tls, .unavailable),
            (.timedOut(bytesSent: true), .unavailable),
            (.receiveFailed, .unavailable), (.protocolViolation, .unavailable), (.cancelled, .cancelled),
            (.bodyTooLarge(limitBytes: 5), .bodyTooLarge(limitBytes: 5)),
            (.invalidRequest(reason: "r"), .invalidRequest),
        ] as [(TransportError.Kind, AurousError.Kind)])
    func `means`(_ row: (transport: TransportError.Kind, kind: AurousError.Kind)) async {
        let error = await failure(.failure(TransportError(kind: row.transport, endpoint: "https://h", cause: "words")))
        #expect(error?.kind == row.kind)
        #expect(error?.status == nil)
    }

    @Test func `is told with where and why`() async {
        let error = await failure(.failure(TransportError(kind: .connect, endpoint: "https://h:1", cause: "refused")))
        #expect(error?.description == "the API is unavailable: https://h:1: could not connect (refused)")
    }
}

@Suite struct `The bucket` {
    private func limits(_ fields: [String: String]) async throws -> RateLimitReading? {
        let transport = ScriptedTransport([response(200, emptyPage, fields)])
        return try await client(transport, now: 1_800_000_000).list(.generation, limit: 1).limits
    }

    @Test(
        arguments: [
            (
                ["X-RateLimit-Limit": "1200", "x-ratelimit-remaining": "0", "X-RateLimit-Reset": "1800000060"], 1200, 0,
                60
            ),
            (["RateLimit-Limit": "240", "RateLimit-Remaining": "239", "RateLimit-Reset": "1"], 240, 239, 1),
            (["RateLimit-Limit": "100, 100;w=60;burst=1", "RateLimit-Reset": "1800000009"], 100, nil, 9),
            (["RateLimit": "limit=100, remaining=50, reset=30"], 100, 50, 30),
            (["RateLimit": #""default";r=50;t=30"#], nil, 50, 30),
            (["X-RateLimit-Remaining": "3", "RateLimit-Remaining": "4", "RateLimit-Limit": "5"], 5, 3, nil),
            (["X-RateLimit-Limit": "many", "RateLimit-Limit": "5"], 5, nil, nil),
        ] as [([String: String], Int?, Int?, Int64?)])
    func `is read in each of its spellings`(
        _ row: (fields: [String: String], limit: Int?, remaining: Int?, seconds: Int64?)
    ) async throws {
        let expected = RateLimitReading(
            limit: row.limit, remaining: row.remaining, fullAgainEpochSeconds: row.seconds.map { 1_800_000_000 + $0 })
        #expect(try await limits(row.fields) == expected)
    }

    @Test(arguments: [
        "", "-1", "1e3", "0x10", "99999999999999999999", "NaN", "1.5", "١٢", "12abc",
        String(repeating: "1", count: 5000),
    ])
    func `ignores nonsense`(_ value: String) async throws {
        #expect(
            try await limits(["X-RateLimit-Limit": value, "X-RateLimit-Reset": value, "RateLimit-Remaining": value])
                == nil)
        #expect(try await limits(["RateLimit": "limit=\(value), ;=,reset"]) == nil)
    }

    @Test func `is read of refusals too`() async {
        let error = await failure(response(429, "", ["X-RateLimit-Remaining": "0", "Retry-After": "7"]))
        #expect(error?.limits == RateLimitReading(remaining: 0))
        #expect(error?.retryAfter == .seconds(7))
    }
}

@Suite struct `The wait that the API asks for` {
    /// 2027-01-15 08:00:00 UTC, a Friday.
    private func wait(_ text: String) async -> Duration? {
        await failure(response(429, "", ["Retry-After": text]))?.retryAfter
    }

    @Test(arguments: [
        ("0", 0), ("120", 120), (" 5 ", 5), ("100000", 86_400), ("99999999999999999999999", 86_400),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 30), ("Friday, 15-Jan-27 08:01:00 GMT", 60), ("Fri Jan 15 08:00:05 2027", 5),
        ("Sat, 16 Jan 2027 07:59:59 GMT", 86_399), ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 0), ("Thu, 29 Feb 2096 00:00:00 GMT", 86_400),
    ])
    func `is seconds or a date`(_ row: (text: String, seconds: Int64)) async {
        #expect(await wait(row.text) == .seconds(row.seconds))
    }

    @Test(arguments: [
        "", "-1", "1.5", "soon", "5 s", "Fri, 15 Jan 2027", "Fri, 15 Foo 2027 08:00:30 GMT",
        "Fri, 15 Jan 2027 25:00:30 GMT",
        "Fri, 15 Jan 2027 08:00:30 CET", "Fri, 32 Jan 2027 08:00:30 GMT", "Fri, 15 Jan 2027 08:00 GMT", "٥",
        String(repeating: "9", count: 5000),
    ])
    func `is nothing where it is nonsense`(_ text: String) async {
        #expect(await wait(text) == nil)
    }
}
