/// Turns an expression into nodes: names become places, constants are computed, constant patterns compiled, and the
/// usual conditions get nodes of their own.
///
/// Types are not needed: checked and unchecked expressions are planned alike, and every node looks at the kinds that
/// it gets.
struct Planner {
    private enum Local {
        case variable(slot: Int, type: CELType)
        case lazy(LazyNode)
    }

    private let scope: Scope
    private let limits: Limits
    /// When tracing, every expression keeps a node of its own and tells the recorder its value.
    private let isTracing: Bool
    private var locals = LocalNames<Local>()
    private(set) var localCount = 0
    /// How often a variable has been used so far: an expression that adds none can be folded.
    private var variableUses = 0

    init(scope: Scope, limits: Limits, isTracing: Bool = false) {
        self.scope = scope
        self.limits = limits
        self.isTracing = isTracing
    }

    mutating func plan(_ expression: Expression) -> any Node {
        let usesBefore = variableUses
        var node = makeNode(expression)
        if variableUses == usesBefore, !isTracing { node = folded(node) }
        guard isTracing, expression.isWorthTracing else { return node }
        return TracingNode(node, expression)
    }

    private mutating func makeNode(_ expression: Expression) -> any Node {
        let range = expression.range
        switch expression.kind {
        case .literal(let value): return ConstantNode(value)
        case .identifier(let name, _): return named(expression) ?? unknown(name, range)
        case .select(let selection): return named(expression) ?? select(selection, range)
        case .index(let operand, let index, let isOptional):
            return IndexNode(plan(operand), plan(index), isOptional: isOptional, range: range)
        case .presence(let selection): return presence(selection)
        case .call(let call): return self.call(call, range)
        case .unary(.not, let operand): return NotNode(plan(operand))
        case .unary(.negate, let operand): return NegationNode(plan(operand))
        case .binary(let operation, let left, let right): return binary(operation, left, right, range)
        case .and(let operands): return AndNode(planAll(operands))
        case .or(let operands): return OrNode(planAll(operands))
        case .conditional(let condition, let first, let second):
            return ConditionalNode(plan(condition), plan(first), plan(second))
        case .list(let elements): return list(elements)
        case .map(let entries): return map(entries, range)
        case .message(let name, _):
            return FailureNode(EvaluationError(.unboundVariable, "unknown type '\(name)'", range: range))
        case .comprehension(let comprehension): return self.comprehension(comprehension, range)
        case .bind(let variable, let value, let body): return bind([(variable, value)], body)
        case .block(let values, let body):
            return bind(values.enumerated().map { (Macros.blockName(Int64($0.offset)), $0.element) }, body)
        case .optionalMap(let operand, let variable, let body, let isFlat):
            let operand = plan(operand)
            let slot = newSlot()
            let body = plan(body, binding: [(variable, slot, .dyn)])
            return OptionalMapNode(operand, slot: slot, body: body, isFlat: isFlat, range: range)
        }
    }

    private mutating func planAll(_ expressions: [Expression]) -> [any Node] {
        var nodes: [any Node] = []
        for expression in expressions { nodes.append(plan(expression)) }
        return nodes
    }

    // Names

    private mutating func named(_ expression: Expression) -> (any Node)? {
        variableUses += 1
        if case .identifier(let name, isAbsolute: false) = expression.kind, let local = locals[name] {
            switch local {
            case .variable(let slot, _): return LocalNode(slot: slot)
            case .lazy(let node): return node
            }
        }
        switch expression.declared(in: scope, locals: locals) {
        case .variable(let slot): return VariableNode(slot: slot, name: scope.names[slot], range: expression.range)
        case .type(let type):
            variableUses -= 1
            return ConstantNode(.type(type))
        case nil:
            variableUses -= 1
            return nil
        }
    }

    private func unknown(_ name: String, _ range: Range<Int>) -> any Node {
        FailureNode(EvaluationError(.unboundVariable, "undeclared reference to '\(name)'", range: range))
    }

    private mutating func select(_ selection: Expression.Selection, _ range: Range<Int>) -> any Node {
        let operand = plan(selection.operand)
        if selection.isOptional { return OptionalFieldNode(operand, selection.field, range: selection.fieldRange) }
        if case .object(let object) = declaredType(selection.operand),
            let index = object.shape.index(of: selection.field)
        {
            if let variable = operand as? VariableNode {
                return VariableFieldNode(variable, shape: object.shape, index: index, range: selection.fieldRange)
            }
            return RecordFieldNode(operand, shape: object.shape, index: index, range: selection.fieldRange)
        }
        return FieldNode(operand, selection.field, range: selection.fieldRange)
    }

