/// Macros are recognised by name, form and number of arguments when a call is parsed (language definition, section
/// Macros). Another number of arguments is an ordinary call, of a function that does not exist.
enum Macros {
    static func expand(_ call: Expression.Call, range: Range<Int>) throws(SyntaxError) -> Expression {
        func made(_ kind: Expression.Kind) -> Expression { Expression(kind: kind, range: range) }
        guard let target = call.target else {
            guard call.function == "has", call.arguments.count == 1 else { return made(.call(call)) }
            guard case .select(let selection) = call.arguments[0].kind else {
                throw SyntaxDiagnostics.hasNeedsSelection(call.arguments[0].range)
            }
            return made(.presence(selection))
        }
        if case .identifier("cel", _) = target.kind, let kind = try namespaceMacro(call) { return made(kind) }
        if let kind = try optionalMacro(call, on: target) { return made(kind) }
        if let kind = try comprehension(call, over: target) { return made(kind) }
        return made(.call(call))
    }

    /// The macros that are called on a list, map or optional.
    static let names: Set<String> = [
        "all", "exists", "exists_one", "existsOne", "map", "filter", "transformList", "transformMap",
        "transformMapEntry",
        "sortBy", "optMap", "optFlatMap",
    ]

    /// `cel.bind`, and `cel.block` with its indices, as optimisers write them.
    private static func namespaceMacro(_ call: Expression.Call) throws(SyntaxError) -> Expression.Kind? {
        let arguments = call.arguments
        switch (call.function, arguments.count) {
        case ("bind", 3):
            let variable = try variableName(arguments[0], of: "cel.bind")
            return .bind(variable: variable, arguments[1], body: arguments[2])
        case ("block", 2):
            guard case .list(let elements) = arguments[0].kind else {
                throw SyntaxDiagnostics.blockNeedsList(arguments[0].range)
            }
            guard elements.count <= blockLimit else {
                throw SyntaxDiagnostics.blockTooLong(blockLimit, arguments[0].range)
            }
            return .block(elements.map(\.value), body: arguments[1])
        case ("index", 1):
            guard case .literal(.int(let index)) = arguments[0].kind else { return nil }
            return .identifier(blockName(index), isAbsolute: false)
        case ("iterVar", 2), ("accuVar", 2):
            guard case .literal(.int(let depth)) = arguments[0].kind, case .literal(.int(let index)) = arguments[1].kind
            else { return nil }
            return .identifier("@\(call.function):\(depth):\(index)", isAbsolute: false)
        default: return nil
        }
    }

    /// Names are looked up one by one, and no optimiser finds more that is common.
    private static let blockLimit = 1_000

    /// The hidden name of the n-th expression of a block.
    static func blockName(_ index: Int64) -> String { "@index\(index)" }

    private static func optionalMacro(
        _ call: Expression.Call, on target: Expression
    ) throws(SyntaxError) -> Expression.Kind? {
        guard call.function == "optMap" || call.function == "optFlatMap", call.arguments.count == 2 else { return nil }
        let variable = try variableName(call.arguments[0], of: call.function)
        return .optionalMap(target, variable: variable, body: call.arguments[1], isFlat: call.function == "optFlatMap")
    }

    private static func comprehension(
        _ call: Expression.Call, over range: Expression
    ) throws(SyntaxError) -> Expression.Kind? {
        guard let (macro, variableCount, hasFilter) = form(call.function, call.arguments.count) else { return nil }
        var variables: [String] = []
        for argument in call.arguments.prefix(variableCount) {
            variables.append(try variableName(argument, of: call.function))
        }
        if variables.count == 2, variables[0] == variables[1] {
            throw SyntaxDiagnostics.macroVariablesRepeat(call.function, call.arguments[1].range)
        }
        return .comprehension(
            Expression.Comprehension(
                macro: macro, range: range, variables: variables,
                variableRanges: call.arguments.prefix(variableCount).map(\.range),
                filter: hasFilter ? call.arguments[variableCount] : nil,
                body: call.arguments[call.arguments.count - 1]))
    }

    private static func form(
        _ name: String, _ arguments: Int
    ) -> (macro: Expression.Macro, variables: Int, hasFilter: Bool)? {
        switch (name, arguments) {
        case ("all", 2), ("all", 3): (.all, arguments - 1, false)
        case ("exists", 2), ("exists", 3): (.exists, arguments - 1, false)
        case ("exists_one", 2), ("existsOne", 2), ("existsOne", 3), ("exists_one", 3):
            (.existsOne, arguments - 1, false)
        case ("map", 2): (.map, 1, false)
        case ("map", 3): (.map, 1, true)
        case ("filter", 2): (.filter, 1, false)
        case ("transformList", 3), ("transformList", 4): (.transformList, 2, arguments == 4)
        case ("transformMap", 3), ("transformMap", 4): (.transformMap, 2, arguments == 4)
        case ("transformMapEntry", 3), ("transformMapEntry", 4): (.transformMapEntry, 2, arguments == 4)
        case ("sortBy", 2): (.sortBy, 1, false)
        default: nil
        }
    }

    private static func variableName(_ argument: Expression, of macro: String) throws(SyntaxError) -> String {
        guard case .identifier(let name, isAbsolute: false) = argument.kind else {
            throw SyntaxDiagnostics.macroVariable(macro, argument.range)
        }
        return name
    }
}
