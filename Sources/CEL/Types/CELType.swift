/// A type as the checker reasons about it.
package indirect enum CELType: Sendable, Hashable {
    /// Anything; checked only when evaluated.
    case dyn
    case null
    case bool
    case int
    case uint
    case double
    case string
    case bytes
    case timestamp
    case duration
    case list(CELType)
    case map(CELType, CELType)
    case object(ObjectType)
    /// The type of a type: `int` as a value has type `type(int)`.
    case type(CELType)
    case optional(CELType)
    /// The type, or null.
    case nullable(CELType)
    case opaque(String, [CELType])
    /// A type variable of an overload, or of an empty list whose elements are not known yet.
    case parameter(String)
    /// What an expression with an error has: it is compatible with everything, so that one mistake is reported once.
    case error

    static let address = CELType.opaque("net.IP", [])
    static let network = CELType.opaque("net.CIDR", [])
}

extension CELType: CustomStringConvertible {
    /// As a rule's author reads it: `list(string)`, `map(string, int)`, `Generation`.
    package var description: String {
        switch self {
        case .list(let element): "list(\(element))"
        case .map(let key, let value): "map(\(key), \(value))"
        case .object(let object): object.name
        case .type(let type): "type(\(type))"
        case .optional(let type): "optional(\(type))"
        case .nullable(let type): type.description
        case .opaque(let name, let parameters):
            parameters.isEmpty ? name : "\(name)(\(parameters.map(\.description).joined(separator: ", ")))"
        case .parameter(let name): name.hasPrefix("_") ? "dyn" : name
        case .timestamp: "timestamp"
        case .duration: "duration"
        case .null: "null"
        case .error: "dyn"
        default: runtimeName
        }
    }

    /// The name that the language definition gives the type of a value.
    var runtimeName: String {
        switch self {
        case .dyn, .error: "dyn"
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .list: "list"
        case .map: "map"
        case .object: "map"
        case .type: "type"
        case .optional: "optional_type"
        case .nullable(let type): type.runtimeName
        case .opaque(let name, _): name
        case .parameter(let name): name
        }
    }

    /// The type when it is not null.
    package var nonNull: CELType {
        if case .nullable(let type) = self { type } else { self }
    }

    /// The names of types that are values in an expression.
    static let named: [String: CELType] = [
        "bool": .bool, "int": .int, "uint": .uint, "double": .double, "string": .string, "bytes": .bytes,
        "list": .list(.dyn), "map": .map(.dyn, .dyn), "null_type": .null, "type": .type(.dyn),
        "google.protobuf.Timestamp": .timestamp, "google.protobuf.Duration": .duration,
        "optional_type": .optional(.dyn), "net.IP": .address, "net.CIDR": .network,
    ]
}