    /// The type that a name or field is declared with, where that is easily told: enough to read records by position.
    private func declaredType(_ expression: Expression) -> CELType {
        switch expression.kind {
        case .identifier(let name, let isAbsolute):
            if !isAbsolute, let local = locals[name] {
                if case .variable(_, let type) = local { return type }
                return .dyn
            }
            guard case .variable(let slot)? = scope.resolve(name, isAbsolute: isAbsolute) else { return .dyn }
            return scope.types[slot].nonNull
        case .select(let selection):
            guard !selection.isOptional, case .object(let object) = declaredType(selection.operand) else { return .dyn }
            return object[selection.field]?.type ?? .dyn
        case .index(let operand, _, isOptional: false):
            guard case .list(let element) = declaredType(operand) else { return .dyn }
            return element.nonNull
        default: return .dyn
        }
    }

    private mutating func presence(_ selection: Expression.Selection) -> any Node {
        // In has(a.?b) the field is looked for in what `a` is, optional or not.
        PresenceNode(plan(selection.operand), selection.field, range: selection.fieldRange)
    }

    // Operators

    private mutating func binary(
        _ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ range: Range<Int>
    ) -> any Node {
        let left = plan(left)
        let right = plan(right)
        switch operation {
        case .equal, .notEqual:
            let isNegated = operation == .notEqual
            if case .string(let text)? = right.constant { return TextEqualityNode(left, text, isNegated: isNegated) }
            if case .string(let text)? = left.constant { return TextEqualityNode(right, text, isNegated: isNegated) }
            return EqualityNode(left, right, isNegated: isNegated)
        case .less, .lessOrEqual, .greater, .greaterOrEqual: return OrderNode(operation, left, right, range: range)
        case .isIn:
            if case .list(let elements)? = right.constant, let texts = elements.texts, texts.count <= 16 {
                return TextMembershipNode(left, texts)
            }
            return MembershipNode(left, right)
        case .add, .subtract, .multiply, .divide, .remainder:
            return ArithmeticNode(operation, left, right, range: range)
        }
    }

    // Calls

    private mutating func call(_ call: Expression.Call, _ range: Range<Int>) -> any Node {
        if let name = call.namespaced(in: scope, locals: locals) {
            return self.call(name, isMember: false, planAll(call.arguments), call)
        }
        guard let target = call.target else {
            let name = scope.resolveFunction(call.function, isAbsolute: call.isAbsolute) ?? call.function
            return self.call(name, isMember: false, planAll(call.arguments), call)
        }
        if ["or", "orValue"].contains(call.function), call.arguments.count == 1 {
            return OptionalElseNode(
                plan(target), else: plan(call.arguments[0]), unwraps: call.function == "orValue",
                range: call.functionRange)
        }
        return self.call(call.function, isMember: true, planAll([target] + call.arguments), call)
    }

    private func call(_ name: String, isMember: Bool, _ arguments: [any Node], _ call: Expression.Call) -> any Node {
        let range = call.functionRange
        if StandardLibrary.extrema.contains(name) {
            return VariadicCallNode(
                { (meter, values) throws(EvaluationError) in try StandardLibrary.extremum(name, values, &meter) },
                arguments, range: range)
        }
        if arguments.count == 2, case .string(let text)? = arguments[1].constant,
            let node = textTest(name, isMember: isMember, arguments[0], text, range)
        {
            return node
        }
        let key = StandardLibrary.Key(name: name, argumentCount: arguments.count, isMember: isMember)
        switch StandardLibrary.bodies[key] {
        case .constant(let value): return ConstantNode(value)
        case .unary(let function): return UnaryCallNode(function, arguments[0], range: range)
        case .binary(let function): return BinaryCallNode(function, arguments[0], arguments[1], range: range)
        case .variadic(let function): return VariadicCallNode(function, arguments, range: range)
        case nil:
            let isKnown = StandardLibrary.overloads[name] != nil
            return FailureNode(
                EvaluationError(
                    isKnown ? .noMatchingOverload : .unknownFunction,
                    isKnown
                        ? "no such overload: \(name) with \(call.arguments.count) arguments"
                        : "unknown function '\(name)'",
                    range: range))
        }
    }

