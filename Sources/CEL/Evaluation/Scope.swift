/// The declared variables, each with its place in an activation, and how names find them (language definition,
/// section Name Resolution). Shared by checker, planner and activations.
final class Scope: Sendable {
    enum Resolution {
        case variable(slot: Int)
        case type(CELType)
    }

    let names: [String]
    let types: [CELType]
    let functions: [String: [Overload]]
    private let slots: [String: Int]
    private let container: [String]

    init(_ declarations: Declarations) {
        names = declarations.variables.map(\.name)
        types = declarations.variables.map(\.type)
        slots = Dictionary(names.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { _, last in last })
        container = declarations.container.split(separator: ".").map { String($0) }
        var functions = StandardLibrary.overloads
        for function in declarations.functions { functions[function.name, default: []] += function.overloads }
        self.functions = functions
    }

    func slot(of name: String) -> Int? { slots[name] }

    /// Finds a dotted name, in the container first.
    func resolve(_ name: String, isAbsolute: Bool) -> Resolution? {
        for candidate in candidates(name, isAbsolute) {
            if let slot = slots[candidate] { return .variable(slot: slot) }
            if let type = CELType.named[candidate] { return .type(type) }
        }
        return nil
    }

    func resolveFunction(_ name: String, isAbsolute: Bool) -> String? {
        candidates(name, isAbsolute).first { functions[$0] != nil || StandardLibrary.extrema.contains($0) }
    }

    /// In the container `a.b`, `x` may mean `a.b.x`, `a.x` or `x`.
    private func candidates(_ name: String, _ isAbsolute: Bool) -> [String] {
        if isAbsolute || container.isEmpty { return [name] }
        return (0...container.count).reversed().map { (container.prefix($0) + [name]).joined(separator: ".") }
    }
}

/// Names that macros bind, innermost last.
struct LocalNames<Value> {
    private var entries: [(name: String, value: Value)] = []

    subscript(name: String) -> Value? { entries.last { $0.name == name }?.value }

    var names: [String] { entries.map(\.name) }

    mutating func add(_ name: String, _ value: Value) { entries.append((name, value)) }
}

extension Expression {
    /// What a name or a dotted name means: the longest that is declared wins, but a macro's variable hides all that
    /// begin with its name.
    func declared<Value>(in scope: Scope, locals: LocalNames<Value>) -> Scope.Resolution? {
        guard let (name, isAbsolute) = qualifiedName else { return nil }
        if let root = rootName, locals[root] != nil { return nil }
        return scope.resolve(name, isAbsolute: isAbsolute)
    }
}

extension Expression.Call {
    /// The name of the function where what stands before the dot is a namespace, as in `math.abs(x)`.
    func namespaced<Value>(in scope: Scope, locals: LocalNames<Value>) -> String? {
        guard let target, let (prefix, isAbsolute) = target.qualifiedName else { return nil }
        if let root = target.rootName, locals[root] != nil { return nil }
        return scope.resolveFunction(prefix + "." + function, isAbsolute: isAbsolute)
    }
}
