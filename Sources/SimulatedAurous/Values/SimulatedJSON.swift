/// A JSON value whose objects keep the order of their members, so that what a test puts is what the API serves.
package indirect enum SimulatedJSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    case array([SimulatedJSON])
    case object([Member])
    /// Written as it stands, valid or not: numbers of any size, and rows that are no JSON at all.
    case verbatim(String)

    /// One name and value of an object. A name may occur twice, as JSON itself allows.
    package struct Member: Hashable, Sendable {
        package var name: String
        package var value: SimulatedJSON

        package init(_ name: String, _ value: SimulatedJSON) {
            self.name = name
            self.value = value
        }
    }

    /// The member of an object, nil where it is absent or this is no object. Setting nil removes it, setting a value
    /// keeps its place or appends it; on anything but an object setting does nothing.
    package subscript(name: String) -> SimulatedJSON? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.name == name }?.value
        }
        set {
            guard case .object(var members) = self else { return }
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name, value))
            case (nil, nil): return
            }
            self = .object(members)
        }
    }

    /// The text of a string, nil for anything else.
    package var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// A whole number of 64 bits, also one that was written as 4.0.
    package var integer: Int64? {
        switch self {
        case .int(let value): value
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// Any number but a verbatim one.
    package var number: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The elements of an array, nil for anything else.
    package var elements: [SimulatedJSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members of an object in their order, nil for anything else.
    package var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }
}

extension SimulatedJSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: SimulatedJSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, SimulatedJSON)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}
