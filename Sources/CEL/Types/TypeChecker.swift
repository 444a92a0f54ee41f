/// Finds an expression's type, and all that is wrong with it, before it is evaluated.
struct TypeChecker {
    let scope: Scope
    let limits: Limits
    /// How loudly to speak of a constant that cannot be computed, such as `duration("1d")`.
    let constantSeverity: Diagnostic.Severity
    private(set) var diagnostics: [Diagnostic] = []
    var unifier = TypeUnifier()
    private(set) var locals = LocalNames<CELType>()

    init(scope: Scope, limits: Limits, constantSeverity: Diagnostic.Severity) {
        self.scope = scope
        self.limits = limits
        self.constantSeverity = constantSeverity
    }

    mutating func report(_ diagnostic: Diagnostic) {
        if !isFull { diagnostics.append(diagnostic) }
    }

    /// No more is said; so there is no need to look for what might have been meant.
    var isFull: Bool { diagnostics.count >= limits.diagnostics }

    private mutating func failed(_ diagnostic: Diagnostic) -> CELType {
        report(diagnostic)
        return .error
    }

    /// The type of the whole, with nothing left open.
    mutating func checkAll(_ expression: Expression, expecting expected: CELType?) -> CELType {
        let type = check(expression)
        if let expected, !unifier.assign(type, to: expected) {
            report(TypeDiagnostics.result(shown(type), expected: expected, expression.range))
        }
        return unifier.resolved(type, unknownAsDyn: true)
    }

    func shown(_ type: CELType) -> CELType { unifier.resolved(type, unknownAsDyn: true) }

    mutating func check(_ expression: Expression) -> CELType {
        switch expression.kind {
        case .literal(let value): return value.type
        case .identifier(let name, _): return declared(expression) ?? undeclared(name, expression.range)
        case .select(let selection): return declared(expression) ?? select(selection)
        case .index(let operand, let index, let isOptional):
            return self.index(operand, index, isOptional, expression.range)
        case .presence(let selection):
            _ = select(selection)
            return .bool
        case .call(let call): return self.call(call, expression)
        case .unary(let operation, let operand): return unary(operation, operand, expression.range)
        case .binary(let operation, let left, let right): return binary(operation, left, right, expression)
        case .and(let operands): return logic("each side of &&", operands)
        case .or(let operands): return logic("each side of ||", operands)
        case .conditional(let condition, let first, let second):
            return conditional(condition, first, second, expression.range)
        case .list(let elements): return .list(list(elements))
        case .map(let entries): return map(entries)
        case .message(let name, let fields):
            for field in fields { _ = check(field.value) }
            return failed(TypeDiagnostics.unknownType(name, expression.range))
        case .comprehension(let comprehension): return self.comprehension(comprehension)
        case .bind(let variable, let value, let body): return bind([(variable, value)], body)
        case .block(let values, let body):
            return bind(values.enumerated().map { (Macros.blockName(Int64($0.offset)), $0.element) }, body)
        case .optionalMap(let operand, let variable, let body, let isFlat):
            return optionalMap(operand, variable, body, isFlat)
        }
    }

    // Names and fields

    private func declared(_ expression: Expression) -> CELType? {
        if case .identifier(let name, isAbsolute: false) = expression.kind, let type = locals[name] { return type }
        switch expression.declared(in: scope, locals: locals) {
        case .variable(let slot): return scope.types[slot]
        case .type(let type): return .type(type)
        case nil: return nil
        }
    }

    private mutating func undeclared(_ name: String, _ range: Range<Int>) -> CELType {
        if isFull { return .error }
        for (variable, type) in zip(scope.names, scope.types) {
            guard case .object(let object) = type.nonNull else { continue }
            if object[name] != nil { return failed(TypeDiagnostics.bareField(name, variable: variable, range)) }
            if object.fields.contains(where: { $0.knownValues.contains(name) }) {
                return failed(TypeDiagnostics.bareValue(name, range))
            }
        }
        let candidates = locals.names.reversed() + scope.names.sorted()
        let nearest = Suggestion.nearest(to: name, among: candidates.filter { !$0.hasPrefix("@") })
        return failed(TypeDiagnostics.undeclared(name, nearest: nearest, range))
    }

    private mutating func select(_ selection: Expression.Selection) -> CELType {
        let operand = unifier.resolved(check(selection.operand))
        if case .optional(let content) = operand.nonNull {
            return .optional(field(selection, of: unifier.resolved(content)))
        }
        let type = field(selection, of: operand)
        return selection.isOptional ? .optional(type) : type
    }

