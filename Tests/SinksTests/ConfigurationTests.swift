import Core
import Sinks
import Testing

@Suite struct `The settings of a sink` {
    private func webhook(_ values: [String: SettingValue]) throws -> [String] {
        try problems("webhook", ["url": .string("https://x.example/")].merging(values) { $1 })
    }

    private func email(_ values: [String: SettingValue]) throws -> [String] {
        try problems("email", Fixture.email.values.merging(values) { $1 })
    }

    @Test(arguments: Fixture.http + [Fixture.email]) func `that are right make a sink`(_ fixture: Fixture) throws {
        let sink = try fixture.sink()
        #expect(sink.name == "team" && sink.kind == fixture.kind)
    }

    @Test(arguments: [
        "http://x.example/", "http://10.0.0.1/", "http://127.0.0.1.evil.example/",
    ])
    func `allow no unencrypted address but on this machine, unless told to`(_ url: String) throws {
        #expect(
            try problems("webhook", ["url": .string(url)]) == [
                "url: http:// to another machine is not encrypted; use https://, or say insecure: true to allow it"
            ])
        #expect(try problems("webhook", ["url": .string(url), "insecure": .boolean(true)]) == [])
    }

    @Test(arguments: ["http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]:9/"])
    func `allow an unencrypted address on this machine`(_ url: String) throws {
        #expect(try problems("webhook", ["url": .string(url)]) == [])
    }

    @Test(arguments: ["ftp://x.example/", "x.example", "", "https://user:s3cret@x.example/", "https://x example/"])
    func `refuse what is no address, without quoting it`(_ url: String) throws {
        let problems = try problems("webhook", ["url": .secret(Secret(url))])
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("url: ") == true)
        #expect(problems.first?.contains("s3cret") == false)
    }

    @Test(arguments: [
        ("not base64!", "must be whsec_ and base64"), ("whsec_not base64!", "must be whsec_ and base64"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "must be whsec_ and base64"),
        ("whsec_c2hvcnQ=", "must hold 24 to 64 bytes and holds 5"),
        ("whsec_", "must hold 24 to 64 bytes and holds 0"),
        ("whpk_1UiA4o9hyqTCpIqC5V9HUakiieCeAKepfZYjHCrBbOu=", "is a public key"), ("whsk_AAAA", "must be whsk_ and"),
        (
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvw==",
            "does not belong to its seed"
        ),
    ])
    func `say what is wrong with a key and do not show it`(_ row: (secret: String, message: String)) throws {
        let problems = try webhook(["secret": .secretList([Secret(row.secret)])])
        #expect(problems.count == 1)
        #expect(problems.first?.contains(row.message) == true, "\(problems)")
        #expect(problems.first?.contains(String(row.secret.dropFirst(6).prefix(8))) != true || row.secret.count < 14)
    }

    @Test func `say which of several keys is wrong`() throws {
        let problems = try webhook(["secret": .secretList([Secret(Fixture.signingSecret), Secret("x")])])
        #expect(problems.first?.hasPrefix("secret: number 2 must be whsec_") == true)
    }

    @Test func `take a key with blanks around it, as files have`() throws {
        #expect(try webhook(["secret": .secretList([Secret(Fixture.signingSecret + "\n")])]) == [])
    }

    @Test(arguments: [
        ("Host", "x"), ("content-length", "5"), ("Transfer-Encoding", "chunked"), ("Connection", "close"),
        ("Webhook-Id", "x"), ("webhook-signature", "x"), ("a b", "x"), ("", "x"), ("X\r\nY", "x"), ("X", "a\r\nB: c"),
        ("X", "a\u{0}"),
    ])
    func `refuse header fields that are not theirs to set`(_ field: (name: String, value: String)) throws {
        let problems = try webhook(["headers": .stringMap([NamedText(name: field.name, value: .plain(field.value))])])
        #expect(problems.count == 1 && problems[0].hasPrefix("headers: "))
    }

    @Test func `are all told when several are wrong`() throws {
        let problems = try problems(
            "webhook",
            [
                "url": .string("http://x.example"), "secret": .secretList([Secret("x")]),
                "client_key": .string("/dev/null"),
                "redact": .stringList(["self..x"]), "format": .string("xml"), "timeout": .duration(.zero),
            ])
        #expect(
            Set(problems.map { String($0.prefix { $0 != ":" }) }) == [
                "url", "secret", "client_key", "redact", "format", "timeout",
            ])
    }

    @Test func `name no files that cannot be read`() throws {
        for key in ["ca", "client_certificate"] {
            #expect(
                try webhook([key: .string("/nonexistent/x.pem")])
                    == ["\(key): /nonexistent/x.pem cannot be read: No such file or directory"])
        }
    }

    @Test func `of Slack are an address, or a token and a channel`() throws {
        #expect(try problems("slack", [:]) == ["url: is required, or token and channel"])
        #expect(try problems("slack", ["url": .string("")]) == ["url: is required, or token and channel"])
        #expect(
            try problems("slack", ["token": .secret(Secret("xoxb-1"))]) == ["channel: is required with token"])
        let both: [String: SettingValue] = [
            "token": .secret(Secret("x")), "channel": .string("c"), "url": .secret(Secret("https://x.example/y")),
        ]
        #expect(try problems("slack", both) == ["url: cannot be given together with token"])
        #expect(
            try problems("slack", ["url": .secret(Secret("https://x.example/y")), "channel": .string("c")]) == [
                "channel: is only used with token"
            ])
        #expect(try problems("slack", ["token": .secret(Secret("a\r\nb")), "channel": .string("c")]).count == 1)
        #expect(
            try problems("slack", ["url": .secret(Secret("http://x.example/y"))]).first?.hasPrefix("url: http://")
                == true)
    }

    @Test(arguments: [
        "ops", "ops@", "@example.com", "a b@example.com", "a@b@c", "a@example.com\r\nBcc: x@y", "a@exa mple.com",
        "<a@example.com",
        "a..b@example.com", "ö@example.com", "a@example.com>", "x\u{0}@example.com", "a,b@example.com",
        "Name\r\n <a@example.com>",
    ])
    func `of mail refuse what is no address`(_ address: String) throws {
        #expect(try email(["to": .stringList([address])]) == ["to: is not an address such as ops@example.com"])
        #expect(try email(["from": .string(address)]).count == 1)
        #expect(try email(["reply_to": .string(address)]).count == 1)
    }

    @Test(arguments: [
        "https://mail.example.com", "mail.example.com", "smtps://u:p@mail.example.com", "smtp://mail.example.com/x",
    ])
    func `of mail refuse what is no server`(_ server: String) throws {
        let problems = try email(["server": .string(server)])
        #expect(problems.count == 1 && problems[0].hasPrefix("server: must be smtps://"))
    }

    @Test func `of mail send a password over no connection that is not trusted`() throws {
        #expect(try email(["server": .string("smtp://mail.example.com:587")]) == [])
        #expect(try email(["server": .string("smtp://127.0.0.1:2525")]) == [])
        #expect(
            try email(["server": .string("smtp://mail.example.com"), "insecure": .boolean(true)]) == [
                "insecure: a password is not sent over an unencrypted connection; leave insecure out"
            ])
        #expect(
            try problems(
                "email",
                [
                    "server": .string("smtps://x.example"), "from": .string("a@b.c"), "to": .stringList(["d@e.f"]),
                    "username": .string("u"),
                ]
            ).count == 1)
        #expect(try email(["to": .stringList([])]) == ["to: is required: at least one recipient"])
    }
}
