/// Reading fields, keys and elements (language definition, section Field Selection).
extension CELValue {
    /// `value.field`: nil if it is not there.
    /// - Throws: `noMatchingOverload` where the value has no fields.
    @inline(__always)
    func field(_ name: String) throws(EvaluationError) -> CELValue? {
        switch self {
        case .map(let map): return map[name]
        case .record(let record): return record[name]
        default: throw EvaluationError(.noMatchingOverload, "\(kindName) has no field '\(name)'")
        }
    }

    /// `value[index]`: nil if it is not there.
    func element(at index: CELValue) throws(EvaluationError) -> CELValue? {
        switch self {
        case .list(let list):
            guard let position = index.listIndex else {
                throw EvaluationError.invalid("\(index.shortLiteral()) is no list index")
            }
            return list.indices.contains(position) ? list[position] : nil
        case .map(let map): return map[index]
        case .record(let record):
            guard case .string(let field) = index else { return nil }
            return record[field]
        default: throw EvaluationError.noOverload("_[_]", self, index)
        }
    }

    /// A whole number of any kind that fits; out of range counts as -1.
    private var listIndex: Int? {
        switch self {
        case .int(let value): Int(clamping: value)
        case .uint(let value): Int(clamping: value)
        case .double(let value): value.isNaN ? nil : Int(exactly: value)
        default: nil
        }
    }

    /// The error of reading a key that is not there.
    fileprivate func missing(_ key: CELValue, range: Range<Int>) -> EvaluationError {
        if case .list(let list) = self {
            return EvaluationError(
                .invalidArgument, "index out of bounds: \(key.shortLiteral()) in a list of \(list.count)", range: range)
        }
        return EvaluationError.noSuchKey(key.shortLiteral(), range: range)
    }
}

/// `a.b`. After an optional, the selection stays optional: what is not there is `optional.none()`.
final class FieldNode: Node {
    private let operand: any Node
    private let field: String
    private let range: Range<Int>

    init(_ operand: any Node, _ field: String, range: Range<Int>) {
        self.operand = operand
        self.field = field
        self.range = range
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        try Self.select(field, from: try operand.value(&frame), range: range)
    }

    static func select(
        _ field: String, from value: CELValue, range: Range<Int>
    ) throws(EvaluationError) -> CELValue {
        do throws(EvaluationError) {
            if case .optional(let content) = value { return .optional(try content?.field(field)) }
            guard let content = try value.field(field) else { throw EvaluationError.noSuchKey(field.celQuoted) }
            return content
        } catch {
            throw error.found(at: range)
        }
    }
}

/// `self.status`, where the kind of `self` is declared: a record of that kind is read by position.
final class VariableFieldNode: Node {
    private let slot: Int
    private let shape: RecordShape
    private let index: Int
    private let general: FieldNode
    private let range: Range<Int>

    init(_ variable: VariableNode, shape: RecordShape, index: Int, range: Range<Int>) {
        slot = variable.slot
        self.shape = shape
        self.index = index
        self.range = range
        general = FieldNode(variable, shape.fields[index], range: range)
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        guard case .record(let record)? = frame.variables[slot], record.shape === shape else {
            return try general.value(&frame)
        }
        guard let value = record.values[index] else {
            throw EvaluationError.noSuchKey(shape.fields[index].celQuoted, range: range)
        }
        return value
    }
}

/// `self.cost.amount`: the same for a record inside another, or one of a list.
final class RecordFieldNode: Node {
    private let operand: any Node
    private let shape: RecordShape
    private let index: Int
    private let range: Range<Int>

    init(_ operand: any Node, shape: RecordShape, index: Int, range: Range<Int>) {
        self.operand = operand
        self.shape = shape
        self.index = index
        self.range = range
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        let value = try operand.value(&frame)
        if case .record(let record) = value, record.shape === shape, let content = record.values[index] {
            return content
        }
        return try FieldNode.select(shape.fields[index], from: value, range: range)
    }
}

/// `a.?b`
final class OptionalFieldNode: Node {
    private let operand: any Node
    private let field: String
    private let range: Range<Int>

    init(_ operand: any Node, _ field: String, range: Range<Int>) {
        self.operand = operand
        self.field = field
        self.range = range
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        let value = try operand.value(&frame)
        do throws(EvaluationError) {
            guard case .optional(let content) = value else { return .optional(try value.field(field)) }
            return .optional(try content?.field(field))
        } catch {
            throw error.found(at: range)
        }
    }
}

/// `a[i]` and `a[?i]`
final class IndexNode: Node {
    private let operand: any Node
    private let index: any Node
    private let isOptional: Bool
    private let range: Range<Int>

    init(_ operand: any Node, _ index: any Node, isOptional: Bool, range: Range<Int>) {
        self.operand = operand
        self.index = index
        self.isOptional = isOptional
        self.range = range
    }

    func value(_ frame: inout Frame) throws(EvaluationError) -> CELValue {
        let value = try operand.value(&frame)
        if case .optional(nil) = value { return value }
        let index = try index.value(&frame)
        do throws(EvaluationError) {
            if case .optional(let content?) = value { return .optional(try content.element(at: index)) }
            let element = try value.element(at: index)
            if isOptional { return .optional(element) }
            guard let element else { throw value.missing(index, range: range) }
            return element
        } catch {
            throw error.found(at: range)
        }
    }
}

/// `has(a.b)`: whether the key is there, also with a null; an error where `a` has no fields.
final class PresenceNode: BoolNode {
    private let operand: any Node
    private let field: String
    private let range: Range<Int>

    init(_ operand: any Node, _ field: String, range: Range<Int>) {
        self.operand = operand
        self.field = field
        self.range = range
    }

    func bool(_ frame: inout Frame) throws(EvaluationError) -> Bool {
        var value = try operand.value(&frame)
        if case .optional(let content) = value {
            guard let content else { return false }
            value = content
        }
        do throws(EvaluationError) {
            return try value.field(field) != nil
        } catch {
            throw error.found(at: range)
        }
    }
}
