package import CEL

extension ResourceSchema {
    /// A notification as expressions see it, with the names that the callback has. Times are timestamps.
    package static let notification = ResourceSchema(
        "Notification",
        [
            SchemaField("id", .text, "`ntf_…`, the same at every sink and every attempt"),
            SchemaField(
                "type", .text, "why it is sent", knownValues: ["alert.fired", "alert.resolved", "alert.reminder"]),
            SchemaField("timestamp", .time, "when it was decided"),
            SchemaField("title", .text, "the rendered title"),
            SchemaField("text", .text, "the rendered text"),
            SchemaField("severity", .text, "how much it matters", knownValues: Severity.allCases.map(\.rawValue)),
            SchemaField("rule", .object(notifyingRule), "the rule that says it"),
            SchemaField("alerts", .list(.object(notifiedAlert)), "what it is about; a digest has several"),
        ])

    private static let notifyingRule = ResourceSchema(
        "Rule",
        [
            SchemaField("name", .text, "the rule's name"),
            SchemaField("labels", .dictionary(.text), "the rule's labels"),
        ])

    private static let notifiedAlert = ResourceSchema(
        "Alert",
        [
            SchemaField("id", .text, "`alt_…`"),
            SchemaField("state", .text, "where it stands", knownValues: ["firing", "resolved"]),
            SchemaField("source", .text, "the source's name"),
            SchemaField("kind", .text, "the kind of resource", knownValues: ResourceKind.allCases.map(\.rawValue)),
            SchemaField("resource_id", .text, "the resource's id"),
            SchemaField("since", .time, "when the condition began"),
            SchemaField("fired_at", .time, "when it fired"),
            SchemaField("resolved_at", .time, "when it ended, or null"),
            SchemaField("changed", .list(.text), "the paths of the fields that changed"),
            SchemaField("self", .open, "the resource"),
            SchemaField("old", .open, "the resource before the change, or null"),
        ])

    /// The record of a callback's body, whose `data` holds all but its type and time; and what is not as documented.
    package static func notificationRecord(callback: CELValue) -> (record: CELRecord, misfits: [String]) {
        guard case .map(let envelope) = callback, case .map(let data)? = envelope["data"] else {
            return RecordBuilder.record(of: .null, schema: .notification)
        }
        var members = data.stringEntries
        for name in ["type", "timestamp"] { members.append((name, envelope[name] ?? .null)) }
        return RecordBuilder.record(of: .map(CELMap(members)), schema: .notification)
    }
}
