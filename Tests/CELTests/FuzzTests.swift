import CEL
import Foundation
import Testing

/// Random expressions, the same each time, for a second, or for `AUSPEX_FUZZ_SECONDS`; `AUSPEX_FUZZ_SEED` gives others.
@Suite struct `Any text` {
    @Test func `is compiled, evaluated and traced without a crash, and alike each way`() throws {
        let environment = ProcessInfo.processInfo.environment
        let seconds = environment["AUSPEX_FUZZ_SECONDS"].flatMap(Double.init) ?? 1
        let seed = environment["AUSPEX_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
        var generator = ExpressionGenerator(seed: seed)
        let end = ContinuousClock.now + .seconds(seconds)
        var inputs = 0
        while ContinuousClock.now < end {
            for _ in 0..<50 {
                let text = generator.next()
                if let failure = Self.failure(of: text) {
                    Issue.record("\(failure)\nexpression: \(text)\nseed: \(seed), input \(inputs)")
                    return
                }
                inputs += 1
                let document = generator.nextDocument()
                if let failure = Self.failure(ofDocument: document) {
                    Issue.record("\(failure)\ndocument: \(document)\nseed: \(seed), input \(inputs)")
                    return
                }
            }
        }
        if seconds > 1 {
            FileHandle.standardError.write(Data("\(inputs) expressions and as many documents, seed \(seed)\n".utf8))
        }
    }

    private static let limits = {
        var limits = Limits.standard
        limits.cost = 20_000
        limits.resultElements = 20_000
        return limits
    }()

    private static let environment = Environment(Sample.environment.declarations, limits: limits)
    private static let activation = Sample.activation

    private static func failure(of text: String) -> String? {
        _ = Template.compile(text, in: environment).template.map { try? $0.render(activation) }
        let unchecked = environment.compile(text, checked: false)
        let checked = environment.compile(text)
        guard let program = unchecked.program else {
            return checked.program == nil ? nil : "compiles only when it is checked"
        }
        let result = outcome(program)
        if let failure = differs(program, result, text) { return failure }
        guard let checkedProgram = checked.program else { return nil }
        if outcome(checkedProgram) != result { return "checked gives \(outcome(checkedProgram)), unchecked \(result)" }
        if case .success(let value) = result, !value.mayBe(checked.resultType) {
            return "is of type \(checked.resultType), but gives \(value.literal)"
        }
        return nil
    }

    private static func failure(ofDocument text: String) -> String? {
        guard let value = try? JSON.parse(text) else { return nil }
        let written = JSON.serialize(value)
        return (try? JSON.parse(written)) == value ? nil : "is written as \(written)"
    }

    private static func differs(_ program: Program, _ result: Result<CELValue, EvaluationError>, _ text: String)
        -> String?
    {
        let unparsed = program.expression.text
        guard let again = environment.compile(unparsed, checked: false).program else {
            return "unparses to \(unparsed)"
        }
        if again.expression.text != unparsed { return "unparses to \(unparsed), and that to \(again.expression.text)" }
        if kind(outcome(again)) != kind(result) { return "unparses to \(unparsed), which gives \(outcome(again))" }
        let traced = program.trace(activation)
        _ = traced.trace.text
        // Constants are computed at load, at no cost: only then a limit can be met in a trace alone.
        if kind(traced.result) != kind(result), kind(traced.result) != "costLimit" {
            return "traced, gives \(traced.result)"
        }
        if case .success(let value) = result { return differs(value) }
        return nil
    }

    private static func differs(_ value: CELValue) -> String? {
        let literal = value.literal
        guard literal.utf8.count < 5_000, let program = environment.compile(literal, checked: false).program else {
            return nil
        }
        guard let copy = try? program.evaluate(activation) else { return nil }
        if copy.literal != literal { return "the literal \(literal) gives \(copy.literal)" }
        let written = JSON.serialize(value)
        return (try? JSON.parse(written, maximumDepth: 1_000)) == nil ? "writes as \(written), which is not JSON" : nil
    }

    private static func outcome(_ program: Program) -> Result<CELValue, EvaluationError> {
        Result { () throws(EvaluationError) in try program.evaluate(activation) }
    }

    /// The value, or the kind of error: places differ between a text and its unparsed form.
    private static func kind(_ result: Result<CELValue, EvaluationError>) -> String {
        switch result {
        case .success(let value): "value \(value.literal)"
        case .failure(let error): error.kind.rawValue
        }
    }
}

extension CELValue {
    /// Whether a value of this kind can come from an expression of the type. What is inside may be `dyn` by origin.
    fileprivate func mayBe(_ type: CELType) -> Bool {
        switch (self, type) {
        case (_, .dyn), (_, .nullable), (_, .parameter), (.null, _): true
        case (.list, .list), (.map, .map), (.record, .object), (.map, .object), (.record, .map): true
        case (.optional, .optional), (.type, .type): true
        default: self.type == type
        }
    }
}
