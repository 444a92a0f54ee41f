/// What is known of type variables, and whether one type fits where another is needed: the algorithm of cel-go's
/// checker.
struct TypeUnifier {
    private var substitutions: [String: CELType] = [:]
    private var freshCount = 0

    mutating func fresh() -> CELType {
        freshCount += 1
        return .parameter("_\(freshCount)")
    }

    /// Gives an overload variables of its own.
    mutating func instantiate(_ overload: Overload) -> (parameters: [CELType], result: CELType) {
        var names: [String: CELType] = [:]
        let parameters = overload.parameters.map { renamed($0, &names) }
        return (parameters, renamed(overload.result, &names))
    }

    private mutating func renamed(_ type: CELType, _ names: inout [String: CELType]) -> CELType {
        if case .parameter(let name) = type {
            if let known = names[name] { return known }
            let fresh = fresh()
            names[name] = fresh
            return fresh
        }
        var result: [CELType] = []
        for part in type.parts { result.append(renamed(part, &names)) }
        return type.replacingParts(result)
    }

    /// Whether values of the type can go where the other is needed; variables learn from it only if so.
    mutating func assign(_ type: CELType, to target: CELType) -> Bool { assignAll([type], to: [target]) }

    mutating func assignAll(_ types: [CELType], to targets: [CELType]) -> Bool {
        guard types.count == targets.count else { return false }
        let saved = substitutions
        for (type, target) in zip(types, targets) where !isAssignable(type, target) {
            substitutions = saved
            return false
        }
        return true
    }

    /// The type with what is known put in; a variable of which nothing is known becomes `dyn` if wanted.
    func resolved(_ type: CELType, unknownAsDyn: Bool = false) -> CELType {
        if case .parameter(let name) = type {
            if let known = substitutions[name] { return resolved(known, unknownAsDyn: unknownAsDyn) }
            return unknownAsDyn ? .dyn : type
        }
        return type.replacingParts(type.parts.map { resolved($0, unknownAsDyn: unknownAsDyn) })
    }

    /// The type of a list of both, or nil where that is only `dyn`.
    mutating func join(_ first: CELType, _ second: CELType) -> CELType? {
        assign(first, to: second) ? Self.mostGeneral(resolved(first), resolved(second)) : nil
    }

    private mutating func isAssignable(_ type: CELType, _ target: CELType) -> Bool {
        if case .parameter(let name) = target {
            if let known = substitutes(type, name) { return known }
        }
        if case .parameter(let name) = type { return substitutes(target, name) ?? true }
        switch (type.nonNull, target.nonNull) {
        case (.dyn, _), (_, .dyn), (.error, _), (_, .error): return true
        case (.null, .null): return true
        case (.null, _): return target.acceptsNull
        case (_, .null): return type.acceptsNull
        case (.type, .type): return true
        case (.object(let a), .object(let b)): return a == b
        case (.object, .map(let key, let value)): return isAssignable(.string, key) && isAssignable(.dyn, value)
        case (.map(let key, let value), .object): return isAssignable(key, .string) && isAssignable(value, .dyn)
        case (let a, let b):
            guard a.runtimeName == b.runtimeName, a.parts.count == b.parts.count else { return false }
            for (part, other) in zip(a.parts, b.parts) where !isAssignable(part, other) { return false }
            return true
        }
    }

    /// Whether the variable can be the type. Nil: nothing was known against it, but it would contain itself.
    private mutating func substitutes(_ type: CELType, _ name: String) -> Bool? {
        if type == .parameter(name) { return true }
        if let known = substitutions[name] {
            if type == known { return true }
            guard isAssignable(type, known) else { return false }
            let general = Self.mostGeneral(type, known)
            if !occurs(name, in: general) { substitutions[name] = general }
            return true
        }
        if occurs(name, in: type) { return nil }
        substitutions[name] = type
        return true
    }

    private func occurs(_ name: String, in type: CELType) -> Bool {
        if case .parameter(let other) = type {
            if other == name { return true }
            return substitutions[other].map { occurs(name, in: $0) } ?? false
        }
        return type.parts.contains { occurs(name, in: $0) }
    }

    private static func mostGeneral(_ first: CELType, _ second: CELType) -> CELType {
        isAtLeastAsGeneral(first, second) ? first : second
    }

    private static func isAtLeastAsGeneral(_ first: CELType, _ second: CELType) -> Bool {
        switch (first, second) {
        case (.dyn, _), (.error, _), (.parameter, _): return true
        case (_, .dyn), (_, .error), (_, .parameter): return false
        case (_, .null): return first != .null
        case (.null, _): return false
        case (.nullable(let type), _): return isAtLeastAsGeneral(type, second.nonNull)
        case (_, .nullable): return false
        case (.map, .object): return true
        case (.object, .map): return false
        default:
            return first.runtimeName == second.runtimeName && first.parts.count == second.parts.count
                && zip(first.parts, second.parts).allSatisfy(isAtLeastAsGeneral)
        }
    }
}

extension CELType {
    /// The types that this one is made of.
    fileprivate var parts: [CELType] {
        switch self {
        case .list(let element): [element]
        case .map(let key, let value): [key, value]
        case .type(let type), .optional(let type), .nullable(let type): [type]
        case .opaque(_, let parameters): parameters
        default: []
        }
    }

    fileprivate func replacingParts(_ parts: [CELType]) -> CELType {
        switch self {
        case .list: .list(parts[0])
        case .map: .map(parts[0], parts[1])
        case .type: .type(parts[0])
        case .optional: .optional(parts[0])
        case .nullable: .nullable(parts[0])
        case .opaque(let name, _): .opaque(name, parts)
        default: self
        }
    }

    /// In the language definition null can stand for a message, and so for a timestamp or duration; here also for a
    /// field that is declared nullable.
    fileprivate var acceptsNull: Bool {
        switch self {
        case .nullable, .object, .timestamp, .duration, .optional, .opaque: true
        default: false
        }
    }
}
