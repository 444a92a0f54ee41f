package import CEL

/// Reads the entries of a rule's `measure:` and `by:`.
package enum WindowCompiler {
    /// `count(COND)`, `sum(VALUE)`, `sum(VALUE, COND)`, `quantile(Q, VALUE, COND)` and so on. Nil where there are errors.
    package static func measure(
        _ name: String, _ text: String, watch: ResourceKind
    ) -> (measure: Measure?, diagnostics: [Diagnostic]) {
        var compiler = MeasureReading(environment: RuleVariables.environment(for: watch))
        let measure = compiler.measure(name, text)
        let isFaulty = compiler.diagnostics.contains { $0.severity == .error }
        return (isFaulty ? nil : measure, compiler.diagnostics)
    }

    /// A value by which resources are told apart. Without a name it is called as the last field in it:
    /// `self.inference_type` is `inference_type`.
    package static func key(
        named name: String?, _ text: String, watch: ResourceKind
    ) -> (key: WindowKey?, diagnostics: [Diagnostic]) {
        let compilation = RuleVariables.environment(for: watch).compile(text)
        guard let program = compilation.program else { return (nil, compilation.diagnostics) }
        var diagnostics = compilation.diagnostics
        if let range = program.expression.place(of: "now") {
            diagnostics.append(timeless(range))
        }
        switch program.resultType.nonNull {
        case .string, .int, .uint, .double, .bool, .dyn: break
        default:
            diagnostics.append(
                Diagnostic(
                    .error, "resources cannot be grouped by \(program.resultType)",
                    hint: [.timestamp, .duration].contains(program.resultType.nonNull)
                        ? "make a text of it: string(…)" : "take a text, a number or a bool of it",
                    range: program.expression.range))
        }
        guard let name = name ?? program.expression.lastField else {
            diagnostics.append(
                Diagnostic(
                    .error, "this needs a name", hint: "write by: { NAME: \(text) }", range: program.expression.range))
            return (nil, diagnostics)
        }
        let isFaulty = diagnostics.contains { $0.severity == .error }
        return (isFaulty ? nil : WindowKey(name: name, program: program), diagnostics)
    }

    static func timeless(_ range: Range<Int>) -> Diagnostic {
        Diagnostic(
            .error, "`now` has no meaning here: this is evaluated when a resource changes",
            hint: "use `since`, or ask for `now` in `when`", range: range)
    }
}

/// Reads one measure and gathers what is wrong with it.
private struct MeasureReading {
    let environment: Environment
    var diagnostics: [Diagnostic] = []

    mutating func measure(_ name: String, _ text: String) -> Measure? {
        // As a syntax only: its functions are no functions of the language.
        let parsed = environment.compile(text, checked: false)
        guard let whole = parsed.program?.expression else {
            diagnostics += parsed.diagnostics
            return nil
        }
        guard case .call(let call) = whole.kind, call.target == nil else {
            fail(
                "a measure must be one of \(MeasureFunction.names.joined(separator: ", "))", whole.range,
                hint: "such as count(self.status == \"failed\"); what is made of measures belongs into `when`")
            return nil
        }
        guard let form = form(call.function) else {
            let near = Suggestion.nearest(to: call.function, among: MeasureFunction.names).map {
                "did you mean '\($0)'?"
            }
            fail(
                "there is no measure '\(call.function)'", call.functionRange,
                hint: near ?? "there are \(MeasureFunction.names.joined(separator: ", "))")
            return nil
        }
        var arguments = call.arguments[...]
        let least = (form.takesPart ? 1 : 0) + (form.takesValue ? 1 : 0)
        guard (least...least + 1).contains(arguments.count), !arguments.isEmpty else {
            fail(
                "\(call.function) takes \(form.usage), not \(arguments.count) argument\(arguments.count == 1 ? "" : "s")",
                whole.range)
            return nil
        }
        let part = form.takesPart ? arguments.popFirst().flatMap { self.part($0) } : nil
        let value = form.takesValue ? arguments.popFirst().flatMap { self.value($0, call.function) } : nil
        let condition = arguments.popFirst().flatMap { compile($0, expecting: .bool) }
        guard let function = form.function(part) else { return nil }
        return Measure(
            name: name, function: function, condition: condition, value: value,
            resultType: type(of: function, value), text: text)
    }

    private struct Form {
        var takesPart = false
        var takesValue = true
        var usage = "(VALUE) or (VALUE, CONDITION)"
        var function: (Double?) -> MeasureFunction?
    }

    private func form(_ name: String) -> Form? {
        switch name {
        case "count": Form(takesValue: false, usage: "(CONDITION)") { _ in .count }
        case "rate": Form(takesValue: false, usage: "(CONDITION)") { _ in .rate }
        case "sum": Form { _ in .sum }
        case "avg": Form { _ in .avg }
        case "min": Form { _ in .min }
        case "max": Form { _ in .max }
        case "distinct": Form { _ in .distinct }
        case "quantile":
            Form(takesPart: true, usage: "(Q, VALUE) or (Q, VALUE, CONDITION)") { $0.map(MeasureFunction.quantile) }
        default: nil
        }
    }

    private func type(of function: MeasureFunction, _ value: Program?) -> CELType {
        let type = value?.resultType.nonNull ?? .dyn
        switch function {
        case .count, .distinct: return .int
        case .rate: return .double
        case .sum: return type == .int ? .int : .double
        case .avg, .quantile: return .nullable(.double)
        case .min, .max: return type == .dyn ? .dyn : .nullable(type)
        }
    }

    private mutating func part(_ expression: Expression) -> Double? {
        var number: Double?
        switch environment.compile(expression: expression).program?.constant {
        case .double(let value): number = value
        case .int(let value): number = Double(value)
        default: break
        }
        guard let number, (0...1).contains(number) else {
            fail("the part must be a number from 0 to 1", expression.range, hint: "0.95 is the 95th percentile")
            return nil
        }
        return number
    }

    private mutating func value(_ expression: Expression, _ function: String) -> Program? {
        guard let program = compile(expression, expecting: nil) else { return nil }
        let type = program.resultType.nonNull
        let isFit =
            switch function {
            case "sum", "avg", "quantile": [.int, .uint, .double, .dyn].contains(type)
            case "min", "max": [.int, .uint, .double, .string, .timestamp, .duration, .bool, .dyn].contains(type)
            default: true
            }
        guard isFit else {
            let hint: String? =
                type == .bool
                ? "count(CONDITION) counts" : type == .duration ? "double(VALUE.getMilliseconds()) is a number" : nil
            fail("\(function) cannot take \(type)", expression.range, hint: hint)
            return nil
        }
        return program
    }

    private mutating func compile(_ expression: Expression, expecting type: CELType?) -> Program? {
        let compilation = environment.compile(expression: expression, expecting: type)
        diagnostics += compilation.diagnostics
        if let range = compilation.program?.expression.place(of: "now") {
            diagnostics.append(WindowCompiler.timeless(range))
        }
        return compilation.program
    }

    private mutating func fail(_ message: String, _ range: Range<Int>, hint: String? = nil) {
        diagnostics.append(Diagnostic(.error, message, hint: hint, range: range))
    }
}

extension Expression {
    /// Where a variable is first used.
    fileprivate func place(of variable: String) -> Range<Int>? {
        guard references(variable) else { return nil }
        if case .identifier = kind { return range }
        return children.lazy.compactMap { $0.place(of: variable) }.first
    }

    fileprivate var lastField: String? {
        switch kind {
        case .identifier(let name, _): name
        case .select(let selection): selection.field
        default: nil
        }
    }
}
