import AdminServer
import CEL
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct `Whoever asks` {
    @Test(arguments: ["/healthz", "/readyz"])
    func `about health needs no token`(path: String) async throws {
        #expect(try await AdminServer.sample(token: token).ask(path).status == .ok)
    }

    @Test(
        arguments: [
            (nil, 401), ("Bearer ", 401), ("Bearer \(token)x", 401), ("Bearer s3cret", 401), ("Basic \(token)", 401),
            ("Bearer \(token) \(token)", 401), (token, 401), ("Bearer \(token)", 200), ("bearer  \(token)", 200),
        ] as [(String?, Int)])
    func `for the metrics or the page shows the token`(authorization: String?, status: Int) async throws {
        let headers: HTTPFields = authorization.map { [.authorization: $0] } ?? [:]
        for path in ["/metrics", "/"] {
            let answer = try await AdminServer.sample(token: token).ask(path, headers: headers)
            #expect(answer.status.code == status)
            #expect((answer.field("WWW-Authenticate") != nil) == (status == 401))
        }
    }

    @Test func `without a token sees nothing of the page`() async throws {
        let server = AdminServer.sample(ScriptedState(overview: .busy(outside: "a cat")), token: token)
        let answer = try await server.ask("/")
        #expect(answer.status == .unauthorized)
        #expect(answer.text.contains("<form method=\"post\" action=\"/login\">"))
        #expect(!answer.text.contains("studio") && !answer.text.contains("a cat") && !answer.text.contains(token))
    }

    @Test(arguments: [
        ("/", "rebound.example:80", 403), ("/metrics", "rebound.example", 403), ("/healthz", "rebound.example", 200),
        ("/", "127.0.0.1.rebound.example", 403), ("/", "localhost:8787", 200), ("/", "[::1]:8787", 200),
    ])
    func `by a name that is not this machine's finds the page only with a token`(
        path: String, host: String, status: Int
    ) async throws {
        // As a browser asks when a foreign site's name was pointed at this machine.
        try await withLiveServer(.sample()) { client in
            let answered = try await client.status(path, host: host)
            #expect(answered == status)
        }
    }

    @Test(arguments: ["0.0.0.0", "::", "192.168.1.5", "example.com", "127.0.0.1.example.com", ""])
    func `from other machines is refused as a whole without a token`(host: String) async {
        await #expect(throws: AdminServerError.tokenRequired(host: host)) {
            try await AdminServer.sample(host: host).run { _ in Issue.record("it listens") }
        }
    }

    @Test func `with an empty token is refused as a whole`() async {
        await #expect(throws: AdminServerError.emptyToken) {
            try await AdminServer.sample(token: "").run { _ in Issue.record("it listens") }
        }
    }
}

@Suite struct `Signing in` {
    private func cookie(_ answer: TestResponse) throws -> String {
        let field = try #require(answer.field("Set-Cookie"))
        return String(field.prefix { $0 != ";" })
    }

    @Test func `with the token opens the page for a week, and never tells the token`() async throws {
        let clock = ManualClock()
        let server = AdminServer.sample(token: token, clock: clock)
        let answer = try await server.ask("/login", .post, body: "x=1&token=\(token)")
        let field = try #require(answer.field("Set-Cookie"))
        #expect(answer.status == .seeOther && answer.field("Location") == "/")
        #expect(field.contains("; HttpOnly") && field.contains("; SameSite=Strict") && field.contains("; Path=/"))
        #expect(!field.contains(token) && !field.contains("Secure"))

        let headers: HTTPFields = [.cookie: "other=1; \(try cookie(answer))"]
        #expect(try await server.ask("/", headers: headers).status == .ok)
        #expect(try await server.ask("/metrics", headers: headers).status == .ok)
        clock.advance(by: .seconds(7 * 86_400 - 1))
        #expect(try await server.ask("/", headers: headers).status == .ok)
        clock.advance(by: .seconds(1))
        #expect(try await server.ask("/", headers: headers).status == .unauthorized)
    }

    @Test(arguments: ["", "token=", "token=wrong", "token=%zz", "token=\(token)x", "tok=\(token)"])
    func `with anything else does not`(form: String) async throws {
        let answer = try await AdminServer.sample(token: token).ask("/login", .post, body: form)
        #expect(answer.status == .unauthorized)
        #expect(answer.field("Set-Cookie") == nil)
        #expect(answer.text.contains("That is not the token."))
    }

    @Test func `reads the form as browsers write it`() async throws {
        let answer = try await AdminServer.sample(token: "a b+ü").ask("/login", .post, body: "token=a+b%2B%C3%BC")
        #expect(answer.status == .seeOther)
    }

    @Test func `ends when the token is another`() async throws {
        let session = try cookie(await AdminServer.sample(token: token).ask("/login", .post, body: "token=\(token)"))
        let other = AdminServer.sample(token: "another-token")
        #expect(try await other.ask("/", headers: [.cookie: session]).status == .unauthorized)
    }

    @Test(arguments: [
        "auspex_session=", "auspex_session=9999999999.", "auspex_session=9999999999.AAAA", "auspex_session=\(token)",
        "auspex_session=99999999999999999999999.AAAA",
    ])
    func `cannot be forged`(cookie: String) async throws {
        let answer = try await AdminServer.sample(token: token).ask("/", headers: [.cookie: cookie])
        #expect(answer.status == .unauthorized)
    }

    @Test func `does not outlive its own end by a longer one written in`() async throws {
        let server = AdminServer.sample(token: token)
        let session = try cookie(await server.ask("/login", .post, body: "token=\(token)"))
        let mac = try #require(session.split(separator: ".").last)
        let forged = "auspex_session=\(ManualClock.start.seconds + 99_999_999).\(mac)"
        #expect(try await server.ask("/", headers: [.cookie: forged]).status == .unauthorized)
    }

    @Test func `keeps the cookie to TLS behind a proxy that speaks it`() async throws {
        let proto = try #require(HTTPField.Name("X-Forwarded-Proto"))
        let answer = try await AdminServer.sample(token: token)
            .ask("/login", .post, headers: [proto: "https"], body: "token=\(token)")
        #expect(answer.field("Set-Cookie")?.hasSuffix("; Secure") == true)
    }

    @Test func `ends with signing out`() async throws {
        let answer = try await AdminServer.sample(token: token).ask("/logout", .post)
        #expect(answer.status == .seeOther)
        #expect(answer.field("Set-Cookie")?.hasPrefix("auspex_session=; Path=/; Max-Age=0") == true)
    }

    @Test func `has a small form`() async throws {
        let answer = try await AdminServer.sample(token: token)
            .ask("/login", .post, body: "token=" + String(repeating: "x", count: 5000))
        #expect(answer.status == .contentTooLarge)
    }
}
