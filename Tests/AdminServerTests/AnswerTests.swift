import AdminServer
import CEL
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct `The HTTP face` {
    @Test func `says that it lives`() async throws {
        let answer = try await AdminServer.sample().ask("/healthz")
        #expect(answer.status == .ok && answer.text == "ok\n")
    }

    @Test func `says that it is ready`() async throws {
        let answer = try await AdminServer.sample().ask("/readyz")
        #expect(answer.status == .ok)
        #expect(try answer.json == .map(CELMap([("ready", .bool(true)), ("reasons", .list([]))])))
    }

    @Test func `says why it is not ready`() async throws {
        let state = ScriptedState(readiness: Readiness(reasons: ["source \"studio\" has not been polled yet"]))
        let answer = try await AdminServer.sample(state).ask("/readyz")
        #expect(answer.status == .serviceUnavailable)
        #expect(answer.text == "{\"ready\":false,\"reasons\":[\"source \\\"studio\\\" has not been polled yet\"]}\n")
    }

    @Test(
        arguments: [
            ("/nothing", .get, 404, nil), ("/healthz/", .get, 404, nil), ("//", .get, 404, nil),
            ("/api/v1/alerts", .get, 404, nil),
            ("/hooks/aurous/", .post, 404, nil), ("/hooks/aurous/a/b", .post, 404, nil),
            ("/hooks/aurous/%ff", .post, 404, nil),
            ("/hooks/aurous/%2", .post, 404, nil),
            ("/hooks/aurous/" + String(repeating: "a", count: 600), .post, 404, nil),
            ("/healthz", .post, 405, "GET, HEAD"), ("/readyz", .delete, 405, "GET, HEAD"),
            ("/metrics", .put, 405, "GET, HEAD"),
            ("/", .post, 405, "GET, HEAD"), ("/", .options, 405, "GET, HEAD"), ("/login", .get, 405, "POST"),
            ("/logout", .get, 405, "POST"), ("/hooks/aurous/studio", .get, 405, "POST"),
        ] as [(String, HTTPRequest.Method, Int, String?)])
    func `answers what it does not know with a problem`(
        target: String, method: HTTPRequest.Method, status: Int, allowed: String?
    ) async throws {
        let answer = try await AdminServer.sample().ask(target, method)
        #expect(answer.status.code == status)
        #expect(answer.field("Content-Type") == "application/problem+json")
        #expect(answer.field("Allow") == allowed)
        let problem = try #require(try answer.members)
        #expect(problem["type"] == .string("about:blank"))
        #expect(problem["status"] == .int(Int64(status)))
        #expect(problem["title"] != nil && problem["detail"] != nil)
    }

    @Test(arguments: ["/healthz", "/readyz", "/metrics", "/", "/?refresh=off", "/nothing"])
    func `guards every answer with the same fields`(path: String) async throws {
        let answer = try await AdminServer.sample().ask(path)
        #expect(answer.field("X-Content-Type-Options") == "nosniff")
        #expect(answer.field("X-Frame-Options") == "DENY")
        #expect(answer.field("Cache-Control") == "no-store")
        #expect(answer.field("Referrer-Policy") == "no-referrer")
        #expect(answer.field("Content-Security-Policy")?.contains("default-src 'none'") == true)
        #expect(answer.field("Content-Security-Policy")?.contains("frame-ancestors 'none'") == true)
        #expect(answer.field("Server") == nil)
    }

    @Test(arguments: ["/healthz", "/readyz", "/metrics", "/"])
    func `answers HEAD as GET, but for the body`(path: String) async throws {
        let (get, head) = (try await AdminServer.sample().ask(path), try await AdminServer.sample().ask(path, .head))
        #expect(head.status == get.status && head.body.readableBytes == 0)
        #expect(head.headers == get.headers)
        #expect(head.field("Content-Length") == String(get.body.readableBytes))
    }

    @Test func `does not tell what broke`() async throws {
        let server = AdminServer.sample(ScriptedState(overview: nil))
        for path in ["/metrics", "/"] {
            let answer = try await server.ask(path)
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.field("Retry-After") == "5")
            #expect(!answer.text.contains("secret-place"))
        }
        #expect(try await server.ask("/").text.contains("Nothing can be shown"))
    }
}

@Suite struct `A webhook of the watched API` {
    private let signature = HTTPField.Name("Aurous-Webhook-Signature")

    @Test func `reaches the source it names, byte by byte, without a token`() async throws {
        let state = ScriptedState()
        let name = try #require(signature)
        let answer = try await AdminServer.sample(state, token: token)
            .ask("/hooks/aurous/my%20studio%2F%C3%BC", .post, headers: [name: "t=1,v1=ab"], body: "{\"id\":\"\u{0}é\"}")
        #expect(answer.status == .accepted)
        #expect(
            state.hints == [.init(source: "my studio/ü", body: Array("{\"id\":\"\u{0}é\"}".utf8), header: "t=1,v1=ab")])
    }

    @Test func `may be unsigned or signed in several fields; the service judges`() async throws {
        let state = ScriptedState()
        let server = AdminServer.sample(state)
        var headers = HTTPFields()
        let name = try #require(signature)
        headers.append(HTTPField(name: name, value: "t=1,v1=ab"))
        headers.append(HTTPField(name: name, value: "v1=cd"))
        _ = try await server.ask("/hooks/aurous/studio", .post, headers: headers)
        _ = try await server.ask("/hooks/aurous/studio", .post)
        #expect(state.hints.map(\.header) == ["t=1,v1=ab,v1=cd", nil])
    }

    @Test(arguments: zip(HintVerdict.allCases, [202, 404, 401, 401, 403]))
    func `is answered as it was judged`(verdict: HintVerdict, status: Int) async throws {
        let answer = try await AdminServer.sample(ScriptedState(verdict: verdict)).ask(
            "/hooks/aurous/studio", .post, body: "{}")
        #expect(answer.status.code == status)
    }

    @Test func `may have a megabyte and not a byte more`() async throws {
        let state = ScriptedState()
        let server = AdminServer.sample(state)
        let whole = String(repeating: "x", count: AdminLimits.hintBytes)
        #expect(try await server.ask("/hooks/aurous/studio", .post, body: whole).status == .accepted)
        #expect(try await server.ask("/hooks/aurous/studio", .post, body: whole + "x").status == .contentTooLarge)
        #expect(state.hints.map(\.body.count) == [AdminLimits.hintBytes])
    }
}
