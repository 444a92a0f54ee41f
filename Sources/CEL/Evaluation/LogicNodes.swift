/// `&&`: false if any operand is, whatever fails (language definition, section Logical Operators).
final class AndNode: BoolNode {
    private let operands: [any Node]

    init(_ operands: [any Node]) { self.operands = operands }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        var failure: EvaluationError?
        for operand in operands {
            do throws(EvaluationError) {
                if try !operand.bool(&frame) { return false }
            } catch {
                try error.absorb(into: &failure)
            }
        }
        if let failure { throw failure }
        return true
    }
}

/// `||`: true if any operand is, whatever fails.
final class OrNode: BoolNode {
    private let operands: [any Node]

    init(_ operands: [any Node]) { self.operands = operands }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        var failure: EvaluationError?
        for operand in operands {
            do throws(EvaluationError) {
                if try operand.bool(&frame) { return true }
            } catch {
                try error.absorb(into: &failure)
            }
        }
        if let failure { throw failure }
        return false
    }
}

extension EvaluationError {
    /// Keeps the first error for later. An exceeded limit ends the evaluation at once.
    @inline(never)
    func absorb(into failure: inout EvaluationError?) throws(EvaluationError) {
        if kind == .costLimit { throw self }
        if failure == nil { failure = self }
    }
}

final class NotNode: BoolNode {
    private let operand: any Node

    init(_ operand: any Node) { self.operand = operand }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool { try !operand.bool(&frame) }
}

final class ConditionalNode: Node {
    private let condition: any Node
    private let first: any Node
    private let second: any Node

    init(_ condition: any Node, _ first: any Node, _ second: any Node) {
        self.condition = condition
        self.first = first
        self.second = second
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        try condition.bool(&frame) ? try first.value(&frame) : try second.value(&frame)
    }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        try condition.bool(&frame) ? try first.bool(&frame) : try second.bool(&frame)
    }
}

/// `==` and `!=`.
final class EqualityNode: BoolNode {
    private let left: any Node
    private let right: any Node
    private let isNegated: Bool

    init(_ left: any Node, _ right: any Node, isNegated: Bool) {
        self.left = left
        self.right = right
        self.isNegated = isNegated
    }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        let left = try left.value(&frame)
        let right = try right.value(&frame)
        return try left.celEquals(right, &frame.meter) != isNegated
    }
}

/// `x == "text"`, the most usual condition of all.
final class TextEqualityNode: BoolNode {
    private let operand: any Node
    private let text: String
    private let isNegated: Bool

    init(_ operand: any Node, _ text: String, isNegated: Bool) {
        self.operand = operand
        self.text = text
        self.isNegated = isNegated
    }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        guard case .string(let value) = try operand.value(&frame) else { return isNegated }
        return value.hasSameBytes(as: text) != isNegated
    }
}

/// `<`, `<=`, `>` and `>=`.
final class OrderNode: BoolNode {
    private let left: any Node
    private let right: any Node
    private let operation: BinaryOperator
    private let range: Range<Int>

    init(_ operation: BinaryOperator, _ left: any Node, _ right: any Node, range: Range<Int>) {
        self.operation = operation
        self.range = range
        self.left = left
        self.right = right
    }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        let left = try left.value(&frame)
        let right = try right.value(&frame)
        let order: Order
        do throws(EvaluationError) {
            order = try left.order(relativeTo: right, operation.function)
        } catch {
            throw error.found(at: range)
        }
        return switch operation {
        case .less: order == .less
        case .lessOrEqual: order == .less || order == .equal
        case .greater: order == .greater
        default: order == .greater || order == .equal
        }
    }
}

/// `x in list`, `key in map`.
final class MembershipNode: BoolNode {
    private let element: any Node
    private let range: any Node

    init(_ element: any Node, _ range: any Node) {
        self.element = element
        self.range = range
    }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        let element = try element.value(&frame)
        let range = try range.value(&frame)
        switch range {
        case .list(let list): return try StandardLibrary.contains(element, in: list, &frame.meter)
        case .map(let map): return map[element] != nil
        case .record(let record):
            guard case .string(let field) = element else { return false }
            return record[field] != nil
        default: throw EvaluationError.noOverload("@in", element, range)
        }
    }
}

/// `x in ["a", "b"]`
final class TextMembershipNode: BoolNode {
    private let element: any Node
    private let texts: [String]

    init(_ element: any Node, _ texts: [String]) {
        self.element = element
        self.texts = texts
    }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        guard case .string(let value) = try element.value(&frame) else { return false }
        for text in texts where value.hasSameBytes(as: text) { return true }
        return false
    }
}
