package import CEL

/// A person's word that certain alerts are not to be told for a while.
package struct Silence: Sendable {
    /// `sil_…`
    package var id: String
    /// A condition over the alert, in the names of ``AlertScope``.
    package var expression: String
    package var startsAt: Timestamp
    package var endsAt: Timestamp
    package var author: String
    package var comment: String
    package var createdAt: Timestamp
    /// The sinks that are told when it begins and when it ends.
    package var announce: [String]
    private let program: Program?

    /// The id follows from what is said and when, so that a repeated command makes no second one.
    package init(
        expression: String, startsAt: Timestamp, endsAt: Timestamp, author: String, comment: String,
        createdAt: Timestamp, announce: [String] = [], id: String? = nil
    ) {
        self.id =
            id
            ?? "sil_"
            + DerivedID.text(of: [expression, startsAt.rfc3339, endsAt.rfc3339, author, comment, createdAt.rfc3339])
        self.expression = expression
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.author = author
        self.comment = comment
        self.createdAt = createdAt
        self.announce = announce
        program = Silence.compile(expression).program
    }

    /// Checks an expression before it is made a silence.
    package static func compile(_ expression: String) -> Compilation {
        AlertScope.environment.compile(expression, expecting: .bool)
    }

    package enum State: String, Sendable { case pending, active, ended }

    package func state(at now: Timestamp) -> State {
        if now >= endsAt { return .ended }
        return now < startsAt ? .pending : .active
    }

    /// Whether it covers an alert. Where the expression has no value it does not: what is doubtful is told.
    package func covers(_ alert: Activation) -> Bool {
        guard let program else { return false }
        return (try? program.evaluateBool(alert)) ?? false
    }
}

extension Silence {
    /// How a sink is told that it begins, or that it is over.
    package func announcement(begins: Bool, at now: Timestamp) -> AlertNotification {
        let view = AlertView(
            id: AlertID(rawValue: id), state: begins ? "firing" : "resolved",
            resource: ResourceKey(source: ResourceKey.ownSource, kind: .sink, id: id), since: startsAt,
            firedAt: startsAt, resolvedAt: begins ? nil : now, changed: [], current: document, previous: .null)
        let what: [TemplatePiece] =
            comment.isEmpty ? [.literal(expression)] : [.literal(comment)]
        let title: [TemplatePiece] =
            begins ? [.markup("Silence until \(endsAt.rfc3339): ")] + what : [.markup("Silence: ")] + what
        let by: [TemplatePiece] = author.isEmpty ? [] : [.markup("\nBy: "), .literal(author)]
        return AlertNotification(
            id: NotificationID(alert: AlertID(rawValue: id), sequence: begins ? 1 : 2),
            reason: begins ? .fired : .resolved, timestamp: now, rule: "silence", severity: .info, labels: [],
            title: title, text: [.markup("Alerts: "), .literal(expression)] + by, alerts: [view])
    }

    /// The silence as programs see it.
    package var document: CELValue {
        .map(
            CELMap([
                ("id", .string(id)), ("expression", .string(expression)), ("starts_at", .string(startsAt.rfc3339)),
                ("ends_at", .string(endsAt.rfc3339)), ("author", .string(author)), ("comment", .string(comment)),
                ("created_at", .string(createdAt.rfc3339)), ("announce", .list(announce.map(CELValue.string))),
            ]))
    }
}
