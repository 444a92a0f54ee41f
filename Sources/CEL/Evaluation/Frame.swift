/// What one evaluation reads and writes.
struct Frame {
    let variables: [CELValue?]
    /// The variables of macros, each in a place of its own; nil where a lazy one has no value yet.
    var locals: [CELValue?]
    var meter: CostMeter
    var recorder: TraceRecorder?
    /// Why lazy variables have no value, by place. Without it a chain of them would fail ever again, each twice as
    /// often as the one before.
    var failures: [Int: EvaluationError] = [:]
}

/// One operation of a planned program.
protocol Node: AnyObject, Sendable {
    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue
    /// The value where a bool is needed; anything else is an error.
    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool
    var constant: CELValue? { get }
}

extension Node {
    @inline(__always)
    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        let value = try value(&frame)
        guard case .bool(let bool) = value else { throw EvaluationError.notBool(value) }
        return bool
    }

    var constant: CELValue? { nil }
}

/// A node whose answer is always a bool.
protocol BoolNode: Node {}

extension BoolNode {
    @inline(__always)
    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue { .bool(try bool(&frame)) }
}

final class ConstantNode: Node {
    private let content: CELValue

    init(_ content: CELValue) { self.content = content }

    var constant: CELValue? { content }
    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue { content }
}

/// What cannot be planned fails when it is reached, since `&&` and `||` may make it irrelevant.
final class FailureNode: Node {
    private let error: EvaluationError

    init(_ error: EvaluationError) { self.error = error }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue { throw error }
}

final class VariableNode: Node {
    let slot: Int
    private let name: String
    private let range: Range<Int>

    init(slot: Int, name: String, range: Range<Int>) {
        self.slot = slot
        self.name = name
        self.range = range
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        guard let value = frame.variables[slot] else {
            throw EvaluationError(.unboundVariable, "'\(name)' has no value here", range: range)
        }
        return value
    }
}

final class LocalNode: Node {
    private let slot: Int

    init(slot: Int) { self.slot = slot }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue { frame.locals[slot] ?? .null }
}

/// A variable of `cel.bind` or `cel.block`: evaluated when first used, and only once.
final class LazyNode: Node {
    private let slot: Int
    private let initializer: any Node
    private let cost: Int

    init(slot: Int, initializer: any Node, cost: Int) {
        self.slot = slot
        self.initializer = initializer
        self.cost = cost
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        if let value = frame.locals[slot] { return value }
        if let failure = frame.failures[slot] { throw failure }
        try frame.meter.charge(cost)
        do throws(EvaluationError) {
            let value = try initializer.value(&frame)
            frame.locals[slot] = value
            return value
        } catch {
            frame.failures[slot] = error
            throw error
        }
    }
}

/// Forgets the lazy variables, since an enclosing macro may have gone on, and evaluates the body.
final class BindNode: Node {
    private let slots: [Int]
    private let body: any Node

    init(slots: [Int], body: any Node) {
        self.slots = slots
        self.body = body
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        for slot in slots {
            frame.locals[slot] = nil
            if !frame.failures.isEmpty { frame.failures[slot] = nil }
        }
        return try body.value(&frame)
    }
}
