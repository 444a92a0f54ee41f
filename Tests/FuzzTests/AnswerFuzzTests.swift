import Core
import Sinks
import Synchronization
import TestSupport
import Testing
import Transport

/// What holds of an attempt, whatever it was answered.
private func problem(of result: AttemptResult, taking time: Duration) -> String? {
    if time > .seconds(15) { return "the attempt took \(time)" }
    for text in [result.outcome.reason ?? "-", result.answer] {
        let odd = text.unicodeScalars.first { $0.value < 0x20 && $0 != "\n" && $0 != "\t" || $0 == "\u{7F}" }
        if odd != nil { return "it shows \(shown(text))" }
    }
    return result.outcome.reason?.isEmpty == true ? "\(result.outcome.name) has no reason" : nil
}

@Suite(.timeLimit(.minutes(30))) struct `Any answer of a service` {
    private static let answers = [
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"ok\":true}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: x\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 4\r\n\r\nslow",
        "HTTP/1.1 503 Unavailable\r\nRetry-After: Mon, 04 May 2026 10:00:30 GMT\r\nConnection: close\r\n\r\nsorry",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.0 301 Moved\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u{1F}\u{8B}\u{8}\u{0}",
    ]
    private static let tokens = [
        "HTTP/1.1 ", "HTTP/2 ", "HTTP/0.9 ", "200", "999", "099", "\r\n", "\r\n\r\n", "\n\n", "Content-Length: ", "-5",
        "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Retry-After: ",
        "99999999999999999999",
        "FFFFFFFFFFFFFFFFF\r\n", "0\r\n\r\n", "-1\r\n", "Connection: upgrade\r\nUpgrade: h2c\r\n", ": x\r\n",
        " folded\r\n",
        "Content-Encoding: br\r\n", "Set-Cookie: ", "Location: //\r\n",
    ]

    @Test func `is one of the five outcomes, soon, and delivered only where it says so`() async throws {
        let answer = Mutex<[UInt8]>([])
        let server = LoopbackServer { connection in
            if connection.readRequest() { connection.send(answer.withLock { $0 }) }
        }
        defer { server.stop() }
        let transport = CurlTransport(options: CurlTransport.Options())
        defer { transport.shutdown() }
        let kind = try #require(SinkCatalog.kind(named: "webhook"))
        let sink = try kind.make(
            SinkConfiguration(
                name: "jobs",
                values: ["url": .string("http://127.0.0.1:\(server.port)/hook"), "timeout": .duration(.seconds(5))]),
            Receiving.services(http: transport))
        try await Fuzzing.run("answer", usually: 150) { seed in
            var mutator = Mutator(seed: seed, texts: Self.answers, tokens: Self.tokens)
            let bytes = mutator.bytes()
            answer.withLock { $0 = bytes }
            let began = ContinuousClock.now
            let result = await sink.attempt(Receiving.plain(), at: Sample.noon)
            var found = problem(of: result, taking: ContinuousClock.now - began)
            if result.outcome == .delivered, !Self.saysYes(bytes) { found = "nobody said that it is delivered" }
            return found.map { "\($0)\nanswer: \(shown(bytes))\nresult: \(result)" }
        }
    }

    /// Whether there is a status line of success in it.
    private static func saysYes(_ bytes: [UInt8]) -> Bool {
        String(decoding: bytes, as: UTF8.self).contains(#/HTTP\/[0-9](\.[0-9])? +2[0-9][0-9]/#)
    }
}

@Suite(.timeLimit(.minutes(30))) struct `Any answer of a mail server` {
    private static let replies = [
        "250 ok\r\n", "220 mail.example.com ESMTP\r\n", "354 go on\r\n", "421 4.3.2 closing\r\n", "451 4.7.1 later\r\n",
        "550-5.7.1 no\r\n550-5.7.1 \u{1B}[31mreally\r\n550 5.7.1 not\r\n",
        "250-mail.example.com\r\n250-SIZE 1\r\n250 X\r\n",
        "250-mail\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN XOAUTH2\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n", "334 \r\n",
        "535 5.7.8 denied\r\n", "221 bye\r\n", "",
    ]
    private static let tokens = [
        "250", "250-", "250 ", "354 ", "550 ", "999 ", "000 ", "2", "\r\n", "\n", "\r", "-", " ", "SIZE 0", "AUTH",
        "STARTTLS",
        "=?utf-8?q?x?=", "5.7.1",
    ]
    private static let usual = [
        "": "220 hello", "EHLO": "250 hello", "HELO": "250 hello", "DATA": "354 go on", "QUIT": "221 bye",
    ]
    private static let steps = ["", "EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"]

    /// What the server does in this case.
    private struct Script: Sendable {
        var step = ""
        var reply: [UInt8] = []
    }

    @Test func `is one of the five outcomes, soon, and delivered only where it says so`() async throws {
        let script = Mutex(Script())
        let server = LoopbackServer { connection in Self.converse(with: connection, script.withLock { $0 }) }
        defer { server.stop() }
        let transport = CurlTransport(options: CurlTransport.Options())
        defer { transport.shutdown() }
        let kind = try #require(SinkCatalog.kind(named: "email"))
        let sink = try kind.make(
            SinkConfiguration(
                name: "ops",
                values: [
                    "server": .string("smtp://127.0.0.1:\(server.port)"), "from": .string("auspex@example.com"),
                    "to": .stringList(["ops@example.com"]), "timeout": .duration(.seconds(5)),
                ]),
            Receiving.services(http: SilentHTTP(), mail: transport))
        try await Fuzzing.run("mail", usually: 100) { seed in
            var mutator = Mutator(seed: seed, texts: Self.replies, tokens: Self.tokens)
            let drawn = Script(step: mutator.pick(Self.steps), reply: mutator.bytes())
            script.withLock { $0 = drawn }
            let began = ContinuousClock.now
            let result = await sink.attempt(Receiving.plain(), at: Sample.noon)
            var found = problem(of: result, taking: ContinuousClock.now - began)
            if result.outcome == .delivered, drawn.step == ".", !Self.saysYes(drawn.reply) {
                found = "nobody said that it is delivered"
            }
            return found.map { "\($0)\nto '\(drawn.step)': \(shown(drawn.reply))\nresult: \(result)" }
        }
    }

    /// Answers as servers do, but for one step. After that a client that waits for more is not kept waiting.
    private static func converse(with connection: LoopbackConnection, _ script: Script) {
        func reply(to verb: String) {
            if verb == script.step {
                connection.send(script.reply)
                connection.patience(milliseconds: 60)
                return
            }
            connection.send(Array(((usual[verb] ?? "250 ok") + "\r\n").utf8))
        }
        reply(to: "")
        var isInMessage = false
        while let line = connection.readLine() {
            if isInMessage, line != [UInt8(ascii: ".")] { continue }
            let verb = isInMessage ? "." : String(decoding: line.prefix { $0 != 0x20 }, as: UTF8.self)
            isInMessage = verb == "DATA"
            reply(to: verb)
            if verb == "QUIT" { return }
        }
    }

    private static func saysYes(_ reply: [UInt8]) -> Bool {
        reply.split(separator: UInt8(ascii: "\n")).contains { $0.first == UInt8(ascii: "2") }
    }
}
