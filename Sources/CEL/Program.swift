/// A compiled expression, to be evaluated any number of times, from any thread.
package final class Program: Sendable {
    /// The source text; of a part of another program, what it unparses to.
    package let text: String
    package let expression: Expression
    package let resultType: CELType
    private let root: any Node
    private let localCount: Int
    private let scope: Scope
    private let limits: Limits

    init(_ expression: Expression, text: String, resultType: CELType, scope: Scope, limits: Limits) {
        var planner = Planner(scope: scope, limits: limits)
        root = planner.plan(expression)
        localCount = planner.localCount
        self.text = text
        self.expression = expression
        self.resultType = resultType
        self.scope = scope
        self.limits = limits
    }

    /// The value, where it depends on no variable.
    package var constant: CELValue? { root.constant }

    package func references(_ variable: String) -> Bool { expression.references(variable) }

    /// - Parameter activation: of the environment that compiled the program, or one with the same variables.
    /// - Throws: the rule's outcome is unknown.
    package func evaluate(_ activation: Activation) throws(EvaluationError) -> CELValue {
        var frame = frame(activation)
        let value = try root.value(&frame)
        try value.checkSize(limits)
        return value
    }

    /// For conditions; a value that is no bool is a `noMatchingOverload`.
    package func evaluateBool(_ activation: Activation) throws(EvaluationError) -> Bool {
        var frame = frame(activation)
        return try root.bool(&frame)
    }

    /// Evaluates once more, slower, and keeps the value of every part.
    package func trace(_ activation: Activation) -> (result: Result<CELValue, EvaluationError>, trace: Trace) {
        var planner = Planner(scope: scope, limits: limits, isTracing: true)
        let node = planner.plan(expression)
        let recorder = TraceRecorder()
        var frame = Frame(
            variables: variables(activation), locals: Array(repeating: nil, count: planner.localCount),
            meter: CostMeter(limits), recorder: recorder)
        do throws(EvaluationError) {
            let value = try node.value(&frame)
            try value.checkSize(limits)
            return (.success(value), Trace(expression, recorder))
        } catch {
            return (.failure(error), Trace(expression, recorder))
        }
    }

    @inline(__always)
    private func frame(_ activation: Activation) -> Frame {
        Frame(
            variables: variables(activation), locals: localCount == 0 ? [] : Array(repeating: nil, count: localCount),
            meter: CostMeter(limits), recorder: nil)
    }

    /// An activation of another environment is read by name.
    @inline(__always)
    private func variables(_ activation: Activation) -> [CELValue?] {
        activation.scope === scope ? activation.values : scope.names.map { activation[$0] }
    }
}

extension CELValue {
    /// A value can share its parts, and so be short to make and endless to print.
    fileprivate func checkSize(_ limits: Limits) throws(EvaluationError) {
        var remaining = limits.resultElements
        try count(&remaining)
    }

    private func count(_ remaining: inout Int) throws(EvaluationError) {
        switch self {
        case .list(let list):
            remaining -= list.count
            if remaining < 0 { throw EvaluationError.resultTooLarge }
            for element in list { try element.count(&remaining) }
        case .map(let map):
            remaining -= map.count
            if remaining < 0 { throw EvaluationError.resultTooLarge }
            for entry in map.entries { try entry.value.count(&remaining) }
        case .optional(let value?): try value.count(&remaining)
        default: return
        }
    }
}
