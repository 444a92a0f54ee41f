import CEL
import ConfigurationFiles
import Core
import Sinks
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(30))) struct `Any form` {
    private static let tokens = [
        "request:", "url: https://x.example/", "method: PUT", "headers: { A: b }", "json: ", "form: ", "text: ",
        "body: callback", "${title}", "${text}", "${self.prompt}", "${settings.url}", "${alerts.map(a, a.id)}",
        "$when: ",
        "$each: ", "grammar: markdown", "grammar: html", "count: utf16", "limits: { body: 1KB }", "texts:", "limit: 3",
        "resolved:", "reminder:", "keep:", "forget:", "outcome:", "checks:", "settings:", "rate: 1/1s",
        "optional.none()",
        "merge: ", "needs: [ts]", "says: x", "when: ", "- ", ": ", "{", "}", "&a ", "*a", "required: true",
        "type: integer",
    ]

    @Test func `is read into a sink that sends what is valid, or said to be wrong at a place that it has`() async throws
    {
        let presets = House.texts("Sources/Sinks/Presets", ending: ".yaml")
        #expect(presets.count > 30)
        try await Fuzzing.run("form", usually: 100) { seed in
            var mutator = Mutator(seed: seed, texts: presets, tokens: Self.tokens)
            let text = mutator.text()
            let file = FileText(name: "x.yaml", text: text)
            let (kind, diagnostics) = PresetLibrary.kind(of: file)
            if let problem = misplaced(diagnostics, in: file) { return "\(problem)\nform: \(shown(text))" }
            guard let kind else {
                return diagnostics.contains(where: \.isError) ? nil : "refused without a reason\nform: \(shown(text))"
            }
            let http = SilentHTTP()
            let configuration = SinkConfiguration(name: "team", values: Self.values(for: kind))
            guard let sink = try? kind.make(configuration, Receiving.services(http: http)) else { return nil }
            for reason in [NotificationReason.fired, .reminder, .resolved] {
                let delivery = Receiving.delivery({ mutator.text() }, reason: reason, earlier: ["ts": "1", "id": "2"])
                _ = sink.preview(delivery, at: Sample.noon)
                _ = await sink.attempt(delivery, at: Sample.noon)
            }
            return http.requests.lazy.compactMap(Self.problem).first.map { "\($0)\nform: \(shown(text))" }
        }
    }

    @Test(arguments: Preset.all) fileprivate func `of ours makes valid JSON of every text`(_ preset: Preset)
        async throws
    {
        let http = SilentHTTP()
        let kind = try #require(SinkCatalog.kind(named: preset.name))
        let configuration = SinkConfiguration(name: "team", values: preset.values)
        let sink = try kind.make(configuration, Receiving.services(http: http))
        let texts = [
            "*a* <b> [c](http://d.example) `e`", "@here #general +15551234567", "\"},{\"x\":\"", "\\", "👩‍👩‍👧‍👦 é",
        ]
        try await Fuzzing.run("preset-\(preset.name)", usually: 15) { seed in
            var mutator = Mutator(seed: seed, texts: texts, tokens: ["<!here>", "](", "**", "~~", "```", "<@U1>", "|"])
            let reason = mutator.pick([NotificationReason.fired, .reminder, .resolved])
            let delivery = Receiving.delivery({ mutator.text() }, reason: reason)
            let before = http.requests.count
            _ = sink.preview(delivery, at: Sample.noon)
            let result = await sink.attempt(delivery, at: Sample.noon)
            let sent = http.requests.dropFirst(before)
            if sent.isEmpty { return "nothing is sent: \(result)" }
            return sent.lazy.compactMap(Self.problem).first
        }
    }

    /// What a service would not understand.
    private static func problem(of request: HTTPRequest) -> String? {
        for field in request.headerFields
        where field.name.isEmpty || field.value.utf8.contains(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7F }) {
            return "a header field is '\(field.name): \(field.value)'"
        }
        let isJSON = request.headerFields.contains {
            $0.isNamed("Content-Type") && $0.value.hasPrefix("application/json")
        }
        guard isJSON, let body = request.body else { return nil }
        return (try? JSON.parse(body, maximumDepth: 1000)) == nil ? "the body is no JSON: \(shown(body))" : nil
    }

    /// Something for each setting that a form declares, as the configuration would hand it over.
    private static func values(for kind: SinkKind) -> [String: SettingValue] {
        let own = kind.settings.filter { declaration in
            !["headers", "proxy", "ca", "client_certificate", "client_key", "insecure", "allow", "deny"]
                .contains(declaration.name)
        }
        return Dictionary(
            uniqueKeysWithValues: own.compactMap { declaration in
                value(for: declaration).map { (declaration.name, $0) }
            })
    }

    private static func value(for declaration: SettingDeclaration) -> SettingValue? {
        guard declaration.isRequired else { return declaration.defaultValue }
        let text = declaration.allowedValues?.first ?? "https://x.example/hook"
        switch declaration.type {
        case .text, .path: return declaration.isSecret ? .secret(Secret(text)) : .string(text)
        case .textList: return declaration.isSecret ? .secretList([Secret(text)]) : .stringList([text])
        case .integer: return .integer(1)
        case .boolean: return .boolean(true)
        case .duration: return .duration(.seconds(1))
        case .textMap: return .stringMap([])
        case .tree, .values: return nil
        }
    }
}

/// A preset with the settings that it needs.
private struct Preset: CustomTestStringConvertible, Sendable {
    var name: String
    var values: [String: SettingValue]

    var testDescription: String { name }

    private static let url = SettingValue.secret(Secret("https://hooks.example/1/2"))

    static let all: [Preset] = [
        Preset(name: "discord", values: ["url": url]), Preset(name: "googlechat", values: ["url": url]),
        Preset(name: "lark", values: ["url": url]), Preset(name: "mattermost", values: ["url": url]),
        Preset(name: "opsgenie", values: ["key": .secret(Secret("k"))]),
        Preset(
            name: "matrix",
            values: [
                "server": .string("https://m.example"), "token": .secret(Secret("t")), "room": .string("!a:m.example"),
            ]),
        Preset(
            name: "pagerduty", values: ["routing_key": .secret(Secret(String(repeating: "0", count: 32)))]),
        Preset(name: "rocketchat", values: ["url": url]), Preset(name: "slack", values: ["url": url]),
        Preset(name: "teams", values: ["url": url]),
        Preset(name: "telegram", values: ["token": .secret(Secret("1:a")), "chat": .string("-100")]),
        Preset(name: "webhook", values: ["url": .string("https://jobs.example/hook")]),
    ]
}
