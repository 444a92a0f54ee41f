import ArgumentParser
import CEL
import Core
import Engine

/// `auspex eval`: what does this expression say?
struct EvalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval", abstract: "Evaluates a CEL expression and prints its value.",
        discussion: """
            Examples:
              auspex eval '[1, 2, 3].map(x, x * 2)'
              auspex eval --let n=5u 'n + 1u'
              auspex eval --generation failed.json --trace 'self.status == "failed" && self.duration_ms > 1000'

            A file gives `self` and the other names that rules have. Values of --let are expressions themselves, and may use
            those before them.
            """)

    @Option(name: .long, help: "NAME=EXPR: a variable.")
    var `let`: [String] = []
    @Option(name: .long, help: "A generation as the API sends it, a JSON file: `self`.")
    var generation: String?
    @Option(name: .long, help: "A character as the API sends it, a JSON file: `self`.")
    var character: String?
    @Option(name: .long, help: "A callback as a webhook received it, a JSON file: `notification`.")
    var notification: String?
    @Flag(name: .long, help: "Skip the type checker.")
    var unchecked = false
    @Flag(name: .long, help: "Also print the value of every part.")
    var trace = false
    @Flag(name: .long, help: "Print the value as JSON.")
    var json = false
    @Argument(help: "The expression.")
    var expression: String

    func validate() throws {
        if [generation, character, notification].count(where: { $0 != nil }) > 1 {
            throw ValidationError("give one file: a generation, a character or a notification")
        }
    }

    func run() throws {
        let bindings = try `let`.map { definition in
            guard let binding = ExpressionEvaluation.Binding(definition) else {
                throw Failure(.usage, "--let wants NAME=EXPR, not '\(definition)'")
            }
            return binding
        }
        let evaluation = ExpressionEvaluation(
            expression, bindings: bindings, variables: try variables(), checked: !unchecked, traced: trace)
        for remark in evaluation.remarks {
            Console.error(remark.diagnostic.render(file: EvalCommand.place(remark.binding), text: remark.text))
        }
        if case .success(let value)? = evaluation.result {
            Console.output(json ? JSON.serialize(value) : value.literal)
        }
        if let record = evaluation.trace { Console.output(record.text) }
        switch evaluation.result {
        case .success: return
        case .failure(let error): throw failure(error, in: evaluation, bindings: bindings)
        case nil: throw Failure(.input)
        }
    }

    private static func place(_ binding: String?) -> String { binding.map { "--let \($0)" } ?? "expression" }

    private func failure(
        _ error: EvaluationError, in evaluation: ExpressionEvaluation, bindings: [ExpressionEvaluation.Binding]
    ) -> Failure {
        guard let range = error.range else { return Failure(.input, error.message) }
        let text = bindings.first { $0.name == evaluation.failedBinding }?.expression ?? expression
        Console.error(
            Diagnostic(.error, error.message, range: range)
                .render(file: EvalCommand.place(evaluation.failedBinding), text: text))
        return Failure(.input)
    }

    /// The names that a file gives.
    private func variables() throws -> [ExpressionEvaluation.Variable] {
        if let path = notification {
            let (record, misfits) = ResourceSchema.notificationRecord(callback: try read(path))
            tell(misfits, of: path)
            let type = CELType.object(ResourceSchema.notification.objectType)
            return [ExpressionEvaluation.Variable(name: "notification", type: type, value: .record(record))]
        }
        guard let path = generation ?? character else { return [] }
        let kind: ResourceKind = generation != nil ? .generation : .character
        let now = Composition.now()
        let (view, misfits) = ResourceView.alone(try read(path), kind: kind, now: now)
        tell(misfits, of: path)
        let variables = RuleVariables.declarations(for: kind).variables
        return zip(variables, view.values(now: now)).compactMap { variable, value in
            value.map { ExpressionEvaluation.Variable(name: variable.name, type: variable.type, value: $0) }
        }
    }

    private func tell(_ misfits: [String], of path: String) {
        for misfit in misfits { Console.error("\(path): the field `\(misfit)` is of another type than documented") }
    }

    private func read(_ path: String) throws -> CELValue {
        let raw: CELValue
        do {
            raw = try JSON.parse(try FileAccess.text(of: path))
        } catch let problem as SecretProblem {
            throw Failure(.input, problem.message)
        } catch {
            throw Failure(.input, "\(path): \(error)")
        }
        guard case .map = raw else { throw Failure(.input, "\(path): this is no JSON object") }
        return raw
    }
}
