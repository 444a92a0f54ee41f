import CEL
import ConfigurationFiles
import Core
import Sinks
import Testing
import Transport

/// A sink of the kind `http`, its request written in a configuration.
private func operatorsSink(
    _ request: String, _ settings: [NamedValue] = [], more: [String: SettingValue] = [:], http: ScriptedHTTP
) throws(SinkConfigurationError) -> any Sink {
    let file = FileText(name: "auspex.yaml", text: "request: " + request)
    guard case .mapping(let entries)? = YAMLNode.read(file)?.value, let kind = SinkCatalog.kind(named: "http") else {
        throw SinkConfigurationError(problems: [])
    }
    let tree = SettingValue.tree(SettingTree(node: entries[0].value, file: file))
    return try kind.make(
        configuration(["request": tree, "settings": .named(settings)].merging(more) { $1 }), services(http: http))
}

extension YAMLNode {
    fileprivate static func read(_ file: FileText) -> YAMLNode? {
        var reader = YAMLReader(file: file)
        return reader.root()
    }
}

@Suite struct `A form that signs` {
    private static let form = """
        { url: "https://x.example/", body: "${settings.format}", sign: { standard-webhooks: "${settings.keys}" } }
        """
    private static let keys = [
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    ]

    private func send(_ format: String, keys: [String] = keys) async throws -> (HTTPRequest?, AttemptResult) {
        let http = ScriptedHTTP()
        let settings = [
            NamedValue(name: "format", value: .string(format)),
            NamedValue(name: "keys", value: .secretList(keys.map { Secret($0) })),
        ]
        let result = try await operatorsSink(Self.form, settings, http: http).attempt(Sample.delivery(), at: Sample.now)
        return (http.requests.first, result)
    }

    @Test(arguments: ["callback", "cloudevents", "cloudevents-binary"])
    func `signs what it sends, with every key`(_ format: String) async throws {
        let request = try #require(try await send(format).0)
        let id = Sample.notification().id.rawValue
        #expect(request.field("webhook-id") == id)
        #expect(request.field("webhook-timestamp") == "\(Sample.now.seconds)")
        let signature = try #require(WebhookSignature(Self.keys.map { Secret($0) }))
        #expect(
            request.field("webhook-signature")
                == signature.value(id: id, timestamp: Sample.now.seconds, body: request.body ?? []))
        let isBinary = format == "cloudevents-binary"
        #expect(request.field("ce-type") == (isBinary ? "alert.fired" : nil))
        #expect(
            request.field("Content-Type") == "application/" + (format == "cloudevents" ? "cloudevents+json" : "json"))
        #expect((isBinary ? request.json.text("id") : request.json.text("data.id")) == id || format == "cloudevents")
    }

    @Test func `is refused where its body has no such name`() async throws {
        let outcome = try await send("xml").1.outcome
        #expect(
            outcome
                == .refused(reason: "there is no such body; there are callback, cloudevents, cloudevents-binary, none"))
    }

    @Test func `is told at once which key is none, and without it`() throws {
        let error = #expect(throws: SinkConfigurationError.self) {
            let keys = SettingValue.secretList([Secret(Self.keys[0]), Secret("whsec_n0-k3y-at-all")])
            _ = try operatorsSink(
                Self.form, [.init(name: "format", value: .string("callback")), .init(name: "keys", value: keys)],
                http: ScriptedHTTP())
        }
        #expect(error?.problems.first?.message.hasPrefix("`keys` number 2 must be whsec_") == true)
        #expect(error?.problems.contains { $0.message.contains("n0-k3y") } == false)
    }

    @Test(arguments: [
        ("{ url: 'https://x.example/', sign: { standard-webhooks: '${title}' } }", "must be a setting"),
        ("{ url: 'https://x.example/', sign: {} }", "does not say how"),
        ("{ url: 'https://x.example/', body: '${title}' }", "only the author and the settings choose"),
        ("{ url: 'https://x.example/', body: cloudevent }", "did you mean 'cloudevents'?"),
        ("{ url: 'https://x.example/', aws: { service: sns } }", "`aws` has no `region`"),
        (
            "{ url: 'https://x.example/', aws: { service: '${self.x}', region: r, access_key: a, secret_key: b } }",
            "only the author and the settings sign"
        ),
        (
            """
            { url: 'https://x.example/', basic: { username: u, password: p }, aws: { service: s, region: r,
              access_key: a, secret_key: b } }
            """, "both want the Authorization field"
        ),
    ])
    func `says at its place what is wrong`(_ row: (request: String, message: String)) {
        let error = #expect(throws: SinkConfigurationError.self) {
            _ = try operatorsSink(row.request, http: ScriptedHTTP())
        }
        let said = error?.problems.compactMap { $0.diagnostic?.rendered } ?? []
        #expect(said.contains { $0.contains(row.message) }, "\(said)")
    }
}

