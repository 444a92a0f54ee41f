import CEL

/// What a notification can be about: a resource, or a group of them, at one moment.
protocol NotifiedThing {
    /// For the rule's texts.
    var activation: Activation { get }
    var now: Timestamp { get }
    var changedPaths: [String] { get }
    /// The callback's `self` and `old`.
    var currentValue: CELValue { get }
    var previousValue: CELValue { get }
    func defaultTitle(of rule: Rule) -> [TemplatePiece]
    var defaultText: [TemplatePiece] { get }
}

extension ObservationContext: NotifiedThing {
    var changedPaths: [String] { change.paths }
    var currentValue: CELValue { view.raw }
    var previousValue: CELValue { previousRaw }

    func defaultTitle(of rule: Rule) -> [TemplatePiece] {
        var pieces: [TemplatePiece] = [
            .markup("\(rule.name): \(snapshot.key.kind.rawValue) "), .literal(snapshot.key.id),
        ]
        if !snapshot.status.isEmpty {
            pieces += [.markup(" is "), .literal(snapshot.isGone ? "gone" : snapshot.status)]
        }
        return pieces
    }

    var defaultText: [TemplatePiece] {
        guard case .string(let message)? = view.record["error_message"] else { return [] }
        return [.literal(message)]
    }
}
