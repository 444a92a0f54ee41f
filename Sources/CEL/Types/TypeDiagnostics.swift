/// The wording of everything that the type checker says.
enum TypeDiagnostics {
    private static func error(_ message: String, _ hint: String? = nil, _ range: Range<Int>) -> Diagnostic {
        Diagnostic(.error, message, hint: hint, range: range)
    }

    private static func didYouMean(_ name: String?) -> String? { name.map { "did you mean '\($0)'?" } }

    // Names

    static func undeclared(_ name: String, nearest: String?, _ range: Range<Int>) -> Diagnostic {
        let hint: String? =
            switch name {
            case "True", "TRUE": "did you mean 'true'?"
            case "False", "FALSE": "did you mean 'false'?"
            case "None", "nil", "NULL", "Null", "undefined": "did you mean 'null'?"
            case "this", "it": nearest == nil ? "did you mean 'self'?" : didYouMean(nearest)
            default: didYouMean(nearest)
            }
        return error("undeclared name '\(name)'", hint, range)
    }

    /// A field's name without the object that has it.
    static func bareField(_ name: String, variable: String, _ range: Range<Int>) -> Diagnostic {
        error("undeclared name '\(name)'", "did you mean '\(variable).\(name)'?", range)
    }

    /// A value without its quotes.
    static func bareValue(_ value: String, _ range: Range<Int>) -> Diagnostic {
        error("undeclared name '\(value)'", "did you mean \(value.celQuoted)?", range)
    }

    static func unknownField(_ field: String, of type: String, nearest: String?, _ range: Range<Int>) -> Diagnostic {
        error("type '\(type)' has no field '\(field)'", didYouMean(nearest), range)
    }

    static func noFields(
        _ field: String, of type: CELType, functions: some Sequence<String>, _ range: Range<Int>
    ) -> Diagnostic {
        let function = foreignNames[field] ?? functions.first { $0 == field }
        return error("type '\(type)' has no fields", function.map { "did you mean \($0)()?" }, range)
    }

    static func unknownType(_ name: String, _ range: Range<Int>) -> Diagnostic {
        error("unknown type '\(name)'", nil, range)
    }

    // Functions

    /// What people know from other languages.
    private static let foreignNames: [String: String] = [
        "len": "size", "length": "size", "count": "size", "includes": "contains", "include": "contains",
        "has": "contains",
        "startswith": "startsWith", "starts_with": "startsWith", "hasPrefix": "startsWith", "endswith": "endsWith",
        "ends_with": "endsWith", "hasSuffix": "endsWith", "match": "matches", "regex": "matches", "test": "matches",
        "lower": "lowerAscii", "toLower": "lowerAscii", "toLowerCase": "lowerAscii", "upper": "upperAscii",
        "toUpper": "upperAscii", "toUpperCase": "upperAscii", "strip": "trim", "any": "exists", "some": "exists",
        "every": "all", "find": "indexOf", "select": "filter", "str": "string", "toString": "string", "float": "double",
        "parseInt": "int", "substr": "substring", "abs": "math.abs", "max": "math.greatest", "min": "math.least",
        "ceil": "math.ceil", "floor": "math.floor", "round": "math.round", "year": "getFullYear", "hour": "getHours",
        "getDay": "getDayOfWeek", "time": "timestamp",
    ]

    /// Functions elsewhere, operators here.
    private static let operatorNames: [String: String] = [
        "equals": "use ==", "eq": "use ==", "equal": "use ==", "isEmpty": "use == \"\" or size() == 0",
        "empty": "use == \"\" or size() == 0", "isNull": "use == null", "not": "use !", "and": "use &&", "or": "use ||",
        "concat": "use +", "get": "use value[key] or value.field", "hasKey": "use key in map",
        "containsKey": "use key in map",
    ]

    static func listContains(_ element: String, _ list: String, _ range: Range<Int>) -> Diagnostic {
        error("a list has no function 'contains'", "use in: \(element) in \(list)", range)
    }

    static func unknownFunction(_ name: String, known: some Sequence<String>, _ range: Range<Int>) -> Diagnostic {
        if name == "now" { return error("'now' is a value, not a function", "leave out the parentheses", range) }
        if let operation = operatorNames[name] { return error("unknown function '\(name)'", operation, range) }
        let bareName = name.split(separator: ".").last.map { String($0) } ?? name
        let suggestion = foreignNames[bareName] ?? Suggestion.nearest(to: name, among: known)
        return error("unknown function '\(name)'", didYouMean(suggestion), range)
    }

    static func notAMember(_ name: String, _ range: Range<Int>) -> Diagnostic {
        error("'\(name)' is not called on a value", "write \(name)(…)", range)
    }

