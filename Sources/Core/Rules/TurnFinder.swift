import CEL

/// Finds the comparisons with `now` in a condition whose turning point can be computed.
///
/// Understood are `<`, `<=`, `>`, `>=` with `now`, `now - E`, `E - now`, `now + E` or `now - E` (E a duration) on one
/// side, and an expression without `now` on the other, outside of macros. Any other `now` makes the condition opaque.
struct TurnFinder {
    let environment: Environment
    private(set) var turns: [Program] = []
    private(set) var isOpaque = false

    init(environment: Environment) { self.environment = environment }

    mutating func visit(_ expression: Expression) {
        guard mentionsNow(expression) else { return }
        if case .binary(let comparison, let left, let right) = expression.kind, comparison.isOrdering {
            if let turn = turn(left, against: right) ?? turn(right, against: left) {
                turns.append(turn)
            } else {
                isOpaque = true
            }
            return
        }
        switch expression.kind {
        case .and, .or, .conditional, .unary(.not, _):
            for child in expression.children { visit(child) }
        default: isOpaque = true
        }
    }

    /// The instant at which `moving` crosses `fixed`, as an expression without `now`.
    private func turn(_ moving: Expression, against fixed: Expression) -> Program? {
        guard mentionsNow(moving), !mentionsNow(fixed) else { return nil }
        switch moving.kind {
        case .identifier("now", _): return compile(fixed)
        case .binary(.subtract, let left, let right) where left.isNow && !mentionsNow(right):
            // now - E crosses F when now is F + E, whether E is an instant or a duration.
            return compile(.binary(.add, fixed, right), like: fixed)
                ?? compile(.binary(.add, right, fixed), like: fixed)
        case .binary(.subtract, let left, let right) where right.isNow && !mentionsNow(left):
            // E - now crosses F when now is E - F.
            return compile(.binary(.subtract, left, fixed), like: fixed)
        case .binary(.add, let left, let right) where left.isNow && !mentionsNow(right):
            return compile(.binary(.subtract, fixed, right), like: fixed)
        case .binary(.add, let left, let right) where right.isNow && !mentionsNow(left):
            return compile(.binary(.subtract, fixed, left), like: fixed)
        default: return nil
        }
    }

    private func compile(_ kind: Expression.Kind, like origin: Expression) -> Program? {
        compile(Expression(kind: kind, range: origin.range))
    }

    /// Nil where the expression is no instant, for example because a macro's variable is not known outside of it.
    private func compile(_ expression: Expression) -> Program? {
        let compilation = environment.compile(expression: expression)
        guard
            compilation.resultType == .timestamp || compilation.resultType == .dyn
                || compilation.resultType == .nullable(.timestamp)
        else { return nil }
        return compilation.program
    }

    private func mentionsNow(_ expression: Expression) -> Bool {
        expression.isNow || expression.children.contains(where: mentionsNow)
    }
}

extension Expression {
    fileprivate var isNow: Bool {
        if case .identifier("now", _) = kind { return true }
        return false
    }
}

extension BinaryOperator {
    fileprivate var isOrdering: Bool {
        switch self {
        case .less, .lessOrEqual, .greater, .greaterOrEqual: true
        default: false
        }
    }
}