    private mutating func field(_ selection: Expression.Selection, of operand: CELType) -> CELType {
        switch operand.nonNull {
        case .dyn, .error: return operand.nonNull
        case .map(_, let value): return value
        case .parameter:
            _ = unifier.assign(.dyn, to: operand)
            return .dyn
        case .object(let object):
            if let field = object[selection.field] { return field.checkedType }
            if isFull { return .error }
            let nearest = Suggestion.nearest(to: selection.field, among: object.fields.map(\.name))
            return failed(
                TypeDiagnostics.unknownField(selection.field, of: object.name, nearest: nearest, selection.fieldRange))
        default:
            if isFull { return .error }
            let functions = scope.functions.filter { $0.value.contains(where: \.isMember) }.keys
            return failed(
                TypeDiagnostics.noFields(
                    selection.field, of: shown(operand), functions: functions, selection.fieldRange))
        }
    }

    private mutating func index(
        _ operand: Expression, _ index: Expression, _ isOptional: Bool, _ range: Range<Int>
    ) -> CELType {
        var operandType = unifier.resolved(check(operand))
        let indexType = check(index)
        var isOptional = isOptional
        if case .optional(let content) = operandType.nonNull {
            operandType = unifier.resolved(content)
            isOptional = true
        }
        let element: CELType
        switch operandType.nonNull {
        case .dyn, .error: element = .dyn
        case .list(let type) where unifier.assign(indexType, to: .int): element = type
        case .map(let key, let value) where isKey(indexType, key): element = value
        case .object(let object) where unifier.assign(indexType, to: .string): element = fieldType(object, named: index)
        case .parameter:
            _ = unifier.assign(.dyn, to: operandType)
            element = .dyn
        default: return failed(TypeDiagnostics.index(shown(operandType), shown(indexType), index.range))
        }
        return isOptional ? .optional(element) : element
    }

    /// Numbers of any kind find each other as keys.
    private mutating func isKey(_ type: CELType, _ key: CELType) -> Bool {
        unifier.assign(type, to: key)
    }

    private func fieldType(_ object: ObjectType, named index: Expression) -> CELType {
        guard case .literal(.string(let name)) = index.kind else { return .dyn }
        return object[name]?.checkedType ?? .dyn
    }

    // Operators

    private mutating func logic(_ place: String, _ operands: [Expression]) -> CELType {
        for operand in operands { needsBool(operand, place) }
        return .bool
    }

    private mutating func needsBool(_ expression: Expression, _ place: String) {
        let type = check(expression)
        if !unifier.assign(type, to: .bool) {
            report(TypeDiagnostics.needsBool(place, shown(type), expression.range))
        }
    }

    private mutating func unary(_ operation: UnaryOperator, _ operand: Expression, _ range: Range<Int>) -> CELType {
        let type = check(operand)
        let function = operation == .not ? "!_" : "-_"
        return resolve(scope.functions[function] ?? [], isMember: false, [type])
            ?? failed(TypeDiagnostics.unary(operation, shown(type), operand.range))
    }

    private mutating func binary(
        _ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ expression: Expression
    ) -> CELType {
        let types = [check(left), check(right)]
        checkKnownValues(operation, left, right)
        if operation == .isIn, case .object = unifier.resolved(types[1]).nonNull, unifier.assign(types[0], to: .string)
        {
            return .bool
        }
        if let result = resolve(scope.functions[operation.function] ?? [], isMember: false, types) { return result }
        if isFull { return .error }
        let culprit = operation == .isIn || right.isLiteral ? right : left.isLiteral ? left : expression
        return failed(
            TypeDiagnostics.operands(
                operation, shown(types[0]), shown(types[1]), texts: (left.text, right.text), culprit.range))
    }

    /// `status == "sucess"`: no error, since the API may learn new values, but hardly what was meant.
    private mutating func checkKnownValues(_ operation: BinaryOperator, _ left: Expression, _ right: Expression) {
        switch operation {
        case .equal, .notEqual:
            warn(left, right, isNegated: operation == .notEqual)
            warn(right, left, isNegated: operation == .notEqual)
        case .isIn:
            guard case .list(let elements) = right.kind else { return }
            for element in elements { warn(left, element.value, isNegated: false) }
        default: return
        }
    }

    private mutating func warn(_ field: Expression, _ value: Expression, isNegated: Bool) {
        guard case .select(let selection) = field.kind, case .literal(.string(let text)) = value.kind,
            let type = declared(selection.operand), case .object(let object) = type.nonNull,
            let declaration = object[selection.field], !declaration.knownValues.isEmpty,
            !declaration.knownValues.contains(where: { $0.hasSameBytes(as: text) })
        else { return }
        report(
            TypeDiagnostics.unknownValue(
                text, of: field.text, known: declaration.knownValues, isNegated: isNegated, value.range))
    }

