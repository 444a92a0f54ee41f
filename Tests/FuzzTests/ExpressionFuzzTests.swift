import CEL
import Core
import TestSupport
import Testing

/// What holds of expressions, wherever they come from.
enum Expressions {
    /// A program unparses to a text that compiles to the same program.
    static func problem(of program: Program, in environment: Environment) -> String? {
        let text = program.expression.text
        // A text that is longer than what it came from may be too long.
        guard text.utf8.count <= environment.limits.sourceBytes else { return nil }
        let again = environment.compile(text, checked: false)
        guard let copy = again.program else { return "unparses to \(shown(text)): \(again.diagnostics)" }
        return copy.expression.text == text ? nil : "unparses to \(shown(text)), then \(shown(copy.expression.text))"
    }

    /// Diagnostics point into the text.
    static func problem(of diagnostics: [Diagnostic], in text: String) -> String? {
        let length = text.utf8.count
        let strays = diagnostics.first { diagnostic in
            let range = diagnostic.range
            return range.lowerBound < 0 || range.upperBound > length || diagnostic.message.isEmpty
                || diagnostic.render(file: "x", text: text).isEmpty
        }
        return strays.map { "\($0.range) is not in it: \($0.message)" }
    }

    static let environment: Environment = {
        var limits = Limits.standard
        limits.cost = 50_000
        return Environment(RuleVariables.declarations(for: .generation), limits: limits)
    }()

    static let activation: Activation = {
        let raw = try? JSON.parse(
            #"{"id":"img_1","status":"failed","prompt":"a cat","created_at":"2026-05-04T10:00:00Z","seed":7}"#)
        return ResourceView.alone(raw ?? .null, kind: .generation, now: Sample.noon).view
            .activation(in: environment, now: Sample.noon)
    }()

    static let tokens = [
        "self", "self.status", "self.prompt", "raw", "old", "now", "since", "changed", "source", "==", "!=", "<=",
        " in ",
        "&&", "||", "!", "-", "?", ":", "(", ")", "[", "]", "{", "}", ".", ",", ".?", "[?", "has(", ".exists(x, ",
        ".all(x, ", ".map(x, ", ".filter(x, ", "size(", "string(", "int(", "timestamp(", "duration(", ".matches(",
        ".format([", ".replace(", ".split(", "lists.range(", "math.greatest(", "optional.of(", ".orValue(", "b'", "r'",
        "'''", "\"\"\"", "\\u00e9", "\\xff", "0x", "1u", "1e308", "null", "true", "cel.bind(x, ", ".sortBy(x, ",
    ]
}

@Suite(.timeLimit(.minutes(30))) struct `Any condition` {
    private static let texts = [
        #"self.status == "failed" && self.error.code in ["content_policy", "nsfw"]"#,
        #"old != null && old.status != self.status && self.status in ["succeeded", "failed"]"#,
        #"now - since > duration("30m") && self.prompt.matches("(?i)cat|dog")"#,
        #"raw.?cost.?amount.orValue(0.0) > 1.5 || changed.exists(f, f.startsWith("cost."))"#,
        #"lists.range(10).map(x, x * 2).filter(x, x % 3 == 0).size() > 2"#,
        #"'%s took %.2f of %d'.format([self.id, 1.5, 3]).split(' ').map(w, w.size()).exists(n, n > 3)"#,
        #"{'a': [1, 2u, 3.5], 'b': {1: null}}.exists(k, k == 'a') ? timestamp('2026-05-04T10:00:00Z') < now : true"#,
        #"has(self.error) && !(self.prompt + '\u00e9\n' in ['x']) && -9223372036854775808 < 0x7f"#, "true", "",
    ]

    @Test func `is compiled, unparsed and evaluated within its limits`() async throws {
        try await Fuzzing.run("condition", usually: 1200) { seed in
            var mutator = Mutator(seed: seed, texts: Self.texts, tokens: Expressions.tokens)
            let text = mutator.text()
            return Self.problem(of: text).map { "\($0)\ncondition: \(shown(text))" }
        }
    }

    private static func problem(of text: String) -> String? {
        let environment = Expressions.environment
        for isChecked in [true, false] {
            let compilation = environment.compile(text, checked: isChecked)
            if let problem = Expressions.problem(of: compilation.diagnostics, in: text) { return problem }
            guard let program = compilation.program else {
                guard compilation.diagnostics.contains(where: { $0.severity == .error }) else {
                    return "is refused without a reason"
                }
                continue
            }
            if let problem = Expressions.problem(of: program, in: environment) { return problem }
            guard let value = try? program.evaluate(Expressions.activation) else { continue }
            guard (try? JSON.parse(JSON.serialize(value), maximumDepth: 1000)) != nil else {
                return "gives \(shown(value.literal)), which is written as no JSON"
            }
        }
        return nil
    }
}

@Suite(.timeLimit(.minutes(30))) struct `Any template` {
    private static let texts = [
        "Refused: ${self.prompt.truncate(60)}", "$${not} ${self.id}${self.status}", "${{'a': {'b': '}'}}} and ${'}'}",
        "**${self.status}** since ${since}, ${now - since} ago: ${raw}", "no expression at all", "", "${", "$", "$${",
        "${self.loras.map(l, '${' + l.id + '}').join(', ')} é 👩‍👩‍👧‍👦",
    ]

    @Test func `is rendered piece by piece, or said to be wrong at a place that it has`() async throws {
        try await Fuzzing.run("template", usually: 1500) { seed in
            var mutator = Mutator(seed: seed, texts: Self.texts, tokens: Expressions.tokens + ["${", "}", "$$", "$${"])
            let text = mutator.text()
            return Self.problem(of: text).map { "\($0)\ntemplate: \(shown(text))" }
        }
    }

    private static func problem(of text: String) -> String? {
        let (template, diagnostics) = Template.compile(text, in: Expressions.environment)
        if let problem = Expressions.problem(of: diagnostics, in: text) { return problem }
        guard let template else {
            return diagnostics.contains { $0.severity == .error } ? nil : "is refused without a reason"
        }
        for program in template.programs {
            if let problem = Expressions.problem(of: program, in: Expressions.environment) { return problem }
        }
        guard let pieces = try? template.render(Expressions.activation) else { return nil }
        guard pieces.count == template.parts.count else {
            return "has \(pieces.count) of \(template.parts.count) pieces"
        }
        if template.programs.isEmpty, pieces.map(\.text).joined() != text.replacing("$${", with: "${") {
            return "without expressions gives another text: \(shown(pieces.map(\.text).joined()))"
        }
        return nil
    }
}
