/// What an expression means by `==` and `<` (language definition, sections Equality and Ordering).
extension CELValue {
    /// CEL's `==`: never an error, different kinds are unequal, numbers of all kinds share one line, NaN equals
    /// nothing.
    ///
    /// Values may share their parts, so that a small one takes long to walk: within evaluation the metered form is
    /// used.
    package func celEquals(_ other: CELValue) -> Bool {
        var meter = CostMeter(.standard)
        return (try? celEquals(other, &meter)) ?? false
    }

    func celEquals(_ other: CELValue, _ meter: inout CostMeter) throws(EvaluationError) -> Bool {
        switch (self, other) {
        case (.string(let a), .string(let b)): return a.hasSameBytes(as: b)
        case (.int(let a), .int(let b)): return a == b
        case (.bool(let a), .bool(let b)): return a == b
        case (.null, .null): return true
        case (.double(let a), .double(let b)): return a == b
        case (.uint(let a), .uint(let b)): return a == b
        case (.timestamp(let a), .timestamp(let b)): return a == b
        case (.duration(let a), .duration(let b)): return a == b
        case (.bytes(let a), .bytes(let b)): return a == b
        case (.list(let a), .list(let b)): return try Self.equal(a, b, &meter)
        case (.map(let a), .map(let b)): return try Self.equal(a, b, &meter)
        case (.record(let a), .record(let b)): return a === b ? true : try Self.equal(a.map, b.map, &meter)
        case (.record(let a), .map(let b)): return try Self.equal(a.map, b, &meter)
        case (.map(let a), .record(let b)): return try Self.equal(a, b.map, &meter)
        case (.type(let a), .type(let b)): return a.runtimeName == b.runtimeName
        case (.optional(nil), .optional(nil)): return true
        case (.optional(let a?), .optional(let b?)): return try a.celEquals(b, &meter)
        case (.address(let a), .address(let b)): return a == b
        case (.network(let a), .network(let b)): return a == b
        default: return Number(self).flatMap { a in Number(other).map { b in a.compared(to: b) == .equal } } ?? false
        }
    }

    private static func equal(
        _ left: [CELValue], _ right: [CELValue], _ meter: inout CostMeter
    ) throws(EvaluationError) -> Bool {
        guard left.count == right.count else { return false }
        try meter.charge(left.count)
        for index in left.indices where try !left[index].celEquals(right[index], &meter) { return false }
        return true
    }

    private static func equal(
        _ left: CELMap, _ right: CELMap, _ meter: inout CostMeter
    ) throws(EvaluationError) -> Bool {
        guard left.count == right.count else { return false }
        try meter.charge(left.count)
        for entry in left.entries {
            guard let value = right[entry.key], try entry.value.celEquals(value, &meter) else { return false }
        }
        return true
    }

    /// CEL's `<` and its kin. `unordered` is NaN beside a number.
    /// - Throws: `noMatchingOverload` where the kinds have no common order.
    func order(relativeTo other: CELValue, _ function: String) throws(EvaluationError) -> Order {
        switch (self, other) {
        case (.int(let a), .int(let b)): return Order(a, b)
        case (.timestamp(let a), .timestamp(let b)): return Order(a, b)
        case (.duration(let a), .duration(let b)): return Order(a, b)
        case (.string(let a), .string(let b)):
            let difference = a.withBytes { left in b.withBytes { right in compareBytes(left, right) } }
            return Order(difference, 0)
        case (.bytes(let a), .bytes(let b)):
            let difference = a.withUnsafeBufferPointer { left in
                b.withUnsafeBufferPointer { right in compareBytes(left, right) }
            }
            return Order(difference, 0)
        case (.bool(let a), .bool(let b)): return Order(a ? 1 : 0, b ? 1 : 0)
        default:
            guard let a = Number(self), let b = Number(other) else {
                throw EvaluationError.noOverload(function, self, other)
            }
            return a.compared(to: b)
        }
    }
}

/// The outcome of a comparison.
enum Order {
    case less, equal, greater, unordered

    @inline(__always)
    init<Value: Comparable>(_ left: Value, _ right: Value) {
        self = left < right ? .less : left == right ? .equal : .greater
    }

    var reversed: Order {
        switch self {
        case .less: .greater
        case .greater: .less
        case .equal, .unordered: self
        }
    }
}

/// An int, uint or double on one line.
enum Number {
    case int(Int64)
    case uint(UInt64)
    case double(Double)

    init?(_ value: CELValue) {
        switch value {
        case .int(let value): self = .int(value)
        case .uint(let value): self = .uint(value)
        case .double(let value): self = .double(value)
        default: return nil
        }
    }

    /// Against a double, an integer is compared as double once the double is known to be within the integer's range:
    /// the reference implementations agree on this, although 2^63 - 1 and 2^63 are then equal.
    func compared(to other: Number) -> Order {
        switch (self, other) {
        case (.int(let a), .int(let b)): return Order(a, b)
        case (.uint(let a), .uint(let b)): return Order(a, b)
        case (.double(let a), .double(let b)): return a.isNaN || b.isNaN ? .unordered : Order(a, b)
        case (.int(let a), .uint(let b)): return a < 0 ? .less : Order(UInt64(a), b)
        case (.uint, .int): return other.compared(to: self).reversed
        case (.int(let a), .double(let b)):
            if b.isNaN { return .unordered }
            if b < -0x1p63 { return .greater }
            return b > 0x1p63 ? .less : Order(Double(a), b)
        case (.uint(let a), .double(let b)):
            if b.isNaN { return .unordered }
            if b < 0 { return .greater }
            return b > 0x1p64 ? .less : Order(Double(a), b)
        case (.double, .int), (.double, .uint): return other.compared(to: self).reversed
        }
    }
}