    static func notGlobal(_ name: String, _ range: Range<Int>) -> Diagnostic {
        error("'\(name)' is called on a value", "write value.\(name)(…)", range)
    }

    static func macroArguments(_ name: String, _ range: Range<Int>) -> Diagnostic {
        error("\(name)() takes a name and an expression", "write list.\(name)(x, …)", range)
    }

    static func arguments(
        _ name: String, target: CELType?, _ arguments: [CELType], overloads: [Overload], _ range: Range<Int>
    ) -> Diagnostic {
        let given = arguments.map(\.description).joined(separator: ", ")
        let forms = overloads.filter { $0.isMember == (target != nil) }
        if let target, !forms.contains(where: { $0.parameters.first?.mayTake(target) ?? false }) {
            let takers = forms.compactMap(\.parameters.first).map(\.family).uniqued().joined(separator: " or ")
            return error(
                "type '\(target)' has no function '\(name)'", takers.isEmpty ? nil : "it is for \(takers)", range)
        }
        let wanted = forms.map { overload in
            let parameters = target == nil ? overload.parameters[...] : overload.parameters.dropFirst()
            return "\(name)(\(parameters.map(\.family).joined(separator: ", ")))"
        }
        return error(
            "\(name) does not take (\(given))",
            wanted.isEmpty ? nil : "it is \(wanted.uniqued().prefix(4).joined(separator: " or "))", range)
    }

    static func needsNumbers(_ name: String, _ type: CELType?, _ range: Range<Int>) -> Diagnostic {
        error("\(name) takes numbers, or one list of numbers\(type.map { ", not \($0)" } ?? "")", nil, range)
    }

    // Operators

    static func operands(
        _ operation: BinaryOperator, _ left: CELType, _ right: CELType, texts: (left: String, right: String),
        _ range: Range<Int>
    ) -> Diagnostic {
        switch operation {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
            return error("cannot compare \(left) with \(right)", comparisonHint(operation, left, right, texts), range)
        case .isIn:
            return error("cannot look for \(left) in \(right)", membershipHint(right, texts), range)
        case .add: return error("cannot add \(left) and \(right)", conversionHint(left, right, texts), range)
        case .subtract: return error("cannot subtract \(right) from \(left)", conversionHint(left, right, texts), range)
        case .multiply: return error("cannot multiply \(left) by \(right)", conversionHint(left, right, texts), range)
        case .divide: return error("cannot divide \(left) by \(right)", conversionHint(left, right, texts), range)
        case .remainder: return error("cannot take \(left) modulo \(right)", conversionHint(left, right, texts), range)
        }
    }

    private static func membershipHint(_ range: CELType, _ texts: (left: String, right: String)) -> String? {
        guard range.nonNull == .string else { return nil }
        return texts.right.hasPrefix("\"")
            ? "use ==, or a list: \(texts.left) in [\(texts.right)]"
            : "to look for a part of a text, use \(texts.right).contains(\(texts.left))"
    }

    private static func comparisonHint(
        _ operation: BinaryOperator, _ left: CELType, _ right: CELType, _ texts: (left: String, right: String)
    ) -> String? {
        for (type, other, text, ownText) in [
            (left, right, texts.right, texts.left), (right, left, texts.left, texts.right),
        ] {
            switch (type.nonNull, other.nonNull) {
            case (.null, _): return "\(text) is never null"
            case (.optional, _): return "write \(ownText).orValue(…) for what it is when it is not there"
            case (.timestamp, .string): return "write timestamp(\(text))"
            case (.timestamp, .int), (.timestamp, .duration):
                return "subtract times first, as in now - \(ownText) > duration(\"30m\")"
            case (.duration, .string): return "write duration(\(text))"
            case (.duration, .int): return "write duration(\"\(text)s\")"
            case (.string, .int), (.string, .double), (.string, .uint): return numberHint(ownText, number: text)
            case (.string, .list): return "use in: \(ownText) in \(text)"
            case (.list, .string): return "use in: \(text) in \(ownText)"
            case (.bool, .string) where text == "\"true\"" || text == "\"false\"":
                return "write \(text.dropFirst().dropLast()) without quotes"
            default: continue
            }
        }
        return conversionHint(left, right, texts)
    }

    private static func numberHint(_ text: String, number: String) -> String? {
        if text.hasPrefix("\"") {
            let content = text.dropFirst().dropLast()
            return Double(content) == nil ? nil : "write \(content) without quotes"
        }
        return number.utf8.first?.isDigit == true
            ? "put the number in quotes, or use double(\(text))" : "convert one side: string(\(number))"
    }

