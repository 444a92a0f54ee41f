/// The lists and sets extensions of cel-go.
extension StandardLibrary {
    private static let t = CELType.parameter("T")
    private static let comparable: [CELType] = [.int, .uint, .double, .bool, .duration, .timestamp, .string, .bytes]

    static let lists: [LibraryFunction] = [
        .member(
            "slice", [([.list(t), .int, .int], .list(t))],
            .variadic { (meter, arguments) throws(EvaluationError) in
                guard case .list(let list) = arguments[0], case .int(let start) = arguments[1],
                    case .int(let end) = arguments[2]
                else { throw EvaluationError.noOverload("slice", arguments[0], arguments[1], arguments[2]) }
                guard start >= 0, start <= end, end <= list.count else {
                    throw EvaluationError.invalid("cannot slice(\(start), \(end)): the list has \(list.count) elements")
                }
                try meter.charge(Int(end - start))
                return .list(Array(list[Int(start)..<Int(end)]))
            }),
        .member(
            "flatten", [([.list(.list(t))], .list(t))],
            .unary { (meter, value) throws(EvaluationError) in
                guard case .list(let list) = value else { throw EvaluationError.noOverload("flatten", value) }
                return .list(try flatten(list, depth: 1, &meter))
            }),
        .member(
            "flatten", [([.list(.dyn), .int], .list(.dyn))],
            .binary { (meter, value, depth) throws(EvaluationError) in
                guard case .list(let list) = value, case .int(let levels) = depth else {
                    throw EvaluationError.noOverload("flatten", value, depth)
                }
                guard levels >= 0 else { throw EvaluationError.invalid("flatten: level must be non-negative") }
                return .list(try flatten(list, depth: levels, &meter))
            }),
        .member(
            "sort", comparable.map { ([.list($0)], .list($0)) },
            .unary { (meter, value) throws(EvaluationError) in
                guard case .list(let list) = value else { throw EvaluationError.noOverload("sort", value) }
                return .list(try sort(list, by: list, &meter))
            }),
        .member(
            "distinct", [([.list(t)], .list(t))],
            .unary { (meter, value) throws(EvaluationError) in
                guard case .list(let list) = value else { throw EvaluationError.noOverload("distinct", value) }
                var result: [CELValue] = []
                for element in list where try !contains(element, in: result, &meter) { result.append(element) }
                return .list(result)
            }),
        .member(
            "reverse", [([.list(t)], .list(t)), ([.string], .string)],
            .unary { (meter, value) throws(EvaluationError) in
                switch value {
                case .list(let list):
                    try meter.charge(list.count)
                    return .list(list.reversed())
                case .string(let text):
                    try meter.charge(text.utf8.count)
                    return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
                default: throw EvaluationError.noOverload("reverse", value)
                }
            }),
        .global(
            "lists.range", [([.int], .list(.int))],
            .unary { (meter, value) throws(EvaluationError) in
                guard case .int(let count) = value else { throw EvaluationError.noOverload("lists.range", value) }
                guard count >= 0 else { throw EvaluationError.invalid("lists.range: size must be non-negative") }
                try meter.charge(Int(clamping: count))
                return .list((0..<count).map { .int($0) })
            }),
        .member(
            "first", [([.list(t)], .optional(t))],
            .unary { (_, value) throws(EvaluationError) in
                guard case .list(let list) = value else { throw EvaluationError.noOverload("first", value) }
                return .optional(list.first)
            }),
        .member(
            "last", [([.list(t)], .optional(t))],
            .unary { (_, value) throws(EvaluationError) in
                guard case .list(let list) = value else { throw EvaluationError.noOverload("last", value) }
                return .optional(list.last)
            }),
    ]

    static let sets: [LibraryFunction] = [
        set("sets.contains") { (meter, list, part) throws(EvaluationError) in
            try containsAll(of: part, in: list, &meter)
        },
        set("sets.equivalent") { (meter, list, other) throws(EvaluationError) in
            guard try containsAll(of: other, in: list, &meter) else { return false }
            return try containsAll(of: list, in: other, &meter)
        },
        set("sets.intersects") { (meter, list, other) throws(EvaluationError) in
            for element in list where try contains(element, in: other, &meter) { return true }
            return false
        },
    ]

    private static func set(
        _ name: String,
        _ body: @escaping @Sendable (inout CostMeter, [CELValue], [CELValue]) throws(EvaluationError) -> Bool
    ) -> LibraryFunction {
        .global(
            name, [([.list(t), .list(t)], .bool)],
            .binary { (meter, left, right) throws(EvaluationError) in
                guard case .list(let list) = left, case .list(let other) = right else {
                    throw EvaluationError.noOverload(name, left, right)
                }
                return .bool(try body(&meter, list, other))
            })
    }

    static func contains(
        _ wanted: CELValue, in list: [CELValue], _ meter: inout CostMeter
    ) throws(EvaluationError) -> Bool {
        try meter.charge(list.count)
        for element in list where try element.celEquals(wanted, &meter) { return true }
        return false
    }

    private static func containsAll(
        of part: [CELValue], in list: [CELValue], _ meter: inout CostMeter
    ) throws(EvaluationError) -> Bool {
        for element in part where try !contains(element, in: list, &meter) { return false }
        return true
    }

    private static func flatten(
        _ list: [CELValue], depth: Int64, _ meter: inout CostMeter
    ) throws(EvaluationError) -> [CELValue] {
        try meter.charge(list.count)
        var result: [CELValue] = []
        for element in list {
            if depth > 0, case .list(let inner) = element {
                result += try flatten(inner, depth: depth - 1, &meter)
            } else {
                result.append(element)
            }
        }
        return result
    }

    /// The elements in the order of their keys, which must all be of one comparable kind. Stable.
    static func sort(
        _ list: [CELValue], by keys: [CELValue], _ meter: inout CostMeter
    ) throws(EvaluationError) -> [CELValue] {
        guard let first = keys.first else { return [] }
        let depth = Int.bitWidth - list.count.leadingZeroBitCount
        try meter.charge(list.count * depth)
        guard comparable.contains(first.type), keys.allSatisfy({ $0.type == first.type }) else {
            throw EvaluationError(.noMatchingOverload, "sort: the elements must be of one kind that can be compared")
        }
        var failure: EvaluationError?
        let order = keys.indices.sorted { left, right in
            do throws(EvaluationError) {
                switch try keys[left].order(relativeTo: keys[right], "sort") {
                case .less: return true
                case .greater: return false
                case .equal, .unordered: return left < right
                }
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        return order.map { list[$0] }
    }
}
