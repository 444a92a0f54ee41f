import Testing
import Transport

@Suite(.timeLimit(.minutes(30))) struct `Mail security` {
    @Test func `sends nothing where STARTTLS is required and not offered`() async throws {
        try await withMailServer(MailScript()) { server, transport in
            var transaction = mail(to: server)
            transaction.security = .required
            transaction.username = "auspex"
            transaction.password = "secret"
            let error = try await failure(transport, transaction)
            #expect(error.kind == .tls)
            #expect(!error.mayHaveBeenReceived)
            #expect(await server.dialogue().allSatisfy { $0.hasPrefix("EHLO") || $0 == "QUIT" })
        }
    }

    @Test func `sends nothing where STARTTLS is offered and then refused`() async throws {
        let script = MailScript(extensions: ["STARTTLS"], replies: ["STARTTLS": "454 not now"])
        try await withMailServer(script) { server, transport in
            var transaction = mail(to: server)
            transaction.security = .required
            let error = try await failure(transport, transaction)
            #expect(error.kind == .tls)
            #expect(await server.dialogue().allSatisfy { !$0.hasPrefix("MAIL") })
        }
    }

    @Test(arguments: [MailSecurity.none, .noneWithLoopbackLogin])
    func `refuses a login in the open`(security: MailSecurity) async throws {
        try await withTransport { transport in
            let transaction = MailTransaction(
                server: security == .none ? "smtp://127.0.0.1" : "smtp://192.0.2.1", heloName: "a", username: "u",
                password: "p",
                sender: "a@b", recipient: "c@d", message: [0x61], security: security)
            let error = try await failure(transport, transaction)
            #expect(error.isInvalidRequest)
        }
    }

    @Test func `logs in to this machine in the open where that is asked for`() async throws {
        let script = MailScript(extensions: ["AUTH PLAIN"], replies: ["AUTH": "334 "])
        try await withServer(
            LoopbackServer { connection in
                script.runPlainLogin(on: connection, answer: "235 welcome")
            }
        ) { server, transport in
            var transaction = mail(to: server)
            transaction.security = .noneWithLoopbackLogin
            transaction.username = "auspex"
            transaction.password = "se\r\ncret"
            let reply = try await transport.send(transaction)
            #expect(reply.code == 250)
            #expect(await server.dialogue().contains("AGF1c3BleABzZQ0KY3JldA=="))
        }
    }

    @Test(arguments: [(535, "5.7.8 wrong"), (454, "4.7.0 for now")])
    func `ends with the refusal of a login, without the password`(code: Int, text: String) async throws {
        try await withServer(
            LoopbackServer { connection in
                MailScript(extensions: ["AUTH PLAIN"], replies: ["AUTH": "334 "]).runPlainLogin(
                    on: connection, answer: "\(code) \(text)")
            }
        ) { server, transport in
            var transaction = mail(to: server)
            transaction.security = .noneWithLoopbackLogin
            transaction.username = "auspex"
            transaction.password = "pa55word"
            let error = try await failure(transport, transaction)
            #expect(error.kind == .loginDenied(code: code, text: text))
            #expect(!error.mayHaveBeenReceived)
            #expect(!error.description.contains("pa55word"))
            #expect(await server.dialogue().allSatisfy { !$0.hasPrefix("MAIL") })
        }
    }

    @Test func `goes on without a login where the server knows none, which it may then refuse`() async throws {
        try await withMailServer(MailScript()) { server, transport in
            var transaction = mail(to: server)
            transaction.security = .noneWithLoopbackLogin
            transaction.username = "auspex"
            transaction.password = "secret"
            let reply = try await transport.send(transaction)
            #expect(reply.code == 250)
            #expect(await server.dialogue().allSatisfy { !$0.hasPrefix("AUTH") })
        }
    }

    @Suite(.enabled(if: isInstalled("openssl"), "the openssl program makes the certificates"))
    struct `with TLS` {
        @Test func `logs in and sends once STARTTLS is done`() async throws {
            try await withTLSMail { server, authority, transport in
                var transaction = mail(to: server)
                transaction.server = "smtp://localhost:\(server.port)"
                transaction.security = .required
                transaction.trust.caFile = authority.caFile
                let reply = try await transport.send(transaction)
                #expect(reply.text == "2.0.0 queued as 42")
                #expect(
                    await server.dialogue() == [
                        "EHLO auspex.example.com", "STARTTLS", "EHLO auspex.example.com",
                        "MAIL FROM:<auspex@example.com>",
                        "RCPT TO:<ops@example.com>", "DATA", "|Subject: An alert", "|", "|It fires.", ".", "QUIT",
                    ])
            }
        }

        @Test func `sends nothing to a server that nobody we trust vouches for`() async throws {
            try await withTLSMail { server, _, transport in
                var transaction = mail(to: server)
                transaction.server = "smtp://localhost:\(server.port)"
                transaction.security = .required
                transaction.username = "auspex"
                transaction.password = "secret"
                let error = try await failure(transport, transaction)
                #expect(error.kind == .tls)
                #expect(!error.mayHaveBeenReceived)
            }
        }

        @Test func `speaks TLS from the start to an smtps server`() async throws {
            let authority = try TestAuthority()
            let server = try TLSServer(authority, [])
            defer { server.stop() }
            spawnThread { MailScript().converse(with: server.program, report: { _ in }) }
            try await withTransport { transport in
                let transaction = MailTransaction(
                    server: "smtps://localhost:\(server.port)", heloName: "[127.0.0.1]", sender: "a@example.com",
                    recipient: "b@example.com", message: Array("Subject: x\r\n\r\ny\r\n".utf8), security: .none,
                    trust: TrustSettings(caFile: authority.caFile))
                let reply = try await transport.send(transaction)
                #expect(reply.code == 250)
            }
        }

        /// A mail server that turns to TLS by passing the connection on to `openssl s_server`.
        private func withTLSMail(
            _ body: (LoopbackServer, TestAuthority, CurlTransport) async throws -> Void
        ) async throws {
            let authority = try TestAuthority()
            let tls = try TLSServer(authority, [])
            defer { tls.stop() }
            let script = MailScript(
                extensions: ["STARTTLS"],
                startTLS: { connection in
                    spawnThread {
                        MailScript(greeting: "", extensions: []).converse(with: tls.program, report: connection.report)
                    }
                    connection.relay(to: tls.port)
                })
            try await withServer(LoopbackServer { script.run(on: $0) }) { server, transport in
                try await body(server, authority, transport)
            }
        }
    }
}

extension MailScript {
    /// The same, with a PLAIN login in two steps in front.
    fileprivate func runPlainLogin(on connection: ServerConnection, answer: String) {
        connection.send("220 hello\r\n")
        while let line = connection.readLine() {
            connection.report(line)
            switch line.prefix(4) {
            case "EHLO": connection.send("250-mail.example.com\r\n250 AUTH PLAIN\r\n")
            case "AUTH": connection.send("334 \r\n")
            case "QUIT": return
            default:
                connection.send(answer + "\r\n")
                if answer.hasPrefix("235") {
                    return MailScript(greeting: "").run(on: connection)
                }
            }
        }
    }
}
