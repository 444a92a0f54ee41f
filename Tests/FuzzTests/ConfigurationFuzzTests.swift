import ConfigurationFiles
import Engine
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `Any configuration` {
    private static let secret = "s3cret-of-the-environment"
    private static let environment = ["AUROUS_API_KEY": secret, "PASS": secret]
    private static let tokens = [
        "sources:", "store:", "rules:", "sinks:", "notify:", "retention:", "server:", "  - name: ",
        "key: { env: PASS }",
        "{ file: key }", "kind: log", "kind: slack", "kind: email", "kind: exec", "kind: http", "kind: webhook",
        "url: ", "request: ", "retry: [1s, 2m]", "rate: 10/1m", "timeout: 5s", "30s", "1h30m", "8MiB", "&a ", "*a",
        "<<: *a", "!!binary ", "!tag ", "? ", ": ", "- ", "|", ">-", "|+2", "%YAML 1.2", "---", "...", "# ", "{ ", " }",
        "[", "]", "\"\\u0000\"", "\"\\xff\"", "~", "\t", "fallback: team", "${settings.url}", "json: { a: ",
    ]

    /// The one that we ship, one with all that can be said, and some of YAML's dark corners.
    private static let texts =
        [House.text("deploy/auspex.yaml")] + [
            """
            sources:
              - name: studio
                api: https://api.aurous-labs.com/
                key: { file: key }
                version: "2026-05-15"
                watch: [generation, character, balance]
                poll: { active: 500ms, idle: 1m30s, sweep: 1h }
                budget: 0.25
                team: acme
                webhook_secret: [{ env: PASS }]
              - { name: annex, key: { env: AUROUS_API_KEY }, watch: balance }
            store: sqlite:data/auspex.db
            rules: [rules.yaml]
            sinks:
              team:  { kind: slack, url: { env: PASS } }
              jobs:
                kind: webhook
                url: "https://jobs.example.com/hooks"
                secret: { env: PASS }
                retry: [1s, 2m]
                deadline: 24h
                fallback: team
                fallback_after: 2m
                headers: { X-Team: trust, Authorization: { env: PASS } }
              ops:
                kind: email
                server: smtps://mail.example.com
                username: me
                password: { env: PASS }
                from: Ops <a@example.com>
                to: [b@example.com]
              own:
                kind: http
                settings: { token: { env: PASS } }
                request: { url: "https://x.example/${rule.name}", json: { a: "${title}", b: ["${text}"] } }
              run: { kind: exec, command: [/bin/cat, "${alert.id}"], env: { TOKEN: { env: PASS } } }
              bus: { kind: mqtt, server: "mqtts://broker.example.com", topic: "aurous/${alert.kind}" }
              life: { kind: heartbeat, url: "https://hc.example/x", interval: 60s }
              trail: { kind: file, path: out.jsonl }
            notify: [team, jobs]
            retention: { detail: 1d, history: 30d }
            server: { listen: "127.0.0.1:8787", token: { env: PASS } }
            """,
            "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nsources: [*c, *c]\nrules: *b\nsinks: { a: *c }\n",
            "base: &base { kind: log }\nsources: []\nrules: []\nsinks: { a: { <<: *base }, b: *base }\n",
            "sources: |\n  text\n   more\nrules: >-\n  folded\n\n  text\nsinks: ? [a, b] : c\n", "{}", "", "- a\n- b\n",
        ]

    @Test func `is read, or said to be wrong at a place that it has, without its secrets`() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("\(Self.secret)\n", to: "key")
        try await Fuzzing.run("settings", usually: 300) { seed in
            var mutator = Mutator(seed: seed, texts: Self.texts.compactMap { $0 }, tokens: Self.tokens)
            let text = mutator.text()
            let file = FileText(name: "auspex.yaml", text: text)
            let result = SettingsReader.read(file, folder: folder.path, environment: Self.environment)
            return Self.problem(
                of: result.diagnostics, isSound: result.settings != nil, in: file
            ).map { "\($0)\nconfiguration: \(shown(text))" }
        }
    }

    @Test func `is loaded from its file with rules and sinks, or said to be wrong`() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("\(Self.secret)\n", to: "key")
        try folder.write(
            "rules: [{ name: r, watch: generation, when: 'self.status == \"failed\"' }]\n", to: "rules.yaml")
        let services = Receiving.services(http: SilentHTTP())
        try await Fuzzing.run("configuration", usually: 120) { seed in
            var mutator = Mutator(seed: seed, texts: Self.texts.compactMap { $0 }, tokens: Self.tokens)
            let bytes = mutator.bytes()
            try folder.write(bytes: bytes, to: "auspex.yaml")
            let path = folder.path("auspex.yaml")
            guard
                let result = try? ConfigurationLoader.load(
                    path: path, environment: Self.environment, services: services)
            else { return nil }
            let own = result.diagnostics.filter { $0.file == path }
            let file = FileText(name: path, text: String(decoding: bytes, as: UTF8.self))
            return Self.problem(
                of: own, isSound: result.configuration != nil || own.count < result.diagnostics.count, in: file
            ).map { "\($0)\nconfiguration: \(shown(bytes))" }
        }
    }

    /// What grows when it is read. `%` is the anchor before.
    private static let bombs: [String] = [
        unfolded(12, as: "[%, %, %, %]"), unfolded(40, as: "[%, %]"), unfolded(40, as: "{ a: %, b: % }"),
        unfolded(40, as: "{ <<: %, b: % }"), unfolded(40, as: "[%, %]") + "? *a40\n: x\n", "a: &a [*a, *a]\n",
        "a: &a { b: *a }\n", repeated("[", 100_000), repeated("{a: ", 20_000), repeated("- ", 20_000),
        repeated("? ", 20_000), "a: " + repeated("!", 100_000), "a: &" + repeated("b", 100_000) + " c",
        repeated("a: b\n", 20_000), "a: \"" + repeated("\\x41", 20_000) + "\"",
    ]

    private static func repeated(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    private static func unfolded(_ levels: Int, as node: String) -> String {
        var text = "a: &a0 { x: x }\n"
        for level in 1...levels {
            text += "k\(level): &a\(level) " + node.replacing("%", with: "*a\(level - 1)") + "\n"
        }
        return text
    }

    @Test(.timeLimit(.minutes(30)), arguments: bombs)
    func `that unfolds or nests without end is refused`(text: String) throws {
        let file = FileText(name: "auspex.yaml", text: text)
        let result = SettingsReader.read(file, folder: "/", environment: [:])
        #expect(result.settings == nil)
        #expect(misplaced(result.diagnostics, in: file) == nil)
    }

    private static func problem(of diagnostics: [FileDiagnostic], isSound: Bool, in file: FileText) -> String? {
        if isSound == false, !diagnostics.contains(where: \.isError) { return "is refused without a reason" }
        if let problem = misplaced(diagnostics, in: file) { return problem }
        let shown = diagnostics.map(\.rendered).joined(separator: "\n")
        return shown.contains(secret) ? "shows a secret: \(shown)" : nil
    }
}
