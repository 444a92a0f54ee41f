package import CEL

/// What a measure does with the resources of a window.
package enum MeasureFunction: Sendable, Equatable {
    /// How many there are, and how many in a second.
    case count, rate
    case sum, avg, min, max, distinct
    /// The value below which this part of all lies, from 0 to 1; between two values on the straight line between them.
    case quantile(Double)

    /// The names by which rules call them.
    package static let names = ["count", "sum", "avg", "min", "max", "distinct", "quantile", "rate"]
}

/// One entry of a rule's `measure:`: a function, the resources that it is over, and the value that it takes of each.
package struct Measure: Sendable {
    package let name: String
    package let function: MeasureFunction
    /// Which resources count; nil for all.
    package let condition: Program?
    /// What is taken of each; nil for `count` and `rate`.
    package let value: Program?
    /// The type of what it gives.
    package let resultType: CELType
    /// As the author wrote it.
    package let text: String
    /// Whether it asks about resources that disappeared.
    let asksForGone: Bool
    /// Whether its values are summed as int; else as double.
    let isWhole: Bool

    init(
        name: String, function: MeasureFunction, condition: Program?, value: Program?, resultType: CELType, text: String
    ) {
        self.name = name
        self.function = function
        self.condition = condition
        self.value = value
        self.resultType = resultType
        self.text = text
        asksForGone = [condition, value].contains { $0?.expression.asksForGone ?? false }
        isWhole = value?.resultType.nonNull == .int
    }

    /// A value in the form in which it is kept; nil where there is none.
    /// - Throws: it is no value that the function takes.
    func admitted(_ value: CELValue) throws(EvaluationError) -> CELValue? {
        if case .null = value { return nil }
        if case .double(let number) = value, number.isNaN { throw Measure.unusable("NaN", name) }
        switch function {
        case .count, .rate: return value
        case .distinct: return value
        case .min, .max:
            guard RankedValue(value) != nil else { throw Measure.unusable(value.type.description, name) }
            return value
        case .sum, .avg, .quantile:
            switch value {
            case .int(let number): return isWhole ? value : .double(Double(number))
            case .uint(let number): return .double(Double(number))
            case .double: return value
            default: throw Measure.unusable(value.type.description, name)
            }
        }
    }

    private static func unusable(_ what: String, _ name: String) -> EvaluationError {
        EvaluationError(.noMatchingOverload, "the measure '\(name)' cannot take \(what)")
    }
}

extension Expression {
    /// Whether `self.gone` is asked for.
    fileprivate var asksForGone: Bool {
        if case .select(let selection) = kind, selection.field == "gone",
            case .identifier("self", _) = selection.operand.kind
        {
            return true
        }
        return children.contains(where: \.asksForGone)
    }
}

/// A value that has a place among others: numbers among numbers, texts among texts.
struct RankedValue: Comparable, Sendable {
    let value: CELValue

    /// Nil for what has no order.
    init?(_ value: CELValue) {
        switch value {
        case .bool, .int, .uint, .string, .timestamp, .duration: self.value = value
        case .double(let number) where !number.isNaN: self.value = value
        default: return nil
        }
    }

    static func == (left: RankedValue, right: RankedValue) -> Bool { left.value.celEquals(right.value) }

    static func < (left: RankedValue, right: RankedValue) -> Bool {
        switch (left.value, right.value) {
        case (.int(let one), .int(let other)): one < other
        case (.double(let one), .double(let other)): one < other
        case (.string(let one), .string(let other)): one.utf8.lexicographicallyPrecedes(other.utf8)
        case (.timestamp(let one), .timestamp(let other)): one < other
        case (.duration(let one), .duration(let other)): one.nanoseconds < other.nanoseconds
        case (.bool(let one), .bool(let other)): !one && other
        case (.uint(let one), .uint(let other)): one < other
        default: (left.rank, left.number) < (right.rank, right.number)
        }
    }

    /// Values without a type can be of several kinds; each has its place.
    private var rank: Int {
        switch value {
        case .bool: 0
        case .int, .uint, .double: 1
        case .timestamp: 2
        case .duration: 3
        default: 4
        }
    }

    private var number: Double {
        switch value {
        case .int(let number): Double(number)
        case .uint(let number): Double(number)
        case .double(let number): number
        default: 0
        }
    }
}
