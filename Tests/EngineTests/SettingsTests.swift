import ConfigurationFiles
import Core
import Engine
import Sinks
import TestSupport
import Testing

@Suite struct `A configuration` {
    private let folder: TemporaryDirectory
    private let environment = ["AUROUS_API_KEY": "al_live_1", "PASS": "hunter2", "EMPTY": ""]

    init() throws {
        folder = try TemporaryDirectory()
        try folder.write("rules: []\n", to: "rules.yaml")
        try folder.write("rules: []\n", to: "rules/b.yaml")
        try folder.write("rules: []\n", to: "rules/a.yml")
        try folder.write("tests: []\n", to: "rules/a.test.yaml")
        try folder.write("al_live_2\n", to: "key")
        try folder.write(" \n", to: "blank")
    }

    private func read(_ text: String, needsSecrets: Bool = true) -> SettingsReader.Result {
        SettingsReader.read(
            FileText(name: "auspex.yaml", text: text), folder: folder.path, environment: environment,
            needsSecrets: needsSecrets)
    }

    private func settings(_ text: String) throws -> Settings {
        let result = read(text)
        return try #require(result.settings, "\(result.diagnostics.map(\.rendered).joined(separator: "\n"))")
    }

    /// What is said of a text; the test's own folder is `DIR`.
    private func said(_ text: String) -> String {
        read(text).diagnostics.map(\.rendered).joined(separator: "\n").replacing(folder.path, with: "DIR")
    }

    private static let source = "sources: [{ name: studio, key: { env: AUROUS_API_KEY } }]\n"
    private static let rest = "rules: [rules.yaml]\nsinks: { team: { kind: log } }\n"