    private func textTest(
        _ name: String, isMember: Bool, _ operand: any Node, _ text: String, _ range: Range<Int>
    ) -> (any Node)? {
        if name == "matches" {
            do throws(EvaluationError) {
                let pattern = try Pattern(text, memoryBytes: limits.patternBytes)
                return PatternNode(operand, pattern, range: range)
            } catch {
                return FailureNode(error.found(at: range))
            }
        }
        guard isMember, let test = TextTestNode.Test(rawValue: name) else { return nil }
        return TextTestNode(test, operand, text, range: range)
    }

    // Aggregates and macros

    private mutating func list(_ elements: [Expression.ListElement]) -> any Node {
        var nodes: [(node: any Node, isOptional: Bool)] = []
        for element in elements { nodes.append((plan(element.value), element.isOptional)) }
        return ListNode(nodes)
    }

    private mutating func map(_ entries: [Expression.MapEntry], _ range: Range<Int>) -> any Node {
        var nodes: [MapNode.Entry] = []
        for entry in entries { nodes.append((plan(entry.key), plan(entry.value), entry.isOptional)) }
        return MapNode(nodes, range: range)
    }

    private mutating func newSlot() -> Int {
        defer { localCount += 1 }
        return localCount
    }

    private mutating func plan(
        _ body: Expression, binding places: [(name: String, slot: Int, type: CELType)]
    ) -> any Node {
        let outer = locals
        defer { locals = outer }
        for (name, slot, type) in places { locals.add(name, .variable(slot: slot, type: type)) }
        return plan(body)
    }

    private mutating func comprehension(_ macro: Expression.Comprehension, _ range: Range<Int>) -> any Node {
        let source = plan(macro.range)
        var slots: [Int] = []
        for _ in macro.variables { slots.append(newSlot()) }
        var element = CELType.dyn
        if case .list(let type) = declaredType(macro.range) { element = type.nonNull }
        var places = zip(macro.variables, slots).map { (name: $0, slot: $1, type: CELType.dyn) }
        places[places.count - 1].type = element
        var filter: (any Node)?
        if let condition = macro.filter { filter = plan(condition, binding: places) }
        let body = plan(macro.body, binding: places)
        let parts = ComprehensionParts(
            range: source, slots: slots, filter: filter, body: body,
            cost: 1 + macro.body.size + (macro.filter?.size ?? 0), location: macro.range.range)
        switch macro.macro {
        case .all: return QuantifierNode(parts, decisive: false)
        case .exists: return QuantifierNode(parts, decisive: true)
        case .existsOne: return ExistsOneNode(parts)
        case .map, .transformList: return ListComprehensionNode(parts, keepsElements: false)
        case .filter: return ListComprehensionNode(parts, keepsElements: true)
        case .transformMap: return MapComprehensionNode(parts, givesEntries: false)
        case .transformMapEntry: return MapComprehensionNode(parts, givesEntries: true)
        case .sortBy: return SortByNode(parts)
        }
    }

    private mutating func bind(_ bindings: [(name: String, value: Expression)], _ body: Expression) -> any Node {
        let outer = locals
        defer { locals = outer }
        var slots: [Int] = []
        for (name, value) in bindings {
            let slot = newSlot()
            slots.append(slot)
            let node = LazyNode(slot: slot, initializer: plan(value), cost: value.size)
            locals.add(name, .lazy(node))
        }
        return BindNode(slots: slots, body: plan(body))
    }

    // Folding

    /// Computes at load what depends on no variable. What fails stays, to fail only where it is reached.
    private func folded(_ node: any Node) -> any Node {
        guard node.constant == nil, !(node is FailureNode) else { return node }
        var limits = limits
        limits.cost = min(limits.cost, 1_000)
        let places = [CELValue?](repeating: nil, count: localCount)
        var frame = Frame(variables: [], locals: places, meter: CostMeter(limits), recorder: nil)
        guard let value = try? node.value(&frame) else { return node }
        return ConstantNode(value)
    }
}

extension [CELValue] {
    /// The elements' texts, if all are texts.
    fileprivate var texts: [String]? {
        var texts: [String] = []
        for element in self {
            guard case .string(let text) = element else { return nil }
            texts.append(text)
        }
        return texts
    }
}