    private mutating func conditional(
        _ condition: Expression, _ first: Expression, _ second: Expression, _ range: Range<Int>
    ) -> CELType {
        needsBool(condition, "what stands before ?")
        let firstType = check(first)
        let secondType = check(second)
        return unifier.join(firstType, secondType)
            ?? failed(TypeDiagnostics.branches(shown(firstType), shown(secondType), range))
    }

    // Aggregates

    private mutating func list(_ elements: [Expression.ListElement]) -> CELType {
        var element: CELType?
        for part in elements {
            let type = part.isOptional ? content(of: part.value) : check(part.value)
            element = joined(element, type)
        }
        return element ?? unifier.fresh()
    }

    private mutating func map(_ entries: [Expression.MapEntry]) -> CELType {
        var key: CELType?
        var value: CELType?
        for entry in entries {
            key = joined(key, check(entry.key))
            value = joined(value, entry.isOptional ? content(of: entry.value) : check(entry.value))
        }
        return .map(key ?? unifier.fresh(), value ?? unifier.fresh())
    }

    private mutating func joined(_ known: CELType?, _ type: CELType) -> CELType {
        guard let known else { return type }
        return unifier.join(known, type) ?? .dyn
    }

    /// What an optional expression holds.
    private mutating func content(of expression: Expression) -> CELType {
        let type = check(expression)
        let content = unifier.fresh()
        if unifier.assign(type, to: .optional(content)) { return content }
        return failed(TypeDiagnostics.notOptional(shown(type), expression.range))
    }

    // Macros

    private mutating func check(_ body: Expression, binding names: [(String, CELType)]) -> CELType {
        let outer = locals
        defer { locals = outer }
        for (name, type) in names { locals.add(name, type) }
        return check(body)
    }

    private mutating func comprehension(_ macro: Expression.Comprehension) -> CELType {
        let (key, element) = elements(of: macro.range, isPair: macro.variables.count == 2)
        let names = Array(zip(macro.variables, macro.variables.count == 2 ? [key, element] : [element]))
        if let filter = macro.filter {
            let type = check(filter, binding: names)
            if !unifier.assign(type, to: .bool) {
                report(TypeDiagnostics.needsBool("the condition of \(macro.macro.rawValue)", shown(type), filter.range))
            }
        }
        let body = check(macro.body, binding: names)
        switch macro.macro {
        case .all, .exists, .existsOne, .filter:
            if !unifier.assign(body, to: .bool) {
                report(
                    TypeDiagnostics.needsBool("the condition of \(macro.macro.rawValue)", shown(body), macro.body.range)
                )
            }
            return macro.macro == .filter ? .list(element) : .bool
        case .map, .transformList: return .list(body)
        case .transformMap: return .map(key, body)
        case .transformMapEntry: return .map(.dyn, .dyn)
        case .sortBy: return .list(element)
        }
    }

    /// What a macro goes over: index or key, and element or value; with one variable the key of a map.
    private mutating func elements(of range: Expression, isPair: Bool) -> (key: CELType, element: CELType) {
        let type = unifier.resolved(check(range))
        switch type.nonNull {
        case .list(let element): return (.int, element)
        case .map(let key, let value): return (key, isPair ? value : key)
        case .object: return (.string, isPair ? .dyn : .string)
        case .dyn, .error: return (.dyn, .dyn)
        case .parameter:
            _ = unifier.assign(.dyn, to: type)
            return (.dyn, .dyn)
        default:
            report(TypeDiagnostics.notARange(shown(type), range.range))
            return (.error, .error)
        }
    }

    private mutating func bind(_ bindings: [(name: String, value: Expression)], _ body: Expression) -> CELType {
        let outer = locals
        defer { locals = outer }
        for (name, value) in bindings { locals.add(name, check(value)) }
        return check(body)
    }

    private mutating func optionalMap(
        _ operand: Expression, _ variable: String, _ body: Expression, _ isFlat: Bool
    ) -> CELType {
        let element = content(of: operand)
        let result = check(body, binding: [(variable, element)])
        guard isFlat else { return .optional(result) }
        let content = unifier.fresh()
        if unifier.assign(result, to: .optional(content)) { return .optional(content) }
        return failed(TypeDiagnostics.notOptional(shown(result), body.range))
    }
}
