import CEL
import ConfigurationFiles
import Core
import Engine
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `Any rule file` {
    private static let tokens = [
        "rules:", "  - name: ", "    watch: generation", "    when: ", "    for: 5m", "    title: ", "    text: |",
        "    over: 1h", "    by: ", "    measure: ", "    labels: { a: b }", "    notify: [team]", "    repeat: ", "${",
        "    severity: critical", "    hold_while: [other]", "    group_by: [source]", "&a ", "*a", "self.", "old.",
        "raw.", "now", "since", "changed", "self.status == \"failed\"", ".exists(x, ", ".map(x, ", ".matches('",
        "duration('5m')", "timestamp(", "size(", " && ", " || ", " ? ", " : ", "!", "- ", ": ", "|", ">", "'", "\"",
    ]
    private static let documents = [
        #"{"id":"img_1","status":"failed","prompt":"a cat","created_at":"2026-05-04T10:00:00Z","seed":7}"#,
        #"""
        {"id":"img_2","status":"succeeded","error":{"code":"x","message":"no"},"cost":{"amount":1.5},
        "loras":[{"id":"l"}],"output_urls":["https://x/?t"],"completed_at":"2026-05-04T10:00:00.120Z"}
        """#,
        "{}", "[]", "null", #"{"id":1,"status":[],"created_at":5,"prompt":{"a":null}}"#,
    ]

    @Test func `is read into rules that can be evaluated, or said to be wrong at a place that it has`() async throws {
        let files = House.texts("rules", ending: ".yaml")
        #expect(files.count > 5)
        try await Fuzzing.run("rules", usually: 120) { seed in
            var mutator = Mutator(seed: seed, texts: files, tokens: Self.tokens)
            let text = mutator.text()
            let file = FileText(name: "rules.yaml", text: text)
            let result = RuleFileReader.read(file, surroundings: .init(sinks: ["team", "ops"], notify: nil))
            if let problem = misplaced(result.diagnostics, in: file) { return "\(problem)\nrules: \(shown(text))" }
            var documents = Mutator(seed: seed, texts: Self.documents, tokens: ["\"status\":", "\"id\":"])
            for rule in result.rules where rule.isSingle {
                let problem = Self.problem(of: rule, about: documents.bytes())
                if let problem { return "\(rule.name): \(problem)\nrules: \(shown(text))" }
            }
            return nil
        }
    }

    @Test func `of tests is read, or said to be wrong at a place that it has`() async throws {
        let files = House.texts("rules", ending: ".test.yaml")
        let folder = try TemporaryDirectory()
        try await Fuzzing.run("rule-tests", usually: 50) { seed in
            var mutator = Mutator(
                seed: seed, texts: files, tokens: Self.tokens + ["expect:", "given:", "at: 1m", "until: "])
            let text = mutator.text()
            let path = folder.path("x.test.yaml")
            try folder.write(text, to: "x.test.yaml")
            let own = RuleTestFile.read(path: path).diagnostics.filter { $0.file == path }
            return misplaced(own, in: FileText(name: path, text: text)).map { "\($0)\ntests: \(shown(text))" }
        }
    }

    private static func problem(of rule: Rule, about document: [UInt8]) -> String? {
        if rule.name.isEmpty { return "has no name" }
        let environment = RuleVariables.environment(for: rule.watch)
        if let problem = Expressions.problem(of: rule.condition, in: environment) { return problem }
        guard let raw = try? JSON.parse(document) else { return nil }
        let view = ResourceView.alone(raw, kind: rule.watch, now: Sample.noon).view
        let activation = view.activation(in: environment, now: Sample.noon)
        // Whichever way it ends: it does.
        _ = try? rule.condition.evaluateBool(activation)
        for template in [rule.title, rule.text] { _ = try? template?.render(activation) }
        return nil
    }
}
