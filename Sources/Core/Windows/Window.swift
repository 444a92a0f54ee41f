package import CEL

/// The part of a rule that makes it look at many resources at once: how far back, apart by what, and what it measures.
package final class Window: Sendable {
    package let over: Duration
    package let keys: [WindowKey]
    package let measures: [Measure]
    /// What the condition can ask about, and what texts can.
    package let conditionEnvironment: Environment
    package let textEnvironment: Environment
    let length: Int64
    /// The measures that take a value, as bits.
    let valued: UInt32

    package init(over: Duration, keys: [WindowKey], measures: [Measure]) {
        self.over = over
        self.keys = keys
        self.measures = measures
        length = Int64((over / .microseconds(1)).rounded())
        valued = measures.enumerated().reduce(0) { $1.element.value == nil ? $0 : $0 | 1 << UInt32($1.offset) }
        var variables: [Declarations.Variable] = [("now", .timestamp), ("source", .string)]
        variables += keys.map { ($0.name, $0.program.resultType) }
        variables += measures.map { ($0.name, $0.resultType) }
        conditionEnvironment = Environment(Declarations(variables: variables))
        textEnvironment = Environment(Declarations(variables: variables + [("samples", .list(.string))]))
    }

    /// Changes when the same resources may measure otherwise.
    package var identity: String {
        DerivedID.text(
            of: ["\(over)"] + keys.flatMap { ["by", $0.name, $0.program.text] }
                + measures.flatMap { ["measure", $0.name, $0.text] })
    }

    /// The names that keys and measures cannot have: others that a condition or a text can use.
    package static let takenNames = ["now", "source", "samples", "self", "old", "since"]
}

/// One entry of a rule's `by:`: by what resources are told apart.
package struct WindowKey: Sendable {
    package let name: String
    package let program: Program

    package init(name: String, program: Program) {
        self.name = name
        self.program = program
    }
}

/// The named limits of windows.
package enum WindowLimits {
    /// The longest `over`.
    package static let longest = Duration.seconds(31 * 86400)
    package static let keys = 8
    package static let measures = 32
    /// Groups of one rule and source at a time. Those that come when there are so many are not looked at.
    package static let groups = 10_000
    /// Contributions in one rule's window of one source. While there are more, its condition is unknown.
    package static let contributions = 2_000_000
    /// Resources that an alert names.
    package static let samples = 10
    /// How much of a group's value is in its name, in bytes of UTF-8.
    package static let groupBytes = 200
}

/// What resources are counted together: the values of `by`, and the name made of them.
package struct WindowGroup: Sendable, Equatable {
    /// Unique among a rule's groups; the `resource_id` of its alerts: `inference_type=t2i`, `all` without `by`.
    package let text: String
    package let values: [CELValue]

    init(keys: [WindowKey], values: [CELValue]) {
        self.values = values
        text =
            keys.isEmpty
            ? WindowGroup.all
            : zip(keys, values).map { "\($0.name)=\(WindowGroup.written($1))" }.joined(separator: ",")
    }

    package static let all = "all"

    private static let plainWords: Set<String> = ["null", "true", "false", ""]

    /// As it is where nobody can take it for something else; in quotes, and cut, where it could be.
    private static func written(_ value: CELValue) -> String {
        guard case .string(let text) = value else { return value.inserted }
        let isPlain =
            !plainWords.contains(text) && Double(text) == nil
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.value >= 0x20 && scalar.value != 0x7f && scalar != "," && scalar != "\"" && scalar != "="
            }
        let shown = isPlain ? text : JSON.serialize(value)
        guard shown.utf8.count > WindowLimits.groupBytes else { return shown }
        return shown.prefix(WindowLimits.groupBytes / 4) + "…" + DerivedID.text(of: [text]).prefix(12)
    }

    /// The values as an alert keeps them.
    func members(keys: [WindowKey]) -> CELMap { CELMap(zip(keys, values).map { ($0.name, $1) }) }

    /// Reads what ``members(keys:)`` gave and JSON kept; nil where the rule has other keys now.
    init?(members: CELMap, keys: [WindowKey]) {
        guard members.count == keys.count else { return nil }
        var values: [CELValue] = []
        for key in keys {
            guard let value = members[key.name] else { return nil }
            switch (value, key.program.resultType.nonNull) {
            case (.int(let number), .double): values.append(.double(Double(number)))
            case (.int(let number), .uint): values.append(UInt64(exactly: number).map(CELValue.uint) ?? value)
            default: values.append(value)
            }
        }
        self.init(keys: keys, values: values)
    }
}
