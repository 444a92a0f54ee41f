/// The front door: declares what expressions may refer to, and compiles them.
///
/// ```swift
/// let generation = ObjectType(name: "Generation", fields: [FieldDeclaration("status", .string)])
/// let environment = Environment(Declarations(variables: [("self", .object(generation)), ("now", .timestamp)]))
/// let compilation = environment.compile(#"self.status == "failed""#, expecting: .bool)
/// ```
package struct Environment: Sendable {
    package let declarations: Declarations
    package let limits: Limits
    /// How loudly to speak of a constant that cannot be computed, such as `duration("1d")` or a bad pattern. As a
    /// warning the expression still compiles, and fails where that part is reached.
    package var badConstants: Diagnostic.Severity = .error
    let scope: Scope

    package init(_ declarations: Declarations, limits: Limits = .standard) {
        self.declarations = declarations
        self.limits = limits
        scope = Scope(declarations)
    }

    /// Parses, checks and plans. Never throws: what is wrong is in the diagnostics, all of it, by position.
    /// - Parameters:
    ///   - expected: the type that the value must have; `.bool` for a condition.
    ///   - checked: whether types are checked. Unchecked, `1 == 1.0` compiles (and is true), and an unknown name
    ///     fails only where it is reached.
    package func compile(_ text: String, expecting expected: CELType? = nil, checked: Bool = true) -> Compilation {
        let bytes = Array(text.utf8)
        return compile(bytes, in: bytes.indices, expecting: expected, checked: checked)
    }

    /// Compiles a part of another program's expression, as if it stood alone. Ranges stay those of the whole text.
    package func compile(
        expression: Expression, expecting expected: CELType? = nil, checked: Bool = true
    ) -> Compilation {
        compile(expression, text: expression.text, expecting: expected, checked: checked)
    }

    func compile(_ bytes: [UInt8], in range: Range<Int>, expecting expected: CELType?, checked: Bool) -> Compilation {
        do throws(SyntaxError) {
            let expression = try Parser.parse(bytes, in: range, limits: limits)
            let text = String(decoding: bytes[range], as: UTF8.self)
            return compile(expression, text: text, expecting: expected, checked: checked)
        } catch {
            return Compilation(program: nil, diagnostics: [Diagnostic(error)], resultType: .dyn)
        }
    }

    private func compile(
        _ expression: Expression, text: String, expecting expected: CELType?, checked: Bool
    ) -> Compilation {
        var diagnostics: [Diagnostic] = []
        var type = CELType.dyn
        if checked {
            var checker = TypeChecker(scope: scope, limits: limits, constantSeverity: badConstants)
            type = checker.checkAll(expression, expecting: expected)
            diagnostics = checker.diagnostics.sorted { $0.range.lowerBound < $1.range.lowerBound }
            if diagnostics.contains(where: { $0.severity == .error }) {
                return Compilation(program: nil, diagnostics: diagnostics, resultType: type)
            }
        }
        let program = Program(expression, text: text, resultType: type, scope: scope, limits: limits)
        return Compilation(program: program, diagnostics: diagnostics, resultType: type)
    }

    /// The functions that expressions can call by name, in alphabetical order: for documentation and completion.
    package var functionNames: [String] { scope.functions.keys.filter { $0.utf8.first?.isLetter ?? false }.sorted() }

    /// Values for the variables; names that are not declared are ignored.
    package func activation(_ values: [String: CELValue] = [:]) -> Activation {
        var activation = Activation(scope: scope)
        for (name, value) in values { activation[name] = value }
        return activation
    }

    /// Values for the variables in the order in which they were declared; those missing at the end have none.
    package func activation(inOrder values: [CELValue?]) -> Activation { Activation(scope: scope, inOrder: values) }
}

/// What became of a text.
package struct Compilation: Sendable {
    /// Nil if there are errors.
    package let program: Program?
    /// Errors and warnings, in the order of the text.
    package let diagnostics: [Diagnostic]
    package let resultType: CELType
}
