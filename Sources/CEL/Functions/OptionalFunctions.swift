/// Optional values of cel-go. `or` and `orValue` need their argument only sometimes, so the planner makes them.
extension StandardLibrary {
    private static let t = CELType.parameter("T")

    static let optionals: [LibraryFunction] = [
        .global("optional.of", [([t], .optional(t))], .unary { (_, value) in .optional(value) }),
        .global(
            "optional.ofNonZeroValue", [([t], .optional(t))],
            .unary { (_, value) in
                .optional(value.isZero ? nil : value)
            }),
        .global("optional.none", [([], .optional(t))], .constant(.optional(nil))),
        .member(
            "hasValue", [([.optional(t)], .bool)],
            .unary { (_, value) throws(EvaluationError) in
                guard case .optional(let content) = value else { throw EvaluationError.noOverload("hasValue", value) }
                return .bool(content != nil)
            }),
        .member(
            "value", [([.optional(t)], t)],
            .unary { (_, value) throws(EvaluationError) in
                guard case .optional(let content) = value else { throw EvaluationError.noOverload("value", value) }
                guard let content else { throw EvaluationError.invalid("optional.none() has no value") }
                return content
            }),
        .member(
            "or", [([.optional(t), .optional(t)], .optional(t))],
            .binary { (_, value, other) throws(EvaluationError) in
                guard case .optional(let content) = value, case .optional = other else {
                    throw EvaluationError.noOverload("or", value, other)
                }
                return content == nil ? other : value
            }),
        .member(
            "orValue", [([.optional(t), t], t)],
            .binary { (_, value, other) throws(EvaluationError) in
                guard case .optional(let content) = value else {
                    throw EvaluationError.noOverload("orValue", value, other)
                }
                return content ?? other
            }),
        .global("optional.unwrap", [([.list(.optional(t))], .list(t))], .unary(unwrap)),
        .member("unwrapOpt", [([.list(.optional(t))], .list(t))], .unary(unwrap)),
    ]

    private static let unwrap: LibraryFunction.Unary = { (meter, value) throws(EvaluationError) in
        guard case .list(let list) = value else { throw EvaluationError.noOverload("optional.unwrap", value) }
        try meter.charge(list.count)
        var result: [CELValue] = []
        for element in list {
            guard case .optional(let content) = element else {
                throw EvaluationError.noOverload("optional.unwrap", element)
            }
            if let content { result.append(content) }
        }
        return .list(result)
    }
}
