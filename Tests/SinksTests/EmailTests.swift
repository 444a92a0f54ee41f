import CEL
import Core
import Sinks
import Testing
import Transport

private func email(_ mail: ScriptedMail, adding values: [String: SettingValue] = [:]) throws -> any Sink {
    try Fixture.email.sink(mail: mail, adding: values)
}

private func mails(
    _ deliveries: [OutgoingDelivery], adding values: [String: SettingValue] = [:]
) async throws -> [ReadMail] {
    let mail = ScriptedMail()
    let sink = try email(mail, adding: values)
    for delivery in deliveries { _ = await sink.attempt(delivery, at: Sample.now) }
    return try ReadMail.read(mail.transactions.map(\.message))
}

@Suite(.enabled(if: Programs.hasPython, "python3 is not installed"))
struct `A mail` {
    @Test func `has the header fields of an automatic message`() async throws {
        let mail = try #require(try await mails([Sample.delivery()]).first)
        #expect(mail.problems == [])
        #expect(
            mail.fields.map { String($0.prefix { $0 != ":" }) } == [
                "Date", "From", "To", "Subject", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "List-Id",
                "MIME-Version", "Content-Type",
            ])
        #expect(mail["Date"] == "Mon, 04 May 2026 10:00:15 +0000")
        #expect(mail["From"] == "Auspex <auspex@example.com>")
        #expect(mail["To"] == "ops@example.com")
        #expect(mail["Subject"] == "Refused: a cat")
        #expect(mail["Message-ID"] == "<\(Sample.delivery().id.rawValue)@example.com>")
        #expect(mail["Auto-Submitted"] == "auto-generated")
        #expect(mail["List-Id"] == "<refused-by-policy.auspex.example.com>")
    }

    @Test func `says the same in text and in HTML`() async throws {
        let mail = try #require(try await mails([Sample.delivery()]).first)
        for text in [mail.text, mail.visible] {
            #expect(text.contains("img_01k failed: Content policy violation"))
            #expect(text.contains("refused-by-policy"))
            #expect(text.contains("trust-and-safety"))
            #expect(text.contains("2026-05-04T10:00:14Z"))
        }
    }

    @Test func `answers the first about its alert`() async throws {
        let mail = ScriptedMail()
        let sink = try email(mail)
        let first = await sink.attempt(Sample.delivery(), at: Sample.now)
        let resolve = Sample.notification(reason: .resolved, title: [.markup("Something else")])
        var delivery = Sample.delivery(resolve, earlier: first.kept)
        delivery.id = DeliveryID(rawValue: "dlv_2")
        _ = await sink.attempt(delivery, at: Sample.now)
        let mails = try ReadMail.read(mail.transactions.map(\.message))
        #expect(mails[1]["In-Reply-To"] == mails[0]["Message-ID"])
        #expect(mails[1]["References"] == mails[0]["Message-ID"])
        #expect(mails[1]["Message-ID"] == "<dlv_2@example.com>")
        #expect(mails[1].subject == "Re: Refused: a cat")
        #expect(mails[1].text.hasPrefix("Resolved: Something else"))
        #expect(mails[0]["In-Reply-To"] == nil)
    }

    @Test func `about the end of what nobody was told says so`() async throws {
        let mail = try #require(try await mails([Sample.delivery(Sample.notification(reason: .resolved))]).first)
        #expect(mail.subject == "Resolved: Refused: a cat")
    }

    @Test func `is the same at every attempt`() async throws {
        let mail = ScriptedMail()
        let sink = try email(mail)
        _ = await sink.attempt(Sample.delivery(), at: Sample.now)
        _ = await sink.attempt(Sample.delivery(attempt: 2), at: Sample.time("2026-05-05T10:00:00Z"))
        #expect(mail.transactions[0].message == mail.transactions[1].message)
    }

    @Test func `withstands every hostile text`() async throws {
        let mails = try await mails(HostileText.all.map { Sample.delivery(saying: $0.text) })
        let own: Set<String> = ["html", "head", "meta", "body", "div", "h2", "table", "tr", "td", "bdi", "br"]
        #expect(mails.count == HostileText.all.count)
        for (hostile, mail) in zip(HostileText.all, mails) {
            #expect(mail.problems == [], "\(hostile.name)")
            #expect(mail.fields.count == 10, "\(hostile.name)")
            #expect(mail["To"] == "ops@example.com")
            #expect(mail.links == [], "\(hostile.name)")
            #expect(Set(mail.tags).subtracting(own) == [], "\(hostile.name)")
            #expect(!mail.text.contains("://") && !mail.visible.contains("://"), "\(hostile.name)")
            #expect(!mail.subject.isEmpty && mail.subject.count <= 201 && !mail.subject.contains("\n"))
            let shown = TextNormaliser.normalised(hostile.text)
            #expect(mail.subject.utf8.count <= 1000)
            guard shown.utf8.count < 20_000, !TextNormaliser.oneLine(shown).isEmpty else { continue }
            let said = mail.text.replacing(#/[\u{200b}\u{2063}]/#, with: "")
            let quoted = shown.replacing(#/[\u{200b}\u{2063}]/#, with: "").replacing("\n", with: "\n> ")
            #expect(said.contains(quoted), "\(hostile.name)")
        }
    }

    @Test func `leaves the author's links and tags to the author`() async throws {
        let text: [TemplatePiece] = [
            .markup("a < b & <b>bold</b>\nsee <https://app.example/"), .literal("x y\"><script>"),
            .markup("|the app> or <a href=\"https://app.example/?q="),
            .literal("'\" onclick=x"), .markup("\">here</a>, https://docs.example/x."), .markup("<script>no</script>"),
        ]
        let mail = try #require(try await mails([Sample.delivery(Sample.notification(text: text))]).first)
        #expect(
            mail.links == [
                "https://app.example/x%20y%22%3E%3Cscript%3E", "https://app.example/?q=%27%22%20onclick%3Dx",
                "https://docs.example/x",
            ])
        #expect(mail.tags.contains("b") && !mail.tags.contains("script"))
        #expect(mail.visible.contains("a < b & bold\nsee the app or here, https://docs.example/x.<script>no</script>"))
        #expect(mail.text.contains("the app <https://app.example/x%20y%22%3E%3Cscript%3E>"))
    }

    @Test(
        arguments: [
            [.markup("<a href=\""), .literal("https://evil.example"), .markup("\">x</a>")],
            [.markup("<a href=\"https://"), .literal("evil.example"), .markup("/\">x</a>")],
            [.markup("<a href=\"https://app.example/\" title=\""), .literal("x"), .markup("\">x</a>")],
            [.markup("<"), .literal("b"), .markup(">")],
            [.markup("https://app.example"), .literal(".evil.example/")],
        ] as [[TemplatePiece]])
    func `lets no inserted value choose where a link leads`(_ text: [TemplatePiece]) async throws {
        let mail = try #require(try await mails([Sample.delivery(Sample.notification(text: text))]).first)
        #expect(mail.links.allSatisfy { !$0.contains("evil") })
        #expect(mail.problems == [])
        #expect(!mail.tags.contains("b"))
    }

    @Test func `writes names and subjects in any script`() async throws {
        let title = "Отказ: 猫の絵 «" + String(repeating: "ü", count: 150) + "»"
        let mail = try #require(
            try await mails(
                [Sample.delivery(Sample.notification(title: [.literal(title)]))],
                adding: [
                    "from": .string("Wächter, \"Nacht\" <auspex@example.com>"),
                    "reply_to": .string("Ops Team <o@example.com>"),
                ]
            ).first)
        #expect(mail.problems == [])
        #expect(mail.subject == title)
        #expect(mail["From"]?.contains("Wächter") == true)
        #expect(mail["Reply-To"] == "Ops Team <o@example.com>")
    }

    @Test func `shows by its quotation marks what a stranger imitates`() async throws {
        let card = "done\n\n-- \nseverity: info\nresolved: 2026-05-04T10:00:14Z"
        let text: [TemplatePiece] = [.markup("It said: "), .literal(card), .markup("\nRegards")]
        let mail = try #require(try await mails([Sample.delivery(Sample.notification(text: text))]).first)
        #expect(
            mail.text.contains(
                "It said: done\n> \n> -- \n> severity: info\n> resolved: 2026-05-04T10:00:14Z\nRegards\n"))
        #expect(mail.html.contains("<bdi style=\"background:#f2f2f2\">done<br>"))
    }

    @Test func `about several alerts lists them`() async throws {
        var resolved = Sample.alert(current: Sample.generation(status: "succeeded"))
        resolved.resource.id = "img_02k evil.example/x\n- forged"
        resolved.state = "resolved"
        resolved.resolvedAt = Sample.time("2026-05-04T10:00:15Z")
        let many = [Sample.alert(), resolved] + Array(repeating: Sample.alert(), count: 58)
        let mail = try #require(try await mails([Sample.delivery(Sample.notification(alerts: many))]).first)
        #expect(mail.problems == [])
        let lines = mail.text.split(separator: "\n").map { $0.replacing("\u{200b}", with: "") }
        let start = try #require(lines.firstIndex(of: "60 alerts:"))
        #expect(lines[start + 1] == "- generation img_01k of studio: failed, firing since 2026-05-04T10:00:14Z")
        #expect(
            lines[start + 2] == "- generation img_02k evil.example/x - forged of studio: succeeded, "
                + "resolved 2026-05-04T10:00:15Z, since 2026-05-04T10:00:14Z")
        #expect(lines[start + 51] == "- and 10 more")
        #expect(mail.visible.contains("and 10 more") && mail.links == [])
    }

    @Test func `previews what it sends`() async throws {
        let mail = ScriptedMail()
        let sink = try email(mail)
        _ = await sink.attempt(Sample.delivery(), at: Sample.now)
        let sent = String(decoding: try #require(mail.transactions.first?.message), as: UTF8.self)
        let preview = sink.preview(Sample.delivery(), at: Sample.now)
        #expect(preview.hasPrefix("curl --url "))
        #expect(preview.contains(sent.replacing("\r\n", with: "\n")))
    }
}