    private static func conversionHint(
        _ left: CELType, _ right: CELType, _ texts: (left: String, right: String)
    ) -> String? {
        switch (left.nonNull, right.nonNull) {
        case (.int, .double), (.uint, .double): "convert one side: double(\(texts.left))"
        case (.double, .int), (.double, .uint): "convert one side: double(\(texts.right))"
        case (.int, .uint): "convert one side: int(\(texts.right))"
        case (.uint, .int): "convert one side: int(\(texts.left))"
        case (.string, .int), (.string, .double), (.string, .uint), (.string, .bool), (.string, .timestamp),
            (.string, .duration):
            "convert one side: string(\(texts.right))"
        case (.int, .string), (.double, .string), (.uint, .string), (.bool, .string), (.timestamp, .string),
            (.duration, .string):
            "convert one side: string(\(texts.left))"
        case (.timestamp, .int): "write duration(\"\(texts.right)s\")"
        default: nil
        }
    }

    static func unary(_ operation: UnaryOperator, _ type: CELType, _ range: Range<Int>) -> Diagnostic {
        error("'\(operation.rawValue)' does not take \(type)", operation == .not ? comparison(of: type) : nil, range)
    }

    static func needsBool(_ place: String, _ type: CELType, _ range: Range<Int>) -> Diagnostic {
        error("\(place) must be bool, but this is \(type)", comparison(of: type), range)
    }

    private static func comparison(of type: CELType) -> String? {
        switch type.nonNull {
        case .string: "compare it, as in … != \"\""
        case .int, .uint, .double: "compare it, as in … > 0"
        case .list, .map: "compare its size, as in size(…) > 0"
        case .optional: "use .hasValue() or .orValue(false)"
        case .timestamp, .duration, .null: "compare it with something"
        default: nil
        }
    }

    static func branches(_ first: CELType, _ second: CELType, _ range: Range<Int>) -> Diagnostic {
        error(
            "the two branches have different types: \(first) and \(second)", "make them one type, or use dyn(…)", range)
    }

    static func notOptional(_ type: CELType, _ range: Range<Int>) -> Diagnostic {
        error("an optional value is needed here, not \(type)", "use .? or [?…] to read it", range)
    }

    static func index(_ operand: CELType, _ index: CELType, _ range: Range<Int>) -> Diagnostic {
        switch operand.nonNull {
        case .list: error("a list index must be int, not \(index)", nil, range)
        case .map(let key, _): error("this map has keys of type \(key), not \(index)", nil, range)
        case .string: error("a text cannot be indexed", "use text.charAt(i) or text.substring(from, to)", range)
        default: error("type '\(operand)' cannot be indexed", nil, range)
        }
    }

    static func notARange(_ type: CELType, _ range: Range<Int>) -> Diagnostic {
        error("cannot go over the elements of \(type)", "macros go over lists and maps", range)
    }

    static func result(_ type: CELType, expected: CELType, _ range: Range<Int>) -> Diagnostic {
        if expected == .bool { return needsBool("a condition", type, range) }
        return error("this must be \(expected), but it is \(type)", nil, range)
    }

    // Doubts

    static func unknownValue(
        _ value: String, of field: String, known: [String], isNegated: Bool, _ range: Range<Int>
    ) -> Diagnostic {
        let outcome = isNegated ? "this is always true" : "this is never true"
        let hint =
            Suggestion.closest(to: value, among: known).map { "did you mean \($0.celQuoted)?" }
            ?? "known: \(known.prefix(12).joined(separator: ", "))"
        return Diagnostic(
            .warning, "'\(field)' has no known value \(value.celQuoted): \(outcome)", hint: hint, range: range)
    }

    static func constantFails(_ error: EvaluationError, _ severity: Diagnostic.Severity, _ range: Range<Int>)
        -> Diagnostic
    {
        var hint: String?
        if error.message.contains("is no duration"), error.message.contains("d\"") {
            hint = "a duration has no days: write 24h for one"
        }
        return Diagnostic(severity, error.message, hint: hint, range: range)
    }
}

extension CELType {
    /// Whether a parameter of this type could ever take the type, going by the outermost kind.
    fileprivate func mayTake(_ type: CELType) -> Bool {
        switch (nonNull, type.nonNull) {
        case (.parameter, _), (.dyn, _), (_, .dyn), (_, .error), (_, .parameter): true
        case (.map, .object): true
        case (let own, let other): own.runtimeName == other.runtimeName
        }
    }
}

extension CELType {
    /// The type in a list of forms, where the names of type variables say nothing: `list`, not `list(T)`.
    fileprivate var family: String {
        switch self {
        case .list(.parameter), .list(.list(.parameter)): "list"
        case .map(.parameter, .parameter): "map"
        case .optional(.parameter): "optional"
        case .parameter: "any"
        default: description
        }
    }
}

extension [String] {
    fileprivate func uniqued() -> [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
