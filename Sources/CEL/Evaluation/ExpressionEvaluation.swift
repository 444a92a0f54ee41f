/// Evaluates an expression that somebody typed: with values given as expressions of their own, and with a trace.
package struct ExpressionEvaluation: Sendable {
    /// A name and the expression whose value it stands for; it may use those before it.
    package struct Binding: Sendable {
        package let name: String
        package let expression: String

        package init(name: String, expression: String) {
            self.name = name
            self.expression = expression
        }

        /// Reads `name=expression`. The name may be qualified.
        package init?(_ argument: String) {
            guard let equals = argument.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let name = argument[..<equals].filter { !$0.isWhitespace }
            let isName = name.utf8.allSatisfy {
                $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
            }
            guard isName, let first = name.utf8.first, first.isLetter || first == UInt8(ascii: "_") else { return nil }
            self.init(name: String(name), expression: String(argument[argument.index(after: equals)...]))
        }
    }

    /// A variable that is there from the start, such as `self`.
    package struct Variable: Sendable {
        package let name: String
        package let type: CELType
        package let value: CELValue

        package init(name: String, type: CELType, value: CELValue) {
            self.name = name
            self.type = type
            self.value = value
        }
    }

    /// A diagnostic and the text that it speaks of.
    package struct Remark: Sendable {
        /// Nil for the expression itself.
        package let binding: String?
        package let text: String
        package let diagnostic: Diagnostic
    }

    /// What was found before evaluating, in the order of the texts.
    package private(set) var remarks: [Remark] = []
    /// The value, or why there is none; nil if a text does not compile.
    package private(set) var result: Result<CELValue, EvaluationError>?
    /// The binding whose evaluation failed, if it was one.
    package private(set) var failedBinding: String?
    package private(set) var trace: Trace?
    package private(set) var resultType = CELType.dyn

    /// - Parameters:
    ///   - checked: whether types are checked; a binding then has the type of its expression.
    ///   - traced: whether to keep the value of every part.
    package init(
        _ text: String, bindings: [Binding] = [], variables: [Variable] = [], checked: Bool = true,
        traced: Bool = false,
        limits: Limits = .standard
    ) {
        var declarations = Declarations(variables: variables.map { ($0.name, $0.type) })
        var values = Dictionary(variables.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
        for binding in bindings {
            let environment = Self.environment(declarations, limits)
            let compilation = environment.compile(binding.expression, checked: checked)
            add(compilation.diagnostics, binding.name, binding.expression)
            guard let program = compilation.program else { return }
            do throws(EvaluationError) {
                values[binding.name] = try program.evaluate(environment.activation(values))
            } catch {
                failedBinding = binding.name
                result = .failure(error)
                return
            }
            declarations.declare(binding.name, checked ? compilation.resultType : .dyn)
        }
        let environment = Self.environment(declarations, limits)
        let compilation = environment.compile(text, checked: checked)
        add(compilation.diagnostics, nil, text)
        resultType = compilation.resultType
        guard let program = compilation.program else { return }
        let activation = environment.activation(values)
        if traced {
            let (result, trace) = program.trace(activation)
            self.result = result
            self.trace = trace
        } else {
            result = Result { () throws(EvaluationError) in try program.evaluate(activation) }
        }
    }

    private mutating func add(_ diagnostics: [Diagnostic], _ binding: String?, _ text: String) {
        remarks += diagnostics.map { Remark(binding: binding, text: text, diagnostic: $0) }
    }

    /// A bad constant in a part that is not reached is no mistake here: the expression runs once, and now.
    private static func environment(_ declarations: Declarations, _ limits: Limits) -> Environment {
        var environment = Environment(declarations, limits: limits)
        environment.badConstants = .warning
        return environment
    }
}
