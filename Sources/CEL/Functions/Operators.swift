/// The operators as functions: what the checker needs to know of them.
enum Operators {
    private static let a = CELType.parameter("A")
    private static let b = CELType.parameter("B")
    private static let ordered: [CELType] = [.bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration]

    static let overloads: [String: [Overload]] = [
        "_+_": table([
            (.int, .int, .int), (.uint, .uint, .uint), (.double, .double, .double), (.string, .string, .string),
            (.bytes, .bytes, .bytes), (.list(a), .list(a), .list(a)), (.timestamp, .duration, .timestamp),
            (.duration, .timestamp, .timestamp), (.duration, .duration, .duration),
        ]),
        "_-_": table([
            (.int, .int, .int), (.uint, .uint, .uint), (.double, .double, .double), (.timestamp, .timestamp, .duration),
            (.timestamp, .duration, .timestamp), (.duration, .duration, .duration),
        ]),
        "_*_": table([(.int, .int, .int), (.uint, .uint, .uint), (.double, .double, .double)]),
        "_/_": table([(.int, .int, .int), (.uint, .uint, .uint), (.double, .double, .double)]),
        "_%_": table([(.int, .int, .int), (.uint, .uint, .uint)]),
        "_==_": table([(a, a, .bool)]),
        "_!=_": table([(a, a, .bool)]),
        "_<_": order, "_<=_": order, "_>_": order, "_>=_": order,
        "@in": table([(a, .list(a), .bool), (a, .map(a, b), .bool)]),
        "-_": [CELType.int, .double, .duration].map { Overload(parameters: [$0], result: $0) },
        "!_": [Overload(parameters: [.bool], result: .bool)],
    ]

    /// Kinds compare with themselves, and numbers with numbers of all kinds.
    private static let order: [Overload] = {
        let numbers: [CELType] = [.int, .uint, .double]
        let mixed = numbers.flatMap { left in numbers.filter { $0 != left }.map { (left, $0, CELType.bool) } }
        return table(ordered.map { ($0, $0, .bool) } + mixed)
    }()

    private static func table(_ rows: [(CELType, CELType, CELType)]) -> [Overload] {
        rows.map { Overload(parameters: [$0.0, $0.1], result: $0.2) }
    }
}
