import CEL
import Testing

@Suite struct `A hostile expression` {
    static let tooDeep: [String] = [
        String(repeating: "(", count: 5_000) + "1" + String(repeating: ")", count: 5_000),
        String(repeating: "[", count: 90_000), String(repeating: "!", count: 50_000) + "true",
        String(repeating: "-", count: 50_000) + "x", "x" + String(repeating: ".a", count: 40_000),
        "x" + String(repeating: "[0]", count: 30_000), "1" + String(repeating: "+1", count: 40_000),
        String(repeating: "true?1:", count: 12_000) + "2", String(repeating: "f(", count: 40_000),
        String(repeating: "[1].map(a,", count: 9_000),
    ]

    @Test(arguments: tooDeep.indices)
    func `that nests too deep is refused`(index: Int) {
        let compilation = Sample.environment.compile(Self.tooDeep[index], checked: false)
        #expect(compilation.program == nil)
        #expect(compilation.diagnostics.map(\.message) == ["the expression is nested deeper than 250 levels"])
    }

    @Test func `may still nest as deep as the language asks`() {
        #expect(Sample.outcome(String(repeating: "(", count: 200) + "x" + String(repeating: ")", count: 200)) == "5")
        #expect(Sample.outcome(Array(repeating: "x == 5", count: 9_000).joined(separator: " && ")) == "true")
        #expect(Sample.outcome(Array(repeating: "1", count: 200).joined(separator: " + ")) == "200")
    }

    @Test(.timeLimit(.minutes(30)))
    func `is compiled in no time, however much is wrong with it`() {
        let mistakes = ["nobody", "self.statsu", "self.prompt.contian('a')", "f(1)", "x == 'a'", "cel.index(5)"]
        for mistake in mistakes {
            let text = Array(repeating: mistake, count: 99_000 / (mistake.utf8.count + 4)).joined(separator: " && ")
            #expect(Sample.environment.compile(text).diagnostics.count == Limits.standard.diagnostics)
        }
        let block = "cel.block([" + Array(repeating: "1", count: 45_000).joined(separator: ",") + "], 1)"
        #expect(
            Sample.environment.compile(block).diagnostics.map(\.message) == [
                "cel.block() takes at most 1000 expressions"
            ])
    }

    @Test func `that is too long is refused`() {
        let compilation = Sample.environment.compile("\"" + String(repeating: "a", count: 100_000) + "\"")
        #expect(compilation.diagnostics.map(\.message) == ["the expression is longer than 100000 bytes"])
    }

    static let expensive: [String] = [
        "lists.range(10000000000).size()", "lists.range(1000000).all(a, lists.range(1000000).all(b, true))",
        "lists.range(100000).exists(i, 'a'.matches('b{' + string(i % 1000) + '}x'))",
        "lists.range(100000).map(i, string(i)).distinct().size()", doubling("'aaaaaaaaaaaaaaaa'", "+", depth: 60),
        doubling("[0]", "+", depth: 60), sharing + " == " + sharing,
        "'%s'.format([" + sharing + "]).size()", sharing,
        "'a'.replace('', '\(long)').replace('', '\(long)')",
    ]

    private static let long = String(repeating: "b", count: 9_000)

    /// Each name stands for twice the one before.
    private static func doubling(_ start: String, _ operation: String, depth: Int) -> String {
        (0..<depth).reduce(start) { "cel.bind(v\($1), \($0), v\($1) \(operation) v\($1))" }
    }

    /// A small value with 10^9 leaves.
    private static let sharing = (0..<9).reduce("[0, 0, 0, 0, 0, 0, 0, 0, 0, 0]") { inner, level in
        let tenTimes = Array(repeating: "v\(level)", count: 10).joined(separator: ", ")
        return "cel.bind(v\(level), \(inner), [\(tenTimes)])"
    }

    @Test(.timeLimit(.minutes(30)), arguments: expensive.indices)
    func `ends with an error, not with the afternoon`(index: Int) throws {
        let program = try #require(Sample.environment.compile(Self.expensive[index], checked: false).program)
        let error = #expect(throws: EvaluationError.self) { try program.evaluate(Sample.activation) }
        #expect(error?.kind == .costLimit)
        #expect(program.trace(Sample.activation).trace.text.utf8.count < 1_000_000)
    }

    @Test func `that fails twice in every name fails once`() {
        #expect(Sample.errorKind(Self.doubling("1 / 0 == 1", "||", depth: 60)) == .divisionByZero)
    }

    @Test func `cannot hide that it exceeded the limit`() {
        #expect(Sample.errorKind("true || lists.range(10000000000).size() > 0") == nil, "it is never reached")
        #expect(Sample.errorKind("lists.range(10000000000).size() > 0 || true") == .costLimit)
    }

    @Test func `with a pattern that needs too much memory is refused`() {
        #expect(Sample.errorKind("'a'.matches('((a{100}){100}){100}')") == .invalidArgument)
    }

    @Test func `may cost as much as it is given`() throws {
        var limits = Limits.standard
        limits.cost = 100
        let environment = Environment(Declarations(), limits: limits)
        let small = try #require(environment.compile("[1, 2, 3].map(i, i * 2)").program)
        #expect(try small.evaluate(environment.activation()).literal == "[2, 4, 6]")
        let large = try #require(environment.compile("lists.range(50).map(i, i * 2)").program)
        #expect(throws: EvaluationError.self) { try large.evaluate(environment.activation()) }
    }
}
