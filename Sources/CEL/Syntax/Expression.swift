/// A parsed expression. Macros stay what the author wrote, so that errors, traces and ``text`` speak of the same thing.
package struct Expression: Sendable {
    package let kind: Kind
    /// Where it stands, in UTF-8 offsets of the source text.
    package let range: Range<Int>

    package init(kind: Kind, range: Range<Int>) {
        self.kind = kind
        self.range = range
    }

    package indirect enum Kind: Sendable {
        case literal(CELValue)
        /// `a`, or `.a` where it is looked up outside of all containers and macros.
        case identifier(String, isAbsolute: Bool)
        case select(Selection)
        /// `a[i]`, `a[?i]`
        case index(Expression, Expression, isOptional: Bool)
        /// `has(a.b)`
        case presence(Selection)
        case call(Call)
        case unary(UnaryOperator, Expression)
        case binary(BinaryOperator, Expression, Expression)
        /// A chain of `&&`, flat.
        case and([Expression])
        case or([Expression])
        case conditional(Expression, Expression, Expression)
        case list([ListElement])
        case map([MapEntry])
        /// `pkg.Message{field: value}`, which needs declarations that are not to be had here.
        case message(name: String, [MessageField])
        case comprehension(Comprehension)
        /// `cel.bind(v, e, body)`
        case bind(variable: String, Expression, body: Expression)
        /// `e.optMap(v, body)`, `e.optFlatMap(v, body)`
        case optionalMap(Expression, variable: String, body: Expression, isFlat: Bool)
        /// `cel.block([e0, e1], body)`, in which `cel.index(0)` is e0.
        case block([Expression], body: Expression)
    }

    package struct Selection: Sendable {
        package let operand: Expression
        package let field: String
        package let fieldRange: Range<Int>
        /// `a.?b`
        package let isOptional: Bool
    }

    package struct Call: Sendable {
        package let function: String
        package let functionRange: Range<Int>
        package let target: Expression?
        package let arguments: [Expression]
        /// `.f(x)`: looked up outside of all containers.
        package let isAbsolute: Bool
    }

    package struct ListElement: Sendable {
        package let value: Expression
        /// `[?e]`
        package let isOptional: Bool
    }

    package struct MapEntry: Sendable {
        package let key: Expression
        package let value: Expression
        /// `{?k: e}`
        package let isOptional: Bool
    }

    package struct MessageField: Sendable {
        package let name: String
        package let value: Expression
    }

    package struct Comprehension: Sendable {
        package let macro: Macro
        package let range: Expression
        /// One name for the element or key; two for index and element, or key and value.
        package let variables: [String]
        package let variableRanges: [Range<Int>]
        package let filter: Expression?
        package let body: Expression
    }

    package enum Macro: String, Sendable {
        case all, exists, existsOne, map, filter, transformList, transformMap, transformMapEntry, sortBy
    }
}

package enum UnaryOperator: String, Sendable {
    case not = "!"
    case negate = "-"
}

package enum BinaryOperator: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isIn = "in"
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case remainder = "%"

    /// The name of the operator among functions: `_+_`, `@in`.
    var function: String { self == .isIn ? "@in" : "_\(rawValue)_" }

    var precedence: Int {
        switch self {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual, .isIn: 3
        case .add, .subtract: 4
        case .multiply, .divide, .remainder: 5
        }
    }
}

extension Expression {
    /// `a.b.c` as a dotted name, if the expression is nothing but names and dots.
    var qualifiedName: (name: String, isAbsolute: Bool)? {
        switch kind {
        case .identifier(let name, let isAbsolute): return (name, isAbsolute)
        case .select(let selection) where !selection.isOptional:
            guard let (name, isAbsolute) = selection.operand.qualifiedName else { return nil }
            return (name + "." + selection.field, isAbsolute)
        default: return nil
        }
    }

    var isLiteral: Bool {
        if case .literal = kind { true } else { false }
    }

    /// The first name of a dotted name.
    var rootName: String? {
        switch kind {
        case .identifier(let name, let isAbsolute): isAbsolute ? nil : name
        case .select(let selection): selection.operand.rootName
        default: nil
        }
    }

    /// The direct parts, in the order in which they are written.
    package var children: [Expression] {
        switch kind {
        case .literal, .identifier: []
        case .select(let selection), .presence(let selection): [selection.operand]
        case .index(let operand, let index, _): [operand, index]
        case .call(let call): (call.target.map { [$0] } ?? []) + call.arguments
        case .unary(_, let operand): [operand]
        case .binary(_, let left, let right): [left, right]
        case .and(let operands), .or(let operands): operands
        case .conditional(let condition, let first, let second): [condition, first, second]
        case .list(let elements): elements.map(\.value)
        case .map(let entries): entries.flatMap { [$0.key, $0.value] }
        case .message(_, let fields): fields.map(\.value)
        case .comprehension(let macro): [macro.range] + (macro.filter.map { [$0] } ?? []) + [macro.body]
        case .bind(_, let value, let body): [value, body]
        case .optionalMap(let operand, _, let body, _): [operand, body]
        case .block(let values, let body): values + [body]
        }
    }

    /// Names that the expression itself gives to parts of it, inside which they hide variables.
    var boundNames: [String] {
        switch kind {
        case .comprehension(let macro): macro.variables
        case .bind(let variable, _, _), .optionalMap(_, let variable, _, _): [variable]
        default: []
        }
    }

    /// Whether the variable is used anywhere, not counting a macro's variable of the same name.
    package func references(_ name: String) -> Bool {
        if case .identifier(let candidate, _) = kind { return candidate == name }
        if boundNames.contains(name) { return children.first.map { $0.references(name) } ?? false }
        return children.contains { $0.references(name) }
    }

    /// How many expressions this one consists of, itself included.
    var size: Int { children.reduce(1) { $0 + $1.size } }
}
