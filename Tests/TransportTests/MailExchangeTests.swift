import Testing
import Transport

@Suite(.timeLimit(.minutes(30))) struct `A mail transaction` {
    @Test func `says what RFC 5321 wants, and no more`() async throws {
        try await withMailServer(MailScript()) { server, transport in
            let reply = try await transport.send(mail(to: server))
            #expect(reply.code == 250)
            #expect(reply.text == "2.0.0 queued as 42")
            #expect(
                await server.dialogue() == [
                    "EHLO auspex.example.com", "MAIL FROM:<auspex@example.com> SIZE=32", "RCPT TO:<ops@example.com>",
                    "DATA",
                    "|Subject: An alert", "|", "|It fires.", ".", "QUIT",
                ])
        }
    }

    @Test func `stuffs dots, also in the first line`() async throws {
        try await withMailServer(MailScript()) { server, transport in
            let message = ".first\r\n.\r\n..\r\na.\r\n.last\r\n"
            _ = try await transport.send(mail(to: server, message: message))
            #expect(
                await server.dialogue().filter { $0.hasPrefix("|") } == ["|..first", "|..", "|...", "|a.", "|..last"])
        }
    }

    @Test func `carries a long message whole`() async throws {
        try await withMailServer(MailScript()) { server, transport in
            let line = String(repeating: "x", count: 998)
            let message = String(repeating: line + "\r\n", count: 500)
            _ = try await transport.send(mail(to: server, message: message))
            #expect(await server.dialogue().filter { $0.hasPrefix("|") } == Array(repeating: "|" + line, count: 500))
        }
    }

    @Test(arguments: [
        ("MAIL", "451 4.7.1 greylisted", 451), ("MAIL", "530 5.7.0 login first", 530),
        ("RCPT", "550 5.1.1 no such user", 550),
        ("RCPT", "452 4.2.2 mailbox full", 452), ("RCPT", "421 4.3.2 closing", 421), ("DATA", "554 5.7.1 no", 554),
        (".", "554 5.7.1 spam", 554), (".", "451 4.3.0 later", 451),
    ])
    func `ends with the server's refusal`(verb: String, answer: String, code: Int) async throws {
        try await withMailServer(MailScript(replies: [verb: answer])) { server, transport in
            let error = try await failure(transport, mail(to: server))
            #expect(error.kind == .mailRefused(code: code, text: String(answer.dropFirst(4))))
            #expect(!error.mayHaveBeenReceived)
            let said = await server.dialogue()
            #expect(verb == "." || !said.contains("."))
            #expect(said.last == "QUIT")
        }
    }

    @Test(arguments: ["421 4.3.2 too busy", "554 no SMTP service here"])
    func `ends with a refusal in place of a greeting`(greeting: String) async throws {
        try await withMailServer(MailScript(greeting: greeting)) { server, transport in
            let error = try await failure(transport, mail(to: server))
            #expect(error.kind == .mailRefused(code: Int(greeting.prefix(3)) ?? 0, text: String(greeting.dropFirst(4))))
        }
    }

    @Test func `has all lines of a long refusal on one`() async throws {
        let script = MailScript(replies: ["RCPT": "550-5.7.1 no\r\n550-5.7.1 \u{1B}[31mreally\r\n550 5.7.1 not"])
        try await withMailServer(script) { server, transport in
            let error = try await failure(transport, mail(to: server))
            #expect(error.kind == .mailRefused(code: 550, text: "5.7.1 no 5.7.1  [31mreally 5.7.1 not"))
        }
    }

    @Test func `does not know the outcome when no answer comes to the final dot`() async throws {
        try await withMailServer(MailScript(replies: [".": ""])) { server, transport in
            var transaction = mail(to: server)
            transaction.timeouts.exchange = .milliseconds(200)
            let error = try await failure(transport, transaction)
            #expect(error.kind == .timedOut(bytesSent: true))
            #expect(error.mayHaveBeenReceived)
        }
    }

    @Test(arguments: ["EHLO", "MAIL", "RCPT", "DATA"])
    func `knows that nothing happened when time is up before the message`(silent: String) async throws {
        try await withMailServer(MailScript(replies: [silent: ""])) { server, transport in
            var transaction = mail(to: server)
            transaction.timeouts.exchange = .milliseconds(100)
            let error = try await failure(transport, transaction)
            #expect(error.kind == .timedOut(bytesSent: false))
            #expect(!error.mayHaveBeenReceived)
        }
    }

    @Test func `does not know the outcome when the server hangs up after the final dot`() async throws {
        try await withServer(
            LoopbackServer { connection in
                connection.send("220 hello\r\n")
                while let line = connection.readLine() {
                    if line == "." { return }
                    if line.contains(":") || line.isEmpty || line == "It fires." {
                        if line.hasPrefix("MAIL") || line.hasPrefix("RCPT") { connection.send("250 ok\r\n") }
                    } else {
                        connection.send(line == "DATA" ? "354 go on\r\n" : "250 ok\r\n")
                    }
                }
            }
        ) { server, transport in
            let error = try await failure(transport, mail(to: server))
            #expect(error.kind == .receiveFailed)
            #expect(error.mayHaveBeenReceived)
        }
    }

    @Test func `is done when the server has said yes, though it never says goodbye`() async throws {
        try await withMailServer(MailScript(replies: ["QUIT": ""])) { server, transport in
            let clock = ContinuousClock()
            let start = clock.now
            let reply = try await transport.send(mail(to: server))
            #expect(reply.code == 250)
            #expect(clock.now - start < .seconds(5))
        }
    }

    @Test func `ends with a server that will not stop talking`() async throws {
        try await withServer(
            LoopbackServer { connection in
                while connection.send("220-and another thing\r\n") {}
            }
        ) { server, transport in
            let error = try await failure(transport, mail(to: server))
            #expect(error.kind == .protocolViolation)
        }
    }

    @Test func `can be cancelled while the server thinks about the final dot`() async throws {
        await withMailServer(MailScript(replies: [".": ""])) { server, transport in
            var reports = server.reports.makeAsyncIterator()
            let transaction = mail(to: server)
            let error = await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await transport.send(transaction) }
                while await reports.next() != "." {}
                group.cancelAll()
                return await #expect(throws: TransportError.self) { try await group.waitForAll() }
            }
            #expect(error?.kind == .cancelled)
            #expect(error?.mayHaveBeenReceived == true)
        }
    }

    @Test func `does not hold up HTTP, nor another server's mail`() async throws {
        let other = LoopbackServer { MailScript().run(on: $0) }
        defer { other.stop() }
        try await withMailServer(MailScript(replies: [".": ""])) { slow, transport in
            var reports = slow.reports.makeAsyncIterator()
            let stuck = mail(to: slow)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await transport.send(stuck) }
                while await reports.next() != "." {}
                let clock = ContinuousClock()
                let start = clock.now
                let reply = try await transport.send(mail(to: other))
                #expect(reply.code == 250)
                _ = try await failure(transport, HTTPRequest(url: "http://127.0.0.1:1/"))
                #expect(clock.now - start < .seconds(5))
                group.cancelAll()
                while await group.nextResult() != nil {}
            }
        }
    }

    @Test func `waits its turn where more mails are under way than may be`() async throws {
        try await withMailServer(MailScript()) { server, transport in
            let transaction = mail(to: server)
            let codes = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 { group.addTask { try await transport.send(transaction).code } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(codes == Array(repeating: 250, count: 40))
        }
    }

    @Test func `carries addresses outside ASCII to a server that takes them`() async throws {
        let script = MailScript(extensions: ["8BITMIME", "SMTPUTF8"])
        try await withMailServer(script) { server, transport in
            var transaction = mail(to: server)
            transaction.recipient = "jürgen@example.com"
            _ = try await transport.send(transaction)
            #expect(await server.dialogue().contains("RCPT TO:<jürgen@example.com>"))
        }
    }
}

