import CEL

/// A group at one moment, as conditions and texts see it.
struct WindowView: NotifiedThing {
    let rule: Rule
    let group: WindowGroup
    let source: String
    /// The moment that is looked at, and when that is done.
    let time: Timestamp
    let now: Timestamp
    private let window: Window
    private let measured: [CELValue]
    /// Resources that a notification names; found only when one is made.
    var samples: [String] = []
    let conditionActivation: Activation

    init(
        rule: Rule, window: Window, group: WindowContents.Group, source: String, time: Timestamp, now: Timestamp
    ) {
        self.rule = rule
        self.window = window
        self.group = group.key
        self.source = source
        self.time = time
        self.now = now
        let seconds = window.over / .seconds(1)
        measured = zip(window.measures, group.aggregates).map { $1.value(of: $0, seconds: seconds) }
        var activation = window.conditionEnvironment.activation()
        activation["now"] = .timestamp(time)
        activation["source"] = .string(source)
        for (key, value) in zip(window.keys, group.key.values) { activation[key.name] = value }
        for (measure, value) in zip(window.measures, measured) { activation[measure.name] = value }
        conditionActivation = activation
    }

    func nextFlip() -> Timestamp? {
        rule.clockUse.nextFlip(after: time, isSettled: false, activation: conditionActivation)
    }

    // As a notification tells it

    var activation: Activation {
        var activation = window.textEnvironment.activation(values)
        activation["now"] = .timestamp(time)
        activation["source"] = .string(source)
        return activation
    }

    private var values: [String: CELValue] {
        var values: [String: CELValue] = ["samples": .list(samples.map(CELValue.string))]
        for (key, value) in zip(window.keys, group.values) { values[key.name] = value }
        for (measure, value) in zip(window.measures, measured) { values[measure.name] = value }
        return values
    }

    func defaultTitle(of rule: Rule) -> [TemplatePiece] {
        [.markup("\(rule.name): "), .literal(window.keys.isEmpty ? source : group.text)]
    }

    var defaultText: [TemplatePiece] {
        var pieces: [TemplatePiece] = []
        for (measure, value) in zip(window.measures, measured) {
            pieces += [.markup("\(pieces.isEmpty ? "" : ", ")\(measure.name) "), .literal(value.inserted)]
        }
        if !samples.isEmpty { pieces += [.markup("; among them "), .literal(samples.joined(separator: ", "))] }
        return pieces
    }

    var changedPaths: [String] { [] }

    /// The `self` of the callback: the values of `by`, the measures, and samples.
    var currentValue: CELValue {
        let values = values
        let names = window.keys.map(\.name) + window.measures.map(\.name) + ["samples"]
        return .map(CELMap(names.map { ($0, values[$0] ?? .null) }))
    }

    var previousValue: CELValue { .null }
}
