import Core
import Sinks
import Testing
import Transport

/// One way to set up each kind of sink, with secrets that must never be seen.
struct Fixture: CustomTestStringConvertible, Sendable {
    var name: String
    var kind: String
    var values: [String: SettingValue]
    /// What must not appear anywhere but in the request itself.
    var secrets: [String] = []
    var testDescription: String { name }

    static let signingSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    static let http: [Fixture] = [
        Fixture(
            name: "webhook", kind: "webhook",
            values: [
                "url": .string("https://jobs.example.com/hooks/aurous?token=query-s3cret"),
                "secret": .secretList([Secret(signingSecret)]),
                "headers": .stringMap([
                    NamedText(name: "Authorization", value: .plain("Bearer header-s3cret")),
                    NamedText(name: "X-Team", value: .secret(Secret("t3am-s3cret"))),
                ]),
            ],
            secrets: ["query-s3cret", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "header-s3cret", "t3am-s3cret"]),
        Fixture(
            name: "webhook with CloudEvents and a secret address", kind: "webhook",
            values: [
                "url": .secret(Secret("https://jobs.example.com/hooks/p4th-s3cret")), "format": .string("cloudevents"),
            ],
            secrets: ["p4th-s3cret"]),
        Fixture(
            name: "slack", kind: "slack",
            values: ["url": .secret(Secret("https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/cCcCs3cretcCcC"))],
            secrets: ["T0AAAAAAA/B0BBBBBBB/cCcCs3cretcCcC", "cCcCs3cretcCcC", "B0BBBBBBB"]),
        Fixture(
            name: "slack with a token", kind: "slack",
            values: ["token": .secret(Secret("xoxb-s3cret-token")), "channel": .string("C123")],
            secrets: ["xoxb-s3cret-token"]),
    ]

    static let email = Fixture(
        name: "email", kind: "email",
        values: [
            "server": .string("smtps://mail.example.com"), "username": .string("watcher"),
            "password": .secret(Secret("m4il-s3cret")), "from": .string("Auspex <auspex@example.com>"),
            "to": .stringList(["ops@example.com"]),
        ],
        secrets: ["m4il-s3cret"])

    static let exec = Fixture(
        name: "exec", kind: "exec",
        values: [
            "command": .stringList(["/bin/cat", "-", "--", "/dev/null"]),
            "env": .stringMap([NamedText(name: "TOKEN", value: .secret(Secret("t0ken-s3cret")))]),
        ],
        secrets: ["t0ken-s3cret"])

    static let mqtt = Fixture(
        name: "mqtt", kind: "mqtt",
        values: [
            "server": .string("mqtts://broker.example.com"), "topic": .string("aurous/${alert.kind}"),
            "username": .string("watcher"), "password": .secret(Secret("br0ker-s3cret")),
        ],
        secrets: ["br0ker-s3cret"])

    /// The `file` kind has a folder to be made first.
    static let all: [Fixture] =
        http + [
            email, exec, mqtt, Fixture(name: "file", kind: "file", values: [:]),
            Fixture(name: "log", kind: "log", values: [:]),
        ]

    func sink(
        http: ScriptedHTTP = ScriptedHTTP(), mail: ScriptedMail = ScriptedMail(), folder: String = "",
        adding more: [String: SettingValue] = [:]
    ) throws -> any Sink {
        var values = values.merging(more) { _, new in new }
        if kind == "file" { values["path"] = .string("\(folder)/alerts.jsonl") }
        return try SinksTests.sink(kind, values, http: http, mail: mail)
    }
}