@Suite struct `A mail transaction` {
    private static let three: [String: SettingValue] = [
        "to": .stringList(["a@example.com", "Bea <b@example.com>", "c@example.com", "a@example.com"])
    ]

    @Test func `is one for each recipient`() async throws {
        let mail = ScriptedMail()
        let result = try await email(mail, adding: Self.three).attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome == .delivered)
        #expect(mail.recipients == ["a@example.com", "b@example.com", "c@example.com"])
        let transaction = try #require(mail.transactions.first)
        #expect(transaction.server == "smtps://mail.example.com:465")
        #expect(transaction.heloName == "watch.example.com")
        #expect(transaction.sender == "auspex@example.com")
        #expect(transaction.username == "watcher")
        #expect(transaction.password == "m4il-s3cret")
        #expect(transaction.security == .required)
    }

    @Test func `arrives at a real server as it was written`() async throws {
        let server = LoopbackMailServer()
        let transport = CurlTransport(options: CurlTransport.Options())
        defer {
            server.stop()
            transport.shutdown()
        }
        let kind = try #require(SinkCatalog.kind(named: "email"))
        let values: [String: SettingValue] = [
            "server": .string("smtp://127.0.0.1:\(server.port)"), "from": .string("auspex@example.com"),
            "to": .stringList(["ops@example.com"]),
        ]
        let sink = try kind.make(configuration(values), services(mail: transport))
        for hostile in HostileText.all {
            let result = await sink.attempt(Sample.delivery(saying: hostile.text), at: Sample.now)
            #expect(result.outcome == .delivered)
            let mail = try #require(server.mails.last)
            let preview = sink.preview(Sample.delivery(saying: hostile.text), at: Sample.now)
            #expect(preview.contains(String(decoding: mail.message, as: UTF8.self).replacing("\r\n", with: "\n")))
            #expect(mail.commands.first == "EHLO watch.example.com")
            #expect(mail.commands.filter { $0.hasPrefix("RCPT") } == ["RCPT TO:<ops@example.com>"])
        }
        #expect(server.mails.count == HostileText.all.count)
    }

    @Test func `does not mail again those who have it`() async throws {
        let first = try await email(ScriptedMail(refusing: ["b@example.com": 452]), adding: Self.three)
            .attempt(Sample.delivery(), at: Sample.now)
        #expect(first.outcome.name == "failed")
        let mail = ScriptedMail()
        let second = try await email(mail, adding: Self.three)
            .attempt(Sample.delivery(attempt: 2, earlier: first.kept), at: Sample.now)
        #expect(mail.recipients == ["b@example.com"])
        #expect(second.outcome == .delivered)
    }

    @Test func `of a replay after success goes to all again`() async throws {
        let first = try await email(ScriptedMail(), adding: Self.three).attempt(Sample.delivery(), at: Sample.now)
        let mail = ScriptedMail()
        _ = try await email(mail, adding: Self.three).attempt(Sample.delivery(earlier: first.kept), at: Sample.now)
        #expect(mail.recipients.count == 3)
    }

    @Test func `of another delivery begins anew`() async throws {
        let first = try await email(ScriptedMail(refusing: ["b@example.com": 452]), adding: Self.three)
            .attempt(Sample.delivery(), at: Sample.now)
        let mail = ScriptedMail()
        var other = Sample.delivery(Sample.notification(reason: .resolved), earlier: first.kept)
        other.id = DeliveryID(rawValue: "dlv_other")
        _ = try await email(mail, adding: Self.three).attempt(other, at: Sample.now)
        #expect(mail.recipients.count == 3)
    }

    @Test func `is refused only when no recipient is left to try`() async throws {
        let mail = ScriptedMail(refusing: ["a@example.com": 550, "b@example.com": 450])
        let first = try await email(mail, adding: Self.three).attempt(Sample.delivery(), at: Sample.now)
        #expect(first.outcome.name == "failed")
        let again = ScriptedMail()
        let second = try await email(again, adding: Self.three)
            .attempt(Sample.delivery(attempt: 2, earlier: first.kept), at: Sample.now)
        #expect(again.recipients == ["b@example.com"])
        #expect(second.outcome.name == "refused", "a@example.com never got it, and somebody must hear of it")
        let replay = ScriptedMail()
        let third = try await email(replay, adding: Self.three)
            .attempt(Sample.delivery(attempt: 3, earlier: second.kept), at: Sample.now)
        #expect(replay.recipients == ["a@example.com"])
        #expect(third.outcome == .delivered)
    }

    @Test(arguments: [
        (TransportError(kind: .mailRefused(code: 450, text: "busy")), "failed"),
        (TransportError(kind: .mailRefused(code: 421, text: "closing")), "failed"),
        (TransportError(kind: .mailRefused(code: 550, text: "no such user")), "refused"),
        (TransportError(kind: .mailRefused(code: 554, text: "policy")), "refused"),
        (TransportError(kind: .loginDenied(code: 535, text: "wrong")), "refused"),
        (TransportError(kind: .loginDenied(code: 454, text: "later")), "failed"),
        (TransportError(kind: .connect), "failed"), (TransportError(kind: .tls), "failed"),
        (TransportError(kind: .timedOut(bytesSent: true), mayHaveBeenReceived: true), "unknown"),
        (TransportError(kind: .invalidRequest(reason: "bad address")), "refused"),
        (TransportError(kind: .refusedByPolicy(address: "169.254.1.1")), "refused"),
    ])
    func `judges an answer`(_ row: (error: TransportError, expected: String)) async throws {
        let mail = ScriptedMail(["ops@example.com": row.error])
        let result = try await email(mail).attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome.name == row.expected)
        #expect(result.outcome.reason?.isEmpty == false)
    }

    @Test func `leaves the time of the next attempt to the schedule`() async throws {
        for code in [421, 450, 451] {
            let result = try await email(ScriptedMail(refusing: ["ops@example.com": code])).attempt(
                Sample.delivery(), at: Sample.now)
            guard case .failed(_, after: nil) = result.outcome else { throw Failure() }
        }
    }

    @Test func `says what to do about a refused login, and not the password`() async throws {
        let error = TransportError(kind: .loginDenied(code: 535, text: "5.7.8 bad m4il-s3cret"))
        let mail = ScriptedMail(["a@example.com": error])
        let result = try await email(mail, adding: Self.three).attempt(Sample.delivery(), at: Sample.now)
        #expect(mail.recipients == ["a@example.com"], "the others would meet the same")
        #expect(result.outcome.reason?.contains("check username and password") == true)
        #expect(result.misconfiguration == .certain)
        #expect(!"\(result)".contains("m4il-s3cret"))
    }

    private struct Failure: Error {}
}
