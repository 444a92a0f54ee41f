import ConfigurationFiles
import Engine
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `A file with tests of rules` {
    private let folder: TemporaryDirectory

    private static let rules = """
        rules:
          - { name: failed, watch: generation, when: self.status == "failed", title: "${self.id} failed", notify: [team] }
          - { name: stuck, watch: generation, when: self.status == "pending", for: 10m, notify: [team, ops] }
          - { name: waits, watch: character, when: now - self.updated_at > duration("1h"), send_resolved: true }
        """

    init() throws {
        folder = try TemporaryDirectory()
        try folder.write(Self.rules, to: "rules.yaml")
    }

    private func read(_ text: String) -> RuleTestFile.Result {
        RuleTestFile.read(FileText(name: "rules.test.yaml", text: text), folder: folder.path)
    }

    private func run(_ tests: String, head: String = "", restarts: Bool = false) async throws -> [TestOutcome] {
        let result = read("rules: [rules.yaml]\n\(head)tests:\n\(tests)")
        let file = try #require(result.file, "\(result.diagnostics.map(\.rendered).joined(separator: "\n"))")
        let runner = RuleTestRunner(folder: folder.path, width: 1, restartsAlways: restarts, steadySeconds: { 0 })
        return try await runner.run([file])
    }

    /// The lines of one test that differ from what was expected.
    private func differences(_ test: String, head: String = "") async throws -> [String] {
        let whole = "  - name: t\n" + test.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
        let outcomes = try await run(whole, head: head)
        return outcomes.flatMap(\.lines).filter { $0.mark != .same }.map { "\($0.mark.rawValue) \($0.text)" }
    }

    @Test func `has its mistakes told with their places`() throws {
        let text = """
            rules: [rules.yaml]
            sinks:
              team: { kind: slack, url: { env: NOBODY_SETS_THIS } }
              ops: { kind: webhook, url: "https://ops.example.com/hook" }
            tests:
              - name: a
                given:
                  - { at: 0, generation: { id: img_1, statsu: failed } }
                  - { generation: { id: img_2, status: failed } }
                  - { at: 5, generation: { id: img_3, status: faild } }
                  - { at: 5s, generation: { id: img_4, status: failed, duration_ms: fast, created_at: yesterday } }
                  - { at: 5s, gone: img_44 }
                  - { at: 5s, sink: tema, answers: 503 }
                  - { at: 5s, sink: team, answers: 200 }
                  - { at: 5s, api: dwon }
                  - { at: 5s, api: down, notify: [team] }
                  - { at: 5s, generation: { id: img_5, status: failed }, for: 5m }
                  - { at: 5s, generation: { id: img_6, status: failed }, character: { id: char_1 } }
                  - { at: 5s, generation: { id: img_7, status: failed }, count: 3 }
                expect:
                  - { at: 5s, rule: faild, fires: img_1 }
                  - { at: 5s, rule: failed, fire: img_1 }
                  - { at: 5s, rule: failed }
                  - { at: 5s, rule: failed, fires: img_1, notify: [tema], severity: grave }
              - name: a
                given: []
                until: 1s
                expect: [{ at: 5s, fires: img_1 }]
              - name: b
                given: []
            """
        let result = read(text)
        #expect(result.file == nil)
        try Golden.check(result.diagnostics.map(\.rendered).joined(separator: "\n"), "test-file-errors.txt")
    }

    @Test func `shows what differs as a comparison`() async throws {
        let outcomes = try await run(
            """
              - name: another title, and other sinks
                given:
                  - { at: 0s, generation: { id: img_1, status: processing } }
                  - { at: 20s, generation: { id: img_1, status: failed } }
                expect:
                  - { at: 20s, rule: failed, fires: img_1, title: "img_1 is lost", notify: [ops], severity: critical }
              - name: another time
                given:
                  - { at: 0s, generation: { id: img_1, status: pending } }
                  - { at: 15m, generation: { id: img_1, status: processing } }
                expect:
                  - { at: 9m, rule: stuck, fires: img_1 }
                  - { at: 15m, rule: stuck, resolves: img_1, notify: [team, ops] }
              - name: nothing was to happen
                given:
                  - { at: 20s, generation: { id: img_1, status: failed } }
                expect: []
              - name: another body, and another time of its arrival
                given:
                  - { at: 0s, sink: team, answers: down, for: 1m }
                  - { at: 20s, generation: { id: img_1, status: failed } }
                until: 1h
                expect:
                  - at: 20s
                    rule: failed
                    fires: img_1
                    delivered: { team: 20s }
                    body: { team: { type: alert.resolved, data: { alerts: [{ resource_id: img_2 }] } } }
              - name: too early
                given:
                  - { at: 0s, generation: { id: img_1, status: pending } }
                expect:
                  - { at: 5m, rule: stuck, fires: img_1 }
            """)
        #expect(outcomes.allSatisfy { !$0.hasPassed })
        let text = outcomes.map { "\($0.name) (\($0.place))\n\($0.diff)\n" }.joined(separator: "\n")
        try Golden.check(text, "test-failures.txt")
    }

    @Test func `passes where everything that happens is listed`() async throws {
        let differing = try await differences(
            """
            given:
              - { at: 0s, generation: { id: img_1, status: pending } }
              - { at: 12m, generation: { id: img_1, status: failed } }
            expect:
              - { at: 0s, rule: stuck, pending: img_1 }
              - { at: 10m, rule: stuck, fires: img_1, notify: [team, ops], delivered: { team: 10m, ops: 10m } }
              - { at: 12m, rule: stuck, resolves: img_1, notify: [ops, team] }
              - { at: 12m, rule: failed, fires: img_1, title: img_1 failed, body: { team: { type: alert.fired } } }
            """)
        #expect(differing == [])
    }

    @Test func `counts resources with a number in their ids`() async throws {
        let differing = try await differences(
            """
            given:
              - { at: 1s, generation: { id: img_#, status: failed }, count: 3, every: 10s }
            expect:
              - { at: 1s, rule: failed, fires: img_1 }
              - { at: 11s, rule: failed, fires: img_2 }
              - { at: 21s, rule: failed, fires: img_3 }
            """)
        #expect(differing == [])
    }

    @Test func `lets time go on between what happens, for conditions that ask the clock`() async throws {
        let differing = try await differences(
            """
            given:
              - { at: 0s, character: { id: char_1, status: reviewing } }
              - { at: 90m, character: { id: char_1, status: ready } }
            until: 3h
            expect:
              - { at: 1h, rule: waits, fires: char_1 }
              - { at: 90m, rule: waits, resolves: char_1 }
              - { at: 2h30m, rule: waits, fires: char_1 }
            """)
        #expect(differing == [])
    }

    @Test func `hands what a sink does not take to its fallback`() async throws {
        let head = """
            notify: [team]
            sinks:
              team: { kind: webhook, url: "https://team.example.com/hook", fallback: ops, retry: [10s] }
              ops: { kind: webhook, url: "https://ops.example.com/hook" }

            """
        let differing = try await differences(
            """
            given:
              - { at: 0s, sink: team, answers: timeout, for: 1h }
              - { at: 1m, generation: { id: img_1, status: failed } }
            until: 30m
            expect:
              - { at: 1m, rule: failed, fires: img_1, notify: [team], delivered: { team: never, ops: 1m10s } }
            """, head: head)
        #expect(differing == [])
    }

    @Test func `takes other rules into force with a reload`() async throws {
        try folder.write(
            "rules:\n  - { name: ready, watch: generation, when: self.status == \"succeeded\" }", to: "others.yaml")
        let differing = try await differences(
            """
            given:
              - { at: 0s, generation: { id: img_1, status: pending } }
              - { at: 20m, reload: [others.yaml] }
              - { at: 30m, generation: { id: img_1, status: succeeded } }
              - { at: 40m, generation: { id: img_2, status: failed } }
            expect:
              - { at: 10m, rule: stuck, fires: img_1, notify: [team, ops] }
              - { at: 20m, rule: stuck, resolves: img_1, notify: [team, ops] }
              - { at: 30m, rule: ready, fires: img_1 }
            """)
        #expect(differing == [])
    }

    @Test func `has silences: what they cover is told when they are over, if it fires still`() async throws {
        let differences = try await differences(
            """
            given:
              - { at: 1m, silence: 'rule.name == "stuck" && resource_id != "img_3"', for: 30m }
              - { at: 2m, generation: { id: img_1, status: pending } }
              - { at: 2m, generation: { id: img_2, status: pending } }
              - { at: 2m, generation: { id: img_3, status: pending } }
              - { at: 20m, generation: { id: img_2, status: processing } }
            until: 40m
            expect:
              - { at: 12m, rule: stuck, fires: [img_1, img_2], notify: [] }
              - { at: 12m, rule: stuck, fires: img_3, notify: [team, ops] }
              - { at: 20m, rule: stuck, resolves: img_2, notify: [] }
              - { at: 31m, rule: stuck, tells: img_1, notify: [team, ops] }
            """)
        #expect(differences == [])
    }

    @Test func `has the mistakes of a silence told`() {
        let text = """
            rules: [rules.yaml]
            tests:
              - name: a
                given:
                  - { at: 1m, silence: 'severty == "info"', for: 30m }
                  - { at: 1m, silence: 'severity == "info"' }
                expect: []
                until: 2m
            """
        let messages = read(text).diagnostics.map(\.rendered).joined(separator: "\n")
        #expect(messages.contains("severty"))
        #expect(messages.contains("it is not said how long the silence lasts"))
    }

    @Test func `comes to the same with a restart after everything that happens`() async throws {
        let tests = """
              - name: t
                given:
                  - { at: 0s, generation: { id: img_1, status: pending } }
                  - { at: 1m, api: down, for: 20m }
                  - { at: 30m, generation: { id: img_1, status: failed } }
                expect:
                  - { at: 21m, rule: stuck, fires: img_1, delivered: { team: 21m, ops: 21m } }
                  - { at: 30m, rule: stuck, resolves: img_1 }
                  - { at: 30m, rule: failed, fires: img_1 }
            """
        for restarts in [false, true] {
            let outcomes = try await run(tests, restarts: restarts)
            #expect(outcomes.map(\.diff) == outcomes.filter(\.hasPassed).map(\.diff))
        }
    }

    @Test func `is told to a CI as JUnit does`() async throws {
        let outcomes = try await run(
            """
              - name: "passes & is quick"
                given: []
                expect: []
              - name: fails
                given: [{ at: 20s, generation: { id: "img_<1>", status: failed } }]
                expect: []
            """)
        try Golden.check(JUnitReport.text(outcomes), "test-junit.xml")
    }
}
