package import CEL

/// The names by which silences and `group_by` speak of an alert.
package enum AlertScope {
    /// The environment in which such expressions are compiled.
    package static let environment = Environment(declarations)

    /// Each name stands alone, and as a member of `alert`.
    package static let declarations = Declarations(
        variables: ResourceSchema.openAlert.fields.map { ($0.name, $0.kind.type) } + [
            ("alert", .object(ResourceSchema.openAlert.objectType))
        ])

    /// The values for the first alert that a notification is about.
    package static func activation(of notification: AlertNotification) -> Activation {
        let view = notification.alerts.first
        let labels = CELValue.map(CELMap(notification.labels.map { ($0.name, .string($0.value)) }))
        let rule = CELValue.record(
            CELRecord(
                shape: ResourceSchema.silencedRule.objectType.shape, values: [.string(notification.rule), labels]))
        let values: [CELValue?] = [
            .string(view?.id.rawValue ?? ""), rule, .string(notification.severity.rawValue), labels,
            .string(view?.resource.source ?? ""), .string(view?.resource.kind.rawValue ?? ""),
            .string(view?.resource.id ?? ""), .string(notification.title.plain),
            (view?.since).map(CELValue.timestamp), view?.current ?? .null,
        ]
        var activation = environment.activation()
        for (field, value) in zip(ResourceSchema.openAlert.fields, values) { activation[field.name] = value }
        activation["alert"] = .record(CELRecord(shape: ResourceSchema.openAlert.objectType.shape, values: values))
        return activation
    }
}

extension ResourceSchema {
    /// What silences and `group_by` may ask of an alert. The order is that of ``AlertScope/activation(of:)``.
    package static let openAlert = ResourceSchema(
        "Alert",
        [
            SchemaField("id", .text, "`alt_…`"),
            SchemaField("rule", .object(silencedRule), "the rule that fires"),
            SchemaField("severity", .text, "how much it matters", knownValues: Severity.allCases.map(\.rawValue)),
            SchemaField("labels", .dictionary(.text), "the rule's labels, the same as `rule.labels`"),
            SchemaField("source", .text, "the source's name; `auspex` for a sink"),
            SchemaField("kind", .text, "the kind of resource", knownValues: ResourceKind.allCases.map(\.rawValue)),
            SchemaField("resource_id", .text, "the resource's id, or the group of a window"),
            SchemaField("title", .text, "the title as it is told"),
            SchemaField("since", .time, "when the condition began"),
            SchemaField("self", .open, "the resource as the API sent it"),
        ])

    fileprivate static let silencedRule = ResourceSchema(
        "Rule",
        [
            SchemaField("name", .text, "the rule's name"),
            SchemaField("labels", .dictionary(.text), "the rule's labels"),
        ])
}
