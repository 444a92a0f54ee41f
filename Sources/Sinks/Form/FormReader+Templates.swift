import CEL
import ConfigurationFiles

extension FormReader {
    /// Compiles a template and finds out whose values its expressions insert.
    /// - Parameter forbidding: names that are declared, but further down.
    mutating func parts(
        _ node: YAMLNode, _ environment: Environment, forbidding: [String] = []
    ) -> [FormPart]? {
        guard let written = templateText(node) else { return nil }
        let (template, diagnostics) = Template.compile(written, in: environment)
        reader.report(diagnostics.filter { $0.severity == .error }, in: node)
        guard let template else { return nil }
        note { template.references($0) }
        if let later = forbidding.first(where: { template.references($0) }) {
            reader.error(at: node, "the text `\(later)` is declared further down", hint: "put it above this one")
            return nil
        }
        return template.parts.map { part in
            switch part {
            case .markup(let text): .markup(text)
            case .expression(let program): .insert(insert(program, environment))
            }
        }
    }

    mutating func leaf(_ node: YAMLNode, _ environment: Environment, what: String) -> FormLeaf? {
        parts(node, environment).map { FormLeaf(parts: $0, place: what) }
    }

    /// A template for what is decided by an answer.
    mutating func answerTemplate(_ node: YAMLNode, _ environment: Environment) -> Template? {
        guard let written = templateText(node) else { return nil }
        let (template, diagnostics) = Template.compile(written, in: environment)
        reader.report(diagnostics.filter { $0.severity == .error }, in: node)
        note { template?.references($0) == true }
        return template
    }

    private mutating func note(_ references: (String) -> Bool) {
        if FormSituation.recordNames.contains(where: references) { namesRecords = true }
    }

    mutating func condition(_ node: YAMLNode, _ environment: Environment, what: String) -> Program? {
        guard let text = reader.text(node, what: what) else { return nil }
        let compilation = environment.compile(text, expecting: .bool)
        reader.report(compilation.diagnostics.filter { $0.severity == .error }, in: node)
        note { compilation.program?.references($0) == true }
        return compilation.program
    }

    private mutating func templateText(_ node: YAMLNode) -> String? {
        if let text = node.scalarText { return text }
        reader.error(at: node, "here must be a text, not \(node.described)")
        return nil
    }

    private func insert(_ program: Program, _ environment: Environment) -> FormInsert {
        switch program.expression.kind {
        case .identifier(let name, _) where textNames.contains(name): return .text(name)
        case .conditional(let condition, let first, let second):
            guard let test = environment.compile(expression: condition, expecting: .bool).program,
                let yes = environment.compile(expression: first).program,
                let no = environment.compile(expression: second).program
            else { break }
            return .conditional(test, insert(yes, environment), insert(no, environment))
        case .call(let call):
            guard case .identifier("optional", _)? = call.target?.kind, call.arguments.count == 1,
                ["of", "ofNonZeroValue"].contains(call.function),
                let content = environment.compile(expression: call.arguments[0]).program
            else { break }
            return .optional(insert(content, environment), leavesOutEmpty: call.function == "ofNonZeroValue")
        case .select(let selection):
            if case .identifier("settings", _) = selection.operand.kind {
                return .value(program, .setting(selection.field))
            }
        default: break
        }
        let names = FormScope.foreignNames.union(textNames)
        return .value(program, names.contains { program.references($0) } ? .foreign : .own)
    }
}