    @Test func `may be short`() throws {
        let settings = try settings(Self.source + Self.rest)
        let source = try #require(settings.sources.first)
        #expect(source.api == "https://api.aurous-labs.com")
        #expect(source.version == "2026-05-15")
        #expect(source.watch == [.generation, .character])
        #expect(
            [source.poll.active, source.poll.idle, source.poll.sweep] == [.seconds(2), .seconds(15), .seconds(900)])
        #expect(source.budget == 0.5)
        #expect(settings.storePath == folder.path("auspex.db"))
        #expect(settings.ruleFiles == [folder.path("rules.yaml")])
        #expect(settings.retention.history == .seconds(90 * 86_400))
        #expect(settings.server == nil)
        #expect(read(Self.source + Self.rest).diagnostics.isEmpty)
    }

    @Test func `may say all that can be said`() throws {
        let settings = try settings(
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
            rules: [rules/, rules.yaml]
            sinks:
              team:  { kind: slack, url: { env: PASS } }
              jobs:  { kind: webhook, url: "https://jobs.example.com/hooks", secret: { env: PASS }, retry: [1s, 2m], concurrency: 3, rate: 10/1m, timeout: 5s, order: strict, deadline: 24h, fallback: team, fallback_after: 2m, overflow: 500 }
              ops:   { kind: email, server: "smtps://mail.example.com", username: me, password: { env: PASS }, from: a@example.com, to: [b@example.com] }
              trail: { kind: file, path: out.jsonl }
              out:   { kind: log }
            notify: [team, jobs]
            retention: { detail: 1d, history: 30d }
            server: { listen: "127.0.0.1:8787", token: { env: PASS } }
            """)
        #expect(settings.sources.map(\.name) == ["studio", "annex"])
        #expect(settings.sources[0].api == "https://api.aurous-labs.com")
        let poll = settings.sources[0].poll
        #expect([poll.active, poll.idle, poll.sweep] == [.milliseconds(500), .seconds(90), .seconds(3600)])
        #expect(try settings.sources[0].key.read() == Secret("al_live_2"))
        #expect(settings.sources[0].webhookSecrets == [Secret("hunter2")])
        #expect(settings.sources[0].team == "acme")
        #expect(settings.sources[1].watch == [.balance])
        #expect(settings.storePath == folder.path("data/auspex.db"))
        #expect(settings.ruleFiles == ["rules/a.yml", "rules/b.yaml", "rules.yaml"].map(folder.path))
        let jobs = try #require(settings.sinks.first { $0.configuration.name == "jobs" })
        #expect(jobs.lane.retry.delays == [.seconds(1), .seconds(120)])
        #expect(jobs.lane.concurrency == 3)
        #expect(jobs.lane.order == .strict)
        #expect(jobs.lane.deadline == .seconds(86_400))
        #expect(jobs.lane.fallback == "team" && jobs.lane.fallbackAfter == .seconds(120))
        #expect(jobs.lane.overflow == 500)
        #expect(jobs.lane.rate?.count == 10)
        #expect(jobs.lane.rate?.period == .seconds(60))
        #expect(settings.notify == ["team", "jobs"])
        #expect(settings.retention.detail == .seconds(86_400))
        #expect(settings.retention.history == .seconds(30 * 86_400))
        #expect(settings.server?.port == 8787)
        #expect(settings.server?.token == Secret("hunter2"))
    }

    @Test(arguments: ["\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"])
    func `is wrong in the line in which it is, however lines end`(end: String) {
        let said = said(["# a comment", "# and one more", "nonsense: 1", Self.rest].joined(separator: end))
        #expect(said.contains("auspex.yaml:3:1: error: unknown key 'nonsense'"))
        #expect(said.contains("3 | nonsense: 1\n"))
    }

    @Test(arguments: [
        "? [*a]\n: x", "? { b: *a }\n: x", "*a : x", "b: { *a : x }", "b: {*a:x}", "b: [*a:x]", "b: [ *a : x ]",
        "? - *a\n: x",
        "👩‍👩‍👧‍👦e\u{301}: { *a : x }",
    ])
    func `has no key that an alias unfolds to`(text: String) {
        let said = said("sources: &a [x, x]\n" + text)
        #expect(said.contains("a key must be a single value") || said.contains("is an alias to YAML"), "\(said)")
    }

    @Test func `may have texts with asterisks and ampersands beside its aliases`() throws {
        let settings = try settings(
            """
            sources: [{ name: studio, key: { env: AUROUS_API_KEY } }]
            rules: [rules.yaml]
            sinks:
              a: &log { kind: log }
              b: *log
              c:
                kind: http
                request: { url: "https://x.example/?a&b*c", text: "**${title}** && *a: b* ${1 *2}" }
            """)
        #expect(settings.sinks.map(\.configuration.name) == ["a", "b", "c"])
    }

    @Test func `reads a key's file again each time`() throws {
        let key = try #require(
            try settings("sources: [{ name: studio, key: { file: key } }]\n" + Self.rest).sources.first?.key)
        #expect(try key.read() == Secret("al_live_2"))
        try folder.write("al_live_3\r\n\n", to: "key")
        #expect(try key.read() == Secret("al_live_3"))
    }

    @Test func `does without secrets where they are not needed`() {
        let text = "sources: [{ name: studio, key: { env: MISSING } }]\n" + Self.rest
        #expect(read(text).settings == nil)
        #expect(read(text, needsSecrets: false).settings != nil)
    }

    @Test func `with a plain secret is warned of, without showing it`() {
        let text = "sources: [{ name: studio, key: al_live_hunter2 }]\n" + Self.rest
        let result = read(text)
        #expect(result.settings != nil)
        #expect(result.diagnostics.map(\.severity) == [.warning])
        #expect(!result.diagnostics.contains { $0.rendered.contains("hunter2") })
    }

    @Test(arguments: [
        (#"key: "${AUROUS_API_KEY}""#, "write { env: AUROUS_API_KEY }"), ("key: $KEY", "write { env: KEY }"),
        (#"key: """#, "`key` is empty"), (#"key: "al_\nx""#, "a line break or another invisible character"),
        ("key: { file: odd }", "a line break or another invisible character"),
        ("key: { env: al_live_hunter2hunter2 }", "takes the name of a variable"),
    ])
    func `with what cannot be a secret is refused, and shows none of it`(_ row: (key: String, said: String)) throws {
        try folder.write("hunter2\r\nX-Evil: hunter2\n", to: "odd")
        let result = read("sources: [{ name: studio, \(row.key) }]\n" + Self.rest)
        #expect(result.settings == nil)
        let said = result.diagnostics.map(\.rendered).joined()
        #expect(said.contains(row.said), "\(said)")
        #expect(!said.contains("hunter2"))
    }

    @Test func `with Windows' line ends is read, and shown by its lines`() {
        let text = (Self.source + "rules: [rules.yaml]\nsinks: { team: { kind: lgo } }\n")
            .replacing("\n", with: "\r\n")
        let said = said(text)
        #expect(said.contains("auspex.yaml:3:24: error:"))
        #expect(said.contains("3 | sinks: { team: { kind: lgo } }\n"))
    }

    /// Every message, as a person reads it.
    @Test func `that is wrong is told where, what and what to do`() throws {
        let (source, rest) = (Self.source, Self.rest)
        func sourced(_ members: String) -> String {
            "sources: [{ name: s, key: { env: AUROUS_API_KEY }, \(members) }]\n" + rest
        }
        func sunk(_ members: String) -> String { source + "rules: [rules.yaml]\nsinks:\n  team: { \(members) }\n" }
        let cases = [
            ("nothing", ""), ("no mapping", "[1]\n"), ("no YAML", "sources: [\n"), ("a tab", "sources:\n\t- a\n"),
            ("an unknown key", source + rest + "sorces: 1\n"), ("a key far from any", source + rest + "zzzzzz: 1\n"),
            ("a key twice", source + rest + "notify: [team]\nnotify: [team]\n"),
            ("an alias of nothing", "sources: *nobody\n"),
            ("a source without a key", "sources: [{ name: s }]\n" + rest),
            ("no source", "sources: []\n" + rest),
            (
                "two sources of one name",
                "sources:\n  - { name: s, key: { env: AUROUS_API_KEY } }\n  - { name: s, key: { env: AUROUS_API_KEY } }\n"
                    + rest
            ),
            ("a name that is none", "sources: [{ name: 'my studio', key: { env: AUROUS_API_KEY } }]\n" + rest),
            ("an environment without the key", "sources: [{ name: s, key: { env: AUROUS_KEY } }]\n" + rest),
            ("an empty environment variable", "sources: [{ name: s, key: { env: EMPTY } }]\n" + rest),
            ("a file that is missing", "sources: [{ name: s, key: { file: nowhere } }]\n" + rest),
            ("a file that is blank", "sources: [{ name: s, key: { file: blank } }]\n" + rest),
            ("a key from two places", "sources: [{ name: s, key: { env: A, file: b } }]\n" + rest),
            ("a key from a misspelt place", "sources: [{ name: s, key: { evn: A } }]\n" + rest),
            ("an address without TLS", sourced("api: 'http://api.example.com'")),
            ("an address of another kind", sourced("api: 'ftp://api.example.com'")),
            ("no address", sourced("api: 'api example'")), ("no version", sourced("version: 2026-5-15")),
            ("a kind nobody watches", sourced("watch: [generations]")),
            ("too short an interval", sourced("poll: { active: 1ms }")),
            ("a duration without a unit", sourced("poll: { idle: 15 }")),
            ("no duration", sourced("poll: { idle: soon }")),
            ("a misspelt interval", sourced("poll: { activ: 2s }")), ("too large a budget", sourced("budget: 1.5")),
            ("no budget", sourced("budget: 0")),
            ("a store that is not built in", "store: postgresql://user:hunter2@host/db\n" + source + rest),
            ("a store that is none", "store: auspex.db\n" + source + rest),
            ("a rule file that is missing", source + "rules: [rule.yaml]\nsinks: { team: { kind: log } }\n"),
            ("a sink without a kind", sunk("url: x")), ("a misspelt kind", sunk("kind: webhok")),
            ("a sink without what it needs", sunk("kind: webhook")),
            ("a misspelt setting", sunk("kind: log, timout: 5s")),
            ("a group by a misspelt name", sunk("kind: log, group_by: [ruel.name]")),
            ("a misspelt rate", sunk("kind: log, rate: 10")), ("no concurrency", sunk("kind: log, concurrency: 0")),
            ("no order", sunk("kind: log, order: random")), ("no deadline", sunk("kind: log, deadline: 0s")),
            ("a limit for a fallback that is none", sunk("kind: log, fallback_after: 1m")),
            ("a misspelt fallback", sunk("kind: log, fallback: tem")),
            ("a fallback to itself", sunk("kind: log, fallback: team")),
            ("an overflow of one", sunk("kind: log, overflow: 1")),
            (
                "fallbacks in a circle",
                source
                    + "rules: [rules.yaml]\nsinks:\n  team: { kind: log, fallback: ops }\n  ops: { kind: log, fallback: team }\n"
            ),
            ("a retry without a unit", sunk("kind: log, retry: [5, 10s]")),
            ("no list of retries", sunk("kind: log, retry: 5s")),
            ("an unknown sink", source + rest + "notify: [tema]\n"),
            ("a server without an address", source + rest + "server: {}\n"),
            ("a server for all without a token", source + rest + "server: { listen: '0.0.0.0:80' }\n"),
            ("no address to listen on", source + rest + "server: { listen: everywhere }\n"),
            ("no retention", source + rest + "retention: { history: forever }\n"),
        ]
        let page = cases.map { "== \($0.0)\n\(said($0.1))\n" }.joined(separator: "\n")
        for (name, text) in cases { #expect(read(text).settings == nil, "\(name)") }
        #expect(!page.contains("hunter2"))
        try Golden.check(page, "configuration-errors.txt")
    }
}

@Suite struct `A duration in a file` {
    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("15m", .seconds(900)), ("1h30m", .seconds(5400)),
        ("7d", .seconds(604_800)), ("2w", .seconds(1_209_600)), ("0", .zero), ("0s", .zero), ("1.5h", .seconds(5400)),
    ])
    func `is read with its units`(text: String, expected: Duration) { #expect(DurationText.parse(text) == expected) }

    @Test(arguments: [
        "", "5", "-5s", "5 s", "s", "5x", "1h 30m", "1e3s", "99999999d", "٣s", "5S", "1..5s", "inf", "nand",
    ])
    func `is refused otherwise`(text: String) { #expect(DurationText.parse(text) == nil) }

    @Test(arguments: ["0s", "500ms", "30s", "1m30s", "1h", "1d2h", "7d"])
    func `is written so that it reads back`(text: String) throws {
        let duration = try #require(DurationText.parse(text))
        #expect(DurationText.text(duration) == text)
    }
}
