/// A function that expressions can call: the argument types for the checker, and what it does.
///
/// The body sees values of any kind, since unchecked expressions and `dyn` reach it too; it answers a kind that it
/// does not take with `noMatchingOverload`.
struct LibraryFunction: Sendable {
    typealias Unary = @Sendable (inout CostMeter, CELValue) throws(EvaluationError) -> CELValue
    typealias Binary = @Sendable (inout CostMeter, CELValue, CELValue) throws(EvaluationError) -> CELValue
    typealias Variadic = @Sendable (inout CostMeter, [CELValue]) throws(EvaluationError) -> CELValue

    enum Body: Sendable {
        case constant(CELValue)
        case unary(Unary)
        case binary(Binary)
        case variadic(Variadic)
    }

    let name: String
    let overloads: [Overload]
    let body: Body

    /// `f(a, b)`
    static func global(_ name: String, _ overloads: [([CELType], CELType)], _ body: Body) -> LibraryFunction {
        LibraryFunction(
            name: name, overloads: overloads.map { Overload(isMember: false, parameters: $0.0, result: $0.1) },
            body: body)
    }

    /// `a.f(b)`
    static func member(_ name: String, _ overloads: [([CELType], CELType)], _ body: Body) -> LibraryFunction {
        LibraryFunction(
            name: name, overloads: overloads.map { Overload(isMember: true, parameters: $0.0, result: $0.1) },
            body: body)
    }

    /// `f(a, b)` and `a.f(b)` alike.
    static func both(_ name: String, _ overloads: [([CELType], CELType)], _ body: Body) -> [LibraryFunction] {
        [global(name, overloads, body), member(name, overloads, body)]
    }
}

/// All functions, found by name, form and number of arguments.
enum StandardLibrary {
    struct Key: Hashable {
        let name: String
        /// What stands before the dot counts.
        let argumentCount: Int
        let isMember: Bool
    }

    static let functions: [LibraryFunction] =
        conversions + sizes + textTests + strings + lists + sets + math + times + encoders + optionals + network

    static let bodies: [Key: LibraryFunction.Body] = {
        var bodies: [Key: LibraryFunction.Body] = [:]
        for function in functions {
            for overload in function.overloads {
                let key = Key(
                    name: function.name, argumentCount: overload.parameters.count, isMember: overload.isMember)
                bodies[key] = function.body
            }
        }
        return bodies
    }()

    /// Everything that can be called by a name, operators included.
    static let overloads: [String: [Overload]] = {
        var overloads = Operators.overloads
        for function in functions { overloads[function.name, default: []] += function.overloads }
        return overloads
    }()

    /// Functions with any number of arguments, all numbers or one list of them.
    static let extrema: Set<String> = ["math.greatest", "math.least"]
}
