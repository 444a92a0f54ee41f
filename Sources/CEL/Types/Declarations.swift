/// A field of an object, as rules see it.
package struct FieldDeclaration: Sendable {
    package let name: String
    package let type: CELType
    /// Whether the field can be null: then `field == null` is allowed, and other uses fail when it is.
    package let nullable: Bool
    /// Values that are known today, of an open set: comparing with another one is a warning.
    package let knownValues: [String]
    package let documentation: String

    package init(
        _ name: String, _ type: CELType, nullable: Bool = false, knownValues: [String] = [], documentation: String = ""
    ) {
        self.name = name
        self.type = type
        self.nullable = nullable
        self.knownValues = knownValues
        self.documentation = documentation
    }

    var checkedType: CELType { nullable ? .nullable(type) : type }
}

/// A kind of object: its fields are all the fields there are.
package final class ObjectType: Sendable {
    package let name: String
    package let fields: [FieldDeclaration]
    /// Records of this shape are read by position.
    package let shape: RecordShape

    package init(name: String, fields: [FieldDeclaration]) {
        self.name = name
        self.fields = fields
        shape = RecordShape(name: name, fields: fields.map(\.name))
    }

    package subscript(field: String) -> FieldDeclaration? {
        shape.index(of: field).map { fields[$0] }
    }
}

extension ObjectType: Hashable {
    package static func == (left: ObjectType, right: ObjectType) -> Bool { left === right || left.name == right.name }
    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// What an expression may refer to.
package struct Declarations: Sendable {
    package typealias Variable = (name: String, type: CELType)

    /// Names may be qualified (`a.b.c`); the longest that fits an expression wins.
    package var variables: [Variable]
    /// Overloads without an implementation, for the checker alone; the standard functions are always there.
    package var functions: [FunctionDeclaration]
    /// The namespace in which names are looked up first: in `a.b`, `x` is `a.b.x`, `a.x` or `x`.
    package var container: String

    package init(variables: [Variable] = [], functions: [FunctionDeclaration] = [], container: String = "") {
        self.variables = variables
        self.functions = functions
        self.container = container
    }

    /// The variable, or the declaration put in the place of an earlier one of that name.
    package mutating func declare(_ name: String, _ type: CELType) {
        variables.removeAll { $0.name == name }
        variables.append((name, type))
    }
}

/// A function and the argument types that it takes.
package struct FunctionDeclaration: Sendable {
    package let name: String
    package let overloads: [Overload]

    package init(name: String, overloads: [Overload]) {
        self.name = name
        self.overloads = overloads
    }
}

/// One way to call a function. For a member function the first parameter is what stands before the dot.
package struct Overload: Sendable {
    package let isMember: Bool
    package let parameters: [CELType]
    package let result: CELType

    package init(isMember: Bool = false, parameters: [CELType], result: CELType) {
        self.isMember = isMember
        self.parameters = parameters
        self.result = result
    }
}
