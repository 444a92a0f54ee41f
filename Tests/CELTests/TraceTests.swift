import CEL
import Testing

@Suite struct `A trace` {
    private func trace(_ text: String) throws -> (Result<CELValue, EvaluationError>, Trace) {
        let program = try #require(Sample.environment.compile(text).program)
        return program.trace(Sample.activation)
    }

    @Test func `shows the value of every part`() throws {
        let (result, trace) = try trace(
            #"self.status == "failed" && self.loras.exists(l, l.name.startsWith("Sunset")) || self.seed > 3"#)
        #expect(result == .success(true))
        #expect(
            trace.text == #"""
                self.status == "failed" && self.loras.exists(l, l.name.startsWith("Sunset")) || self.seed > 3  →  true
                ├─ self.status == "failed" && self.loras.exists(l, l.name.startsWith("Sunset"))  →  true
                │  ├─ self.status == "failed"  →  true
                │  │  └─ self.status  →  "failed"
                │  └─ self.loras.exists(l, l.name.startsWith("Sunset"))  →  true
                │     ├─ self.loras  →  [{"id": "lora_1", "name": "Sunset Glow"}]
                │     └─ l.name.startsWith("Sunset")  →  true
                │        └─ l.name  →  "Sunset Glow"
                └─ self.seed > 3  →  not evaluated
                   └─ self.seed  →  not evaluated
                """#)
    }

    @Test func `shows what failed, also where it did not matter`() throws {
        let (result, trace) = try trace(#"self.seed > 3 || self.status == "failed""#)
        #expect(result == .success(true))
        #expect(trace.text.contains(#"self.seed > 3  →  error: no such key: "seed""#))
    }

    @Test func `shows the first few values inside a macro`() throws {
        let (_, trace) = try trace("lists.range(9).map(i, i + x).size() == 9")
        #expect(trace.text.contains("i + x  →  5, 6, 7, … 6 more"))
    }

    @Test func `gives the same result as an evaluation`() throws {
        for expected in `An expression`.values {
            guard let program = Sample.environment.compile(expected.expression).program else { continue }
            #expect(
                try program.trace(Sample.activation).result.get().literal == expected.value, "\(expected.expression)")
        }
    }

    @Test func `keeps long values short`() throws {
        let (_, trace) = try trace("lists.range(1000).map(i, string(i + x)).size() > 0")
        #expect(trace.text.split(separator: "\n").allSatisfy { $0.count < 300 })
    }
}

@Suite struct `A typed expression` {
    @Test func `sees the values it is given, each knowing those before it`() throws {
        let evaluation = ExpressionEvaluation(
            "b + self.duration_ms", bindings: ["a=20", "b = a * 2 + 2"].compactMap(ExpressionEvaluation.Binding.init),
            variables: [.init(name: "self", type: .object(Sample.generation), value: .record(Sample.record))])
        #expect(try evaluation.result?.get() == .int(27_042))
        #expect(evaluation.resultType == .int)
        #expect(evaluation.remarks.isEmpty)
    }

    @Test func `is checked with the types of what it is given`() {
        let bindings = [ExpressionEvaluation.Binding(name: "a", expression: "1")]
        let checked = ExpressionEvaluation("a == 1.0", bindings: bindings)
        #expect(checked.result == nil)
        #expect(checked.remarks.map(\.diagnostic.message) == ["cannot compare int with double"])
        let unchecked = ExpressionEvaluation("a == 1.0", bindings: bindings, checked: false)
        #expect(unchecked.result == .success(true))
    }

    @Test func `names the value that is wrong`() {
        let broken = ExpressionEvaluation("a", bindings: [.init(name: "a", expression: "1 +")])
        #expect(broken.result == nil)
        #expect(broken.remarks.map(\.binding) == ["a"])
        let failing = ExpressionEvaluation("a", bindings: [.init(name: "a", expression: "1 / 0")])
        #expect(failing.failedBinding == "a")
    }

    @Test func `warns of a bad constant, and goes on`() {
        let evaluation = ExpressionEvaluation("true || duration('1d') > duration('1s')", traced: true)
        #expect(evaluation.result == .success(true))
        #expect(evaluation.remarks.map(\.diagnostic.severity) == [.warning])
        #expect(evaluation.trace != nil)
    }

    @Test(arguments: ["a", "=1", "1a=1", "a-b=1", "a(=1"])
    func `refuses what is no name and value`(argument: String) {
        #expect(ExpressionEvaluation.Binding(argument) == nil)
    }
}
