/// Arithmetic and the unary minus.
final class ArithmeticNode: Node {
    private let operation: BinaryOperator
    private let left: any Node
    private let right: any Node
    private let range: Range<Int>

    init(_ operation: BinaryOperator, _ left: any Node, _ right: any Node, range: Range<Int>) {
        self.operation = operation
        self.left = left
        self.right = right
        self.range = range
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        let left = try left.value(&frame)
        let right = try right.value(&frame)
        do throws(EvaluationError) {
            switch operation {
            case .add: return try Arithmetic.add(left, right, &frame.meter)
            case .subtract: return try Arithmetic.subtract(left, right)
            case .multiply: return try Arithmetic.multiply(left, right)
            case .divide: return try Arithmetic.divide(left, right)
            default: return try Arithmetic.remainder(left, right)
            }
        } catch {
            throw error.found(at: range)
        }
    }
}

final class NegationNode: Node {
    private let operand: any Node

    init(_ operand: any Node) { self.operand = operand }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        try Arithmetic.negate(try operand.value(&frame))
    }
}

final class UnaryCallNode: Node {
    private let function: LibraryFunction.Unary
    private let argument: any Node
    private let range: Range<Int>

    init(_ function: @escaping LibraryFunction.Unary, _ argument: any Node, range: Range<Int>) {
        self.function = function
        self.argument = argument
        self.range = range
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        let argument = try argument.value(&frame)
        do throws(EvaluationError) {
            return try function(&frame.meter, argument)
        } catch {
            throw error.found(at: range)
        }
    }
}

final class BinaryCallNode: Node {
    private let function: LibraryFunction.Binary
    private let first: any Node
    private let second: any Node
    private let range: Range<Int>

    init(_ function: @escaping LibraryFunction.Binary, _ first: any Node, _ second: any Node, range: Range<Int>) {
        self.function = function
        self.first = first
        self.second = second
        self.range = range
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        let first = try first.value(&frame)
        let second = try second.value(&frame)
        do throws(EvaluationError) {
            return try function(&frame.meter, first, second)
        } catch {
            throw error.found(at: range)
        }
    }
}

final class VariadicCallNode: Node {
    private let function: LibraryFunction.Variadic
    private let arguments: [any Node]
    private let range: Range<Int>

    init(_ function: @escaping LibraryFunction.Variadic, _ arguments: [any Node], range: Range<Int>) {
        self.function = function
        self.arguments = arguments
        self.range = range
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        var values: [CELValue] = []
        values.reserveCapacity(arguments.count)
        for argument in arguments { values.append(try argument.value(&frame)) }
        do throws(EvaluationError) {
            return try function(&frame.meter, values)
        } catch {
            throw error.found(at: range)
        }
    }
}

/// `x.contains("text")` and its kin with a text that is known at load.
final class TextTestNode: BoolNode {
    enum Test: String {
        case contains, startsWith, endsWith
    }

    private let test: Test
    private let operand: any Node
    private let text: String
    private let range: Range<Int>

    init(_ test: Test, _ operand: any Node, _ text: String, range: Range<Int>) {
        self.test = test
        self.operand = operand
        self.text = text
        self.range = range
    }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        let value = try operand.value(&frame)
        guard case .string(let string) = value else {
            throw EvaluationError.noOverload(test.rawValue, value, .string(text)).found(at: range)
        }
        switch test {
        case .startsWith: return string.hasBytePrefix(text)
        case .endsWith: return string.hasByteSuffix(text)
        case .contains:
            try frame.meter.charge(bytes: string.utf8.count)
            return string.containsBytes(of: text)
        }
    }
}

/// `x.matches("pattern")` with a pattern that was compiled at load.
final class PatternNode: BoolNode {
    private let operand: any Node
    private let pattern: Pattern
    private let range: Range<Int>

    init(_ operand: any Node, _ pattern: Pattern, range: Range<Int>) {
        self.operand = operand
        self.pattern = pattern
        self.range = range
    }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        let value = try operand.value(&frame)
        guard case .string(let string) = value else {
            throw EvaluationError.noOverload("matches", value, .string("")).found(at: range)
        }
        try frame.meter.charge(bytes: string.utf8.count)
        return pattern.matches(string)
    }
}

/// `a.or(b)` and `a.orValue(b)`: b is evaluated only where a is empty.
final class OptionalElseNode: Node {
    private let operand: any Node
    private let alternative: any Node
    private let unwraps: Bool
    private let range: Range<Int>

    init(_ operand: any Node, else alternative: any Node, unwraps: Bool, range: Range<Int>) {
        self.operand = operand
        self.alternative = alternative
        self.unwraps = unwraps
        self.range = range
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        let value = try operand.value(&frame)
        guard case .optional(let content) = value else {
            throw EvaluationError.noOverload(unwraps ? "orValue" : "or", value).found(at: range)
        }
        if let content { return unwraps ? content : value }
        let alternative = try alternative.value(&frame)
        guard !unwraps else { return alternative }
        guard case .optional = alternative else {
            throw EvaluationError.noOverload("or", value, alternative).found(at: range)
        }
        return alternative
    }
}

/// `a.optMap(v, e)` and `a.optFlatMap(v, e)`
final class OptionalMapNode: Node {
    private let operand: any Node
    private let slot: Int
    private let body: any Node
    private let isFlat: Bool
    private let range: Range<Int>

    init(_ operand: any Node, slot: Int, body: any Node, isFlat: Bool, range: Range<Int>) {
        self.operand = operand
        self.slot = slot
        self.body = body
        self.isFlat = isFlat
        self.range = range
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        let value = try operand.value(&frame)
        guard case .optional(let content) = value else {
            throw EvaluationError.noOverload(isFlat ? "optFlatMap" : "optMap", value).found(at: range)
        }
        guard let content else { return value }
        frame.locals[slot] = content
        let result = try body.value(&frame)
        guard isFlat else { return .optional(result) }
        guard case .optional = result else { throw EvaluationError.noOverload("optFlatMap", result).found(at: range) }
        return result
    }
}
