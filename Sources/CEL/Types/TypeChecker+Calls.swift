extension TypeChecker {
    mutating func call(_ call: Expression.Call, _ expression: Expression) -> CELType {
        if let name = call.namespaced(in: scope, locals: locals) {
            return self.call(name, target: nil, call, expression)
        }
        guard let target = call.target else {
            let name = scope.resolveFunction(call.function, isAbsolute: call.isAbsolute) ?? call.function
            return self.call(name, target: nil, call, expression)
        }
        if let namespace = unknownNamespace(target) {
            for argument in call.arguments { _ = check(argument) }
            let known = scope.functions.keys.filter { $0.hasPrefix(namespace + ".") }
            report(TypeDiagnostics.unknownFunction("\(namespace).\(call.function)", known: known, call.functionRange))
            return .error
        }
        return self.call(call.function, target: check(target), call, expression)
    }

    /// `math` in `math.foo(x)`: no variable, but other functions begin with it.
    private func unknownNamespace(_ target: Expression) -> String? {
        guard let (name, _) = target.qualifiedName, locals[name] == nil,
            target.declared(in: scope, locals: locals) == nil,
            scope.functions.keys.contains(where: { $0.hasPrefix(name + ".") })
        else { return nil }
        return name
    }

    private mutating func call(
        _ name: String, target: CELType?, _ call: Expression.Call, _ expression: Expression
    ) -> CELType {
        if !isFull, let misuse = macroMisuse(name, target: target, call) {
            report(misuse)
            return .error
        }
        var arguments: [CELType] = []
        for argument in call.arguments { arguments.append(check(argument)) }
        if target == nil, StandardLibrary.extrema.contains(name) { return extremum(name, arguments, call) }
        let overloads = scope.functions[name] ?? []
        let all = (target.map { [$0] } ?? []) + arguments
        if let result = resolve(overloads, isMember: target != nil, all) {
            checkConstant(name, isMember: target != nil, call, expression)
            return result
        }
        if isFull { return .error }
        report(misuse(name, target: target, arguments, overloads, call))
        return .error
    }

    /// What was meant as a macro has a variable that is no name anywhere: one error says it, not one for each use.
    private func macroMisuse(_ name: String, target: CELType?, _ call: Expression.Call) -> Diagnostic? {
        guard target != nil, scope.functions[name] == nil else { return nil }
        if Macros.names.contains(name) { return TypeDiagnostics.macroArguments(name, call.functionRange) }
        guard call.arguments.count >= 2, case .identifier(let variable, _) = call.arguments[0].kind,
            locals[variable] == nil, scope.slot(of: variable) == nil
        else { return nil }
        return TypeDiagnostics.unknownFunction(name, known: Macros.names.sorted(), call.functionRange)
    }

    private func misuse(
        _ name: String, target: CELType?, _ arguments: [CELType], _ overloads: [Overload], _ call: Expression.Call
    ) -> Diagnostic {
        let range = call.functionRange
        if overloads.isEmpty {
            let isMember = target != nil
            let known = scope.functions.filter { entry in
                entry.value.contains { $0.isMember == isMember } && entry.key.utf8.first?.isLetter == true
            }
            let names = known.keys.sorted() + (isMember ? Macros.names.sorted() : ["has"])
            return TypeDiagnostics.unknownFunction(name, known: names, range)
        }
        let forms = overloads.filter { $0.isMember == (target != nil) }
        if forms.isEmpty {
            return target == nil ? TypeDiagnostics.notGlobal(name, range) : TypeDiagnostics.notAMember(name, range)
        }
        if name == "contains", case .list? = target.map(shown)?.nonNull, let list = call.target, arguments.count == 1 {
            return TypeDiagnostics.listContains(call.arguments[0].text, list.text, range)
        }
        return TypeDiagnostics.arguments(
            name, target: target.map(shown), arguments.map(shown), overloads: overloads, range)
    }

    /// Finds the overloads that take the arguments; several with different results give `dyn`.
    mutating func resolve(_ overloads: [Overload], isMember: Bool, _ arguments: [CELType]) -> CELType? {
        var result: CELType?
        for overload in overloads where overload.isMember == isMember && overload.parameters.count == arguments.count {
            let (parameters, overloadResult) = unifier.instantiate(overload)
            guard unifier.assignAll(arguments, to: parameters) else { continue }
            let type = unifier.resolved(overloadResult)
            if let known = result, known != type { return .dyn }
            result = type
        }
        return result
    }

    private mutating func extremum(_ name: String, _ arguments: [CELType], _ call: Expression.Call) -> CELType {
        var types = arguments.map { unifier.resolved($0) }
        if types.count == 1, case .list(let element) = types[0].nonNull { types = [unifier.resolved(element)] }
        for type in types {
            switch type.nonNull {
            case .int, .uint, .double, .dyn, .error, .parameter: continue
            default:
                report(TypeDiagnostics.needsNumbers(name, shown(type), call.functionRange))
                return .error
            }
        }
        guard let first = types.first else {
            report(TypeDiagnostics.needsNumbers(name, nil, call.functionRange))
            return .error
        }
        return types.allSatisfy { $0.nonNull == first.nonNull } ? first.nonNull : .dyn
    }

    /// Computes what is known at load, to speak of a bad duration, time or pattern now and not one night.
    private mutating func checkConstant(
        _ name: String, isMember: Bool, _ call: Expression.Call, _ expression: Expression
    ) {
        let checked = ["duration", "timestamp", "matches", "ip", "cidr"]
        guard checked.contains(name) else { return }
        let argument = call.arguments.last
        guard case .literal(.string(let text))? = argument?.kind, let argument else { return }
        do throws(EvaluationError) {
            if name == "matches" {
                _ = try Pattern(text, memoryBytes: limits.patternBytes)
            } else if !isMember, call.arguments.count == 1,
                case .unary(let body)? = StandardLibrary.bodies[.init(name: name, argumentCount: 1, isMember: false)]
            {
                var meter = CostMeter(limits)
                _ = try body(&meter, .string(text))
            }
        } catch {
            report(TypeDiagnostics.constantFails(error, constantSeverity, argument.range))
        }
    }
}