@Suite struct `A secret that stands in a request itself` {
    @Test(arguments: [
        ("{ url: 'https://x.example/', headers: { Authorization: 'Bearer wr1tten-s3cret' } }", ["wr1tten-s3cret"]),
        ("{ url: 'https://x.example/', headers: { X-Api-Key: secretword } }", ["secretword"]),
        ("{ url: 'https://x.example/hooks/T0AAAAAAA/xyz?token=abcdefg', json: {} }", ["T0AAAAAAA", "abcdefg"]),
        ("{ url: 'https://x.example/', query: { key: wr1tten-s3cret } }", ["wr1tten-s3cret"]),
        ("{ url: 'https://x.example/', json: { auth: { token: wr1tten-s3cret } } }", ["wr1tten-s3cret"]),
        ("{ url: 'https://x.example/', form: { password: hunter-two } }", ["hunter-two"]),
        ("{ url: 'https://x.example/', basic: { username: u, password: hunter-two } }", ["hunter-two"]),
        (
            """
            { url: 'https://x.example/', form: {}, aws: { service: s, region: r, access_key: a,
              secret_key: wr1tten-s3cret } }
            """, ["wr1tten-s3cret"]
        ),
    ])
    func `is shown nowhere`(_ row: (request: String, secrets: [String])) async throws {
        let http = ScriptedHTTP(400, "you sent " + row.secrets.joined(separator: " and "))
        let sink = try operatorsSink(row.request, http: http)
        let result = await sink.attempt(Sample.delivery(), at: Sample.now)
        let shown = [sink.preview(Sample.delivery(), at: Sample.now), result.answer, result.outcome.reason ?? ""]
        for secret in row.secrets {
            #expect(!shown.contains { $0.contains(secret) }, "\(shown)")
            let request = try #require(http.requests.first)
            let fields = request.headerFields.map(\.value).joined(separator: " ")
            let key = request.signing?.secretKey ?? ""
            #expect(
                [request.url, request.bodyText, fields, key].contains { $0.contains(secret) }
                    || fields.contains("Basic "))
        }
    }

    @Test func `does not make a riddle of the rest`() async throws {
        let request = """
            { url: "https://x.example/api/v2/enqueue", headers: { X-Kind: plain, Content-Type: application/vnd.x.v2+json },
              query: { wait: "true" }, json: { kind: trigger, title: "${title}" } }
            """
        let preview = try operatorsSink(request, http: ScriptedHTTP()).preview(Sample.delivery(), at: Sample.now)
        #expect(!preview.contains("***"))
    }
}

@Suite struct `The networks of a sink` {
    private func problem(_ url: String, _ values: [String: SettingValue]) throws -> [String] {
        try problems("webhook", ["url": .string(url)].merging(values) { $1 })
    }

    @Test func `go with every request`() async throws {
        let http = ScriptedHTTP()
        let values: [String: SettingValue] = [
            "url": .string("https://x.example/"), "allow": .stringList(["10.0.0.0/8", "2001:db8::/32"]),
            "deny": .stringList(["10.1.0.0/16"]),
        ]
        _ = try await sink("webhook", values, http: http).attempt(Sample.delivery(), at: Sample.now)
        let policy = try #require(http.requests.first).destination
        #expect(policy.allows(try #require(IPAddress("10.2.0.1"))))
        #expect(!policy.allows(try #require(IPAddress("10.1.0.1"))))
        #expect(!policy.allows(try #require(IPAddress("93.184.216.34"))))
    }

    @Test func `are networks, and hold the address where it is written in numbers`() throws {
        #expect(
            try problem("https://x.example/", ["deny": .stringList(["internal"])])
                == ["deny: 'internal' is no network; write one such as 10.0.0.0/8 or 2001:db8::/32"])
        #expect(
            try problem("https://192.0.2.1/", ["allow": .stringList(["10.0.0.0/8"])])
                == ["url: points to 192.0.2.1, which `allow` and `deny` do not allow"])
        #expect(try problem("https://169.254.169.254/", [:]).count == 1)
        #expect(try problem("https://169.254.10.1/", ["allow": .stringList(["169.254.10.0/24"])]) == [])
    }
}
