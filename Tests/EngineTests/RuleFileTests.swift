import CEL
import ConfigurationFiles
import Core
import Engine
import TestSupport
import Testing

@Suite struct `A rule file` {
    private func read(_ text: String) -> RuleFileReader.Result {
        RuleFileReader.read(
            FileText(name: "rules.yaml", text: text), surroundings: .init(sinks: ["team", "ops"], notify: ["team"]))
    }

    private func rule(_ members: String) throws -> Rule {
        let result = read("rules:\n  - { name: r, watch: generation, when: 'true', \(members) }\n")
        return try #require(result.rules.first, "\(result.diagnostics.map(\.rendered).joined(separator: "\n"))")
    }

    @Test func `may say all that can be said`() throws {
        let rule = try #require(
            read(
                """
                rules:
                  - name: stuck-in-review
                    watch: character
                    when: self.status == "reviewing"
                    for: 30m
                    severity: critical
                    labels: { team: trust, zone: eu }
                    title: "${self.name} has waited for review since ${since}"
                    text: |
                      first
                      second ${self.id}
                    notify: [ops, team, ops]
                    send_resolved: false
                    backfill: 1h
                    repeat_interval: 4h
                    keep_firing_for: 5m
                """
            ).rules.first)
        #expect(rule.name == "stuck-in-review")
        #expect(rule.watch == .character)
        #expect(
            rule.policy
                == AlertPolicy(hold: .seconds(1800), keepFiringFor: .seconds(300), repeatInterval: .seconds(14_400)))
        #expect(rule.severity == .critical)
        #expect(rule.labels == [Label(name: "team", value: "trust"), Label(name: "zone", value: "eu")])
        #expect(rule.notify == ["ops", "team"])
        #expect(rule.sendsResolved == false)
        #expect(rule.backfill == .seconds(3600))
    }

    @Test func `may say how the noise is kept down`() throws {
        let result = read(
            """
            rules:
              - { name: down, watch: source, when: "!self.reachable" }
              - name: failed
                watch: generation
                when: self.status == "failed"
                group_by: [rule.name, self.inference_type]
                group_interval: 5m
                inhibited_by: [down]
                mute:
                  - { days: [sat, SUN] }
                  - { from: "22:00", to: "7:30", zone: Europe/Berlin }
                renamed_from: [broken, lost]
                repeat_interval: [1h, 4h, 24h]
            """)
        let rule = try #require(result.rules.last, "\(result.diagnostics.map(\.rendered).joined(separator: "\n"))")
        #expect(rule.noise.grouping?.by.map(\.text) == ["rule.name", "self.inference_type"])
        #expect(rule.noise.grouping?.wait == Grouping.standardWait)
        #expect(rule.noise.grouping?.interval == .seconds(300))
        #expect(rule.noise.inhibitedBy == ["down"])
        #expect(
            rule.noise.mute == [
                MuteTime(days: [0, 6]), MuteTime(from: 22 * 60, to: 7 * 60 + 30, zone: "Europe/Berlin"),
            ])
        #expect(rule.renamedFrom == ["broken", "lost"])
        #expect(rule.policy.repeatIntervals == [.seconds(3600), .seconds(14_400), .seconds(86_400)])
    }

    @Test func `goes without what has a default`() throws {
        let rule = try rule("")
        #expect(rule.severity == .warning)
        #expect(rule.notify == ["team"])
        #expect(rule.policy == AlertPolicy())
        #expect(!rule.sendsResolved)
        #expect(rule.backfill == nil)
    }

    @Test func `tells the end by itself where a hold time is set`() throws {
        #expect(try rule("for: 1m").sendsResolved)
        #expect(try !rule("for: 1m, send_resolved: false").sendsResolved)
    }

    @Test func `may be empty`() { #expect(read("rules: []\n").diagnostics.isEmpty) }

    @Test func `keeps its good rules beside the bad ones`() {
        let result = read(
            """
            rules:
              - { name: a, watch: generation, when: self.statsu == "x" }
              - { name: b, watch: generation, when: 'true' }
            """)
        #expect(result.rules.map(\.name) == ["b"])
        #expect(result.hasErrors)
    }

    @Test func `knows the names of all files`() throws {
        let folder = try TemporaryDirectory()
        let text = "rules:\n  - { name: a, watch: generation, when: 'true' }\n"
        let paths = [try folder.write(text, to: "1.yaml"), try folder.write(text, to: "2.yaml"), folder.path("3.yaml")]
        let result = RuleFileReader.read(files: paths, surroundings: .init(sinks: [], notify: nil))
        #expect(result.rules.count == 1)
        #expect(result.diagnostics.count == 2)
        #expect(result.diagnostics[0].message == "there are two rules named 'a'")
        #expect(result.diagnostics[0].hint == "the other is in \(paths[0])")
    }

    @Test func `changes a rule's identity with what it looks at, not with what it says`() throws {
        let identity = try rule("").conditionIdentity
        #expect(try rule("title: other, severity: info").conditionIdentity == identity)
        #expect(try rule("for: 1m").conditionIdentity != identity)
        #expect(try rule("backfill: 1m").conditionIdentity != identity)
        #expect(try rule("repeat_interval: 1m").conditionIdentity != identity)
        #expect(try rule("keep_firing_for: 1m").conditionIdentity != identity)
    }

    /// However the condition is written, the message points at the file's own line and column.
    @Test(arguments: [
        ("plain", "    when: self.statsu == \"x\"", 4, 16),
        ("plain over two lines", "    when: true &&\n      self.statsu == \"x\"", 5, 12),
        ("single quotes", "    when: 'true && ''a'' != self.statsu'", 4, 34),
        ("double quotes", "    when: \"true && \\\"a\\\" != self.statsu\"", 4, 34),
        ("double quotes with escapes", "    when: \"'\\u00e9\\x41\\t' != self.statsu\"", 4, 35),
        ("double quotes, line broken", "    when: \"true \\\n      && self.statsu == 'x'\"", 5, 15),
        ("literal", "    when: |\n      true\n      && self.statsu == \"x\"", 6, 15),
        ("literal, indented deeper", "    when: |\n      true\n        && self.statsu == \"x\"", 6, 17),
        ("folded", "    when: >-\n      true\n      && self.statsu == \"x\"", 6, 15),
        ("folded with an empty line", "    when: >\n      true\n\n      && self.statsu == \"x\"", 7, 15),
        ("beyond the basic plane", "    when: '\"😀é\" != self.statsu'", 4, 25),
    ])
    func `is shown where it is wrong`(style: String, text: String, line: Int, column: Int) throws {
        for newline in ["\n", "\r\n"] {
            let file = "rules:\n  - name: r\n    watch: generation\n\(text)\n".replacing("\n", with: newline)
            let diagnostic = try #require(read(file).diagnostics.first)
            #expect(diagnostic.position == FilePosition(line: line, column: column), "\(style): \(diagnostic.rendered)")
            #expect(diagnostic.hint?.contains("status") == true)
        }
    }

    /// Every message, as a person reads it.
    @Test func `that is wrong is told where, what and what to do`() throws {
        func ruled(_ members: String) -> String {
            "rules:\n  - { name: r, watch: generation, when: 'true', \(members) }\n"
        }
        func when(_ condition: String) -> String {
            "rules:\n  - name: r\n    watch: generation\n    when: \(condition)\n"
        }
        let cases = [
            ("nothing", ""), ("no rules", "rule: []\n"), ("no list", "rules: { name: r }\n"),
            ("no mapping", "rules: [r]\n"),
            ("a rule without anything", "rules: [{}]\n"), ("a misspelt key", ruled("notfiy: [team]")),
            ("a group by a misspelt name", ruled("group_by: [ruel.name]")),
            ("a group without a unit", ruled("group_wait: 5")),
            ("an inhibitor that is none", ruled("inhibited_by: [down]")),
            ("an inhibitor of itself", ruled("inhibited_by: [r]")),
            (
                "a circle of inhibitors",
                ruled("inhibited_by: [s]")
                    + ruled("inhibited_by: [r]").dropFirst(7).replacing("name: r,", with: "name: s,")
            ),
            ("a mute time of no zone", ruled("mute: { from: '22:00', to: '07:00', zone: Europe/Berlim }")),
            ("a mute time of no day", ruled("mute: [{ days: [saturday] }]")),
            ("a mute time of no hour", ruled("mute: [{ from: '25:00' }]")),
            ("a mute time that is empty", ruled("mute: [{ from: '10:00', to: '10:00' }]")),
            ("a new name for a rule that is still there", ruled("renamed_from: r")),
            ("no interval", ruled("repeat_interval: []")),
            ("two rules of one name", ruled("for: 1m") + ruled("for: 1m").dropFirst(7)),
            ("a name without letters", "rules: [{ name: '', watch: generation, when: 'true' }]\n"),
            ("a name of two lines", "rules: [{ name: \"a\\nb\", watch: generation, when: 'true' }]\n"),
            ("a misspelt kind", "rules: [{ name: r, watch: generations, when: 'true' }]\n"),
            ("a misspelt field of a source", "rules: [{ name: r, watch: source, when: '!self.reachabel' }]\n"),
            ("a misspelt state of a sink", "rules: [{ name: r, watch: sink, when: 'self.circuit == \"opened\"' }]\n"),
            (
                "a misspelt field of a listing",
                "rules: [{ name: r, watch: source, when: '!self.listings.character.reachabel' }]\n"
            ),
            ("a misspelt severity", ruled("severity: critcal")), ("a duration without a unit", ruled("for: 30")),
            ("a negative duration", ruled("for: -5m")), ("a reminder without a pause", ruled("repeat_interval: 0s")),
            ("no boolean", ruled("send_resolved: maybe")), ("an unknown sink", ruled("notify: [opps]")),
            ("no sink", ruled("notify: []")), ("labels that are no mapping", ruled("labels: [a]")),
            ("no condition", when("")), ("a condition that is no CEL", when("self.status ==")),
            ("a condition that is no bool", when("self.status")), ("an unknown name", when("slef.status == \"x\"")),
            ("an unknown function", when("self.prompt.contians(\"x\")")),
            ("a wrong type", when("self.width > \"big\"")),
            ("a status that nobody documents", when("self.status == \"faild\"")),
            ("a bad pattern", when("self.prompt.matches(\"(\")")),
            ("a template that is no template", ruled("title: \"${self.id\"")),
            ("a template with an unknown field", ruled("title: \"${self.idd} failed\"")),
            ("a measure that is not there", when("total > 5")),
        ]
        let page = cases.map { name, text in
            "== \(name)\n\(read(text).diagnostics.map(\.rendered).joined(separator: "\n"))\n"
        }
        try Golden.check(page.joined(separator: "\n"), "rule-errors.txt")
    }
}
