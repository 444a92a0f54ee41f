/// A value of the Common Expression Language.
///
/// `==` here is for tests and diffs: same kind and same value, so `int` 1 is not `double` 1.0 and NaN is NaN. What an
/// expression means by `==` is ``celEquals(_:)``.
package enum CELValue: Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case timestamp(CELTimestamp)
    case duration(CELDuration)
    case list([CELValue])
    case map(CELMap)
    /// An object of a declared type; in an expression it reads as a map of its fields that are there.
    case record(CELRecord)
    case type(CELType)
    indirect case optional(CELValue?)
    indirect case address(IPAddress)
    indirect case network(IPNetwork)
}

extension CELValue {
    /// The type of the value itself, without the types of what it holds: any list is `list(dyn)`.
    package var type: CELType {
        switch self {
        case .null: .null
        case .bool: .bool
        case .int: .int
        case .uint: .uint
        case .double: .double
        case .string: .string
        case .bytes: .bytes
        case .timestamp: .timestamp
        case .duration: .duration
        case .list: .list(.dyn)
        case .map, .record: .map(.dyn, .dyn)
        case .type: .type(.dyn)
        case .optional: .optional(.dyn)
        case .address: .address
        case .network: .network
        }
    }

    /// The name that `type(x)` prints, such as `google.protobuf.Timestamp`.
    var typeName: String { type.runtimeName }

    /// What a person calls the kind of the value.
    var kindName: String {
        switch self {
        case .list: "list"
        case .map, .record: "map"
        case .type: "type"
        case .optional: "optional"
        default: type.description
        }
    }

    package var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// Text, a list, a map or a number that is empty or zero: what `optional.ofNonZeroValue` leaves out.
    var isZero: Bool {
        switch self {
        case .null: true
        case .bool(let value): !value
        case .int(let value): value == 0
        case .uint(let value): value == 0
        case .double(let value): value == 0
        case .string(let value): value.isEmpty
        case .bytes(let value): value.isEmpty
        case .timestamp(let value): value.seconds == 0 && value.nanoseconds == 0
        case .duration(let value): value.nanoseconds == 0
        case .list(let value): value.isEmpty
        case .map(let value): value.count == 0
        case .record(let value): value.count == 0
        case .optional(let value): value == nil
        case .type, .address, .network: false
        }
    }
}

extension CELValue: Hashable {
    package static func == (left: CELValue, right: CELValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.uint(let a), .uint(let b)): a == b
        case (.double(let a), .double(let b)): a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
        case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
        case (.bytes(let a), .bytes(let b)): a == b
        case (.timestamp(let a), .timestamp(let b)): a == b
        case (.duration(let a), .duration(let b)): a == b
        case (.list(let a), .list(let b)): a == b
        case (.map(let a), .map(let b)): a == b
        case (.record(let a), .record(let b)): a.map == b.map
        case (.type(let a), .type(let b)): a == b
        case (.optional(let a), .optional(let b)): a == b
        case (.address(let a), .address(let b)): a == b
        case (.network(let a), .network(let b)): a == b
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(typeName)
        switch self {
        case .null, .type, .optional: break
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(value)
        case .uint(let value): hasher.combine(value)
        case .double(let value): hasher.combine(value.isNaN ? 0 : value)
        case .string(let value): value.withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        case .bytes(let value): hasher.combine(value)
        case .timestamp(let value): hasher.combine(value)
        case .duration(let value): hasher.combine(value)
        case .list(let value): hasher.combine(value)
        case .map(let value): hasher.combine(value.count)
        case .record(let value): hasher.combine(value.count)
        case .address(let value): hasher.combine(value)
        case .network(let value): hasher.combine(value)
        }
    }
}

extension CELValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: CELValue...) { self = .list(elements) }
}