@Suite(.timeLimit(.minutes(30))) struct `A mail that could be more than one` {
    @Test(arguments: [
        "a@example.com>\r\nRCPT TO:<evil@example.com", "a@example.com\nb", "a b@example.com", "<a@example.com>", "a@b>",
        "a@b\u{0}", "",
        "a", "@b", "a@", "a\u{A0}@b", "a\u{85}@b", "a\u{7F}@b", "a\u{2028}@b",
    ])
    func `is refused for an address`(address: String) async throws {
        try await expectRefusal { $0.recipient = address }
        try await expectRefusal { $0.sender = address }
    }

    @Test(arguments: [
        "Subject: a\n\nb\r\n", "a\r\nb\rc\r\n", "a\r\n.\n\r\nb\r\n", "\na\r\n", "a\r", "a\u{0}\r\n", "",
    ])
    func `is refused for its line ends`(message: String) async throws {
        try await expectRefusal { $0.message = Array(message.utf8) }
    }

    @Test func `is refused for a line of more than 998 bytes`() async throws {
        try await expectRefusal { $0.message = [UInt8](repeating: 0x61, count: 999) + [0x0D, 0x0A] }
    }

    @Test(arguments: ["", "a b", "a\r\nRSET", "a/b", "a?b", "[1.2.3.4", "a\u{0}", "ä", "%0d%0aRSET"])
    func `is refused for a name to greet with`(name: String) async throws {
        try await expectRefusal { $0.heloName = name }
    }

    @Test(arguments: ["/path", "/?AUTH=x", "/;AUTH=PLAIN"])
    func `is refused for more than a server's address`(suffix: String) async throws {
        try await expectRefusal { $0.server += suffix }
    }

    @Test(arguments: ["http://127.0.0.1", "127.0.0.1:25", "smtp://user:pass@127.0.0.1:25", ""])
    func `is refused for a server that is none`(server: String) async throws {
        try await expectRefusal { $0.server = server }
    }

    @Test func `is refused for half a login`() async throws {
        try await expectRefusal { $0.username = "auspex" }
        try await expectRefusal { $0.password = "secret" }
    }

    @Test func `is not sent to a link-local server`() async throws {
        try await withTransport { transport in
            let transaction = MailTransaction(
                server: "smtp://169.254.169.254", heloName: "a", sender: "a@b", recipient: "c@d", message: [0x61])
            let error = try await failure(transport, transaction)
            #expect(error.kind == .refusedByPolicy(address: "169.254.169.254"))
        }
    }

    private func expectRefusal(
        sourceLocation: SourceLocation = #_sourceLocation, _ spoil: (inout MailTransaction) -> Void
    ) async throws {
        try await withMailServer(MailScript()) { server, transport in
            var transaction = mail(to: server)
            spoil(&transaction)
            let error = try await failure(transport, transaction, sourceLocation: sourceLocation)
            #expect(error.isInvalidRequest, "\(error)", sourceLocation: sourceLocation)
            #expect(server.connectionCount == 0, sourceLocation: sourceLocation)
        }
    }
}

func withMailServer(
    _ script: MailScript, _ body: (LoopbackServer, CurlTransport) async throws -> Void
) async rethrows {
    try await withServer(LoopbackServer { script.run(on: $0) }, body)
}

func mail(to server: LoopbackServer, message: String = "Subject: An alert\r\n\r\nIt fires.\r\n") -> MailTransaction {
    MailTransaction(
        server: "smtp://127.0.0.1:\(server.port)", heloName: "auspex.example.com", sender: "auspex@example.com",
        recipient: "ops@example.com", message: Array(message.utf8), security: .none)
}

extension LoopbackServer {
    /// All that was reported, once the server has stopped.
    func dialogue() async -> [String] {
        stop()
        return await reports.reduce(into: []) { $0.append($1) }
    }
}
