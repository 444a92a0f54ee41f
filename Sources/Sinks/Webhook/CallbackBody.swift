import CEL
import Core
import Transport

/// The JSON in which a notification goes to programs: the callback, and the lines of the `file` kind.
///
/// Resources are passed on whole, as the API sent them. Title and text are normalised, not cut.
enum CallbackBody {
    static func event(_ notification: AlertNotification) -> CELValue {
        .map(
            CELMap([
                ("type", .string(notification.reason.rawValue)),
                ("timestamp", .string(notification.timestamp.rfc3339)),
                ("data", data(notification)),
            ]))
    }

    /// A CloudEvents 1.0 structured event with the same `type` and `data`.
    static func cloudEvent(_ notification: AlertNotification) -> CELValue {
        let source = notification.alerts.first?.resource.source ?? ""
        var members: [(String, CELValue)] = [
            ("specversion", "1.0"),
            ("id", .string(notification.id.rawValue)),
            // A URI reference is all that is asked for; a source's name may hold anything.
            ("source", .string("/auspex/sources/\(PercentEncoding.encode(source))")),
            ("type", .string(notification.reason.rawValue)),
            ("time", .string(notification.timestamp.rfc3339)),
            ("datacontenttype", "application/json"),
        ]
        if notification.alerts.count == 1, let id = notification.alerts.first?.resource.id, !id.isEmpty {
            members.append(("subject", .string(TextNormaliser.oneLine(id))))
        }
        members.append(("data", data(notification)))
        return .map(CELMap(members))
    }

    /// The same event in binary mode: its data, and its attributes as header fields.
    static func binaryCloudEvent(_ notification: AlertNotification) -> (data: CELValue, fields: [HeaderField]) {
        guard case .map(let event) = cloudEvent(notification) else { return (.null, []) }
        let fields = event.members.compactMap { member -> HeaderField? in
            guard !["data", "datacontenttype"].contains(member.0) else { return nil }
            return HeaderField("ce-\(member.0)", PercentEncoding.encodeAttribute(member.1.inserted))
        }
        return (event["data"] ?? .null, fields)
    }

    private static func data(_ notification: AlertNotification) -> CELValue {
        .map(
            CELMap([
                ("id", .string(notification.id.rawValue)),
                ("title", .string(notification.title.normalised.plain)),
                ("text", .string(notification.text.normalised.plain)),
                ("severity", .string(notification.severity.rawValue)),
                (
                    "rule",
                    .map(
                        CELMap([
                            ("name", .string(notification.rule)),
                            ("labels", .map(CELMap(notification.labels.map { ($0.name, .string($0.value)) }))),
                        ]))
                ),
                ("alerts", .list(notification.alerts.map(alert))),
            ]))
    }

    private static func alert(_ alert: AlertView) -> CELValue {
        .map(
            CELMap([
                ("id", .string(alert.id.rawValue)),
                ("state", .string(alert.state)),
                ("source", .string(alert.resource.source)),
                ("kind", .string(alert.resource.kind.rawValue)),
                ("resource_id", .string(alert.resource.id)),
                ("since", .string(alert.since.rfc3339)),
                ("fired_at", .string(alert.firedAt.rfc3339)),
                ("resolved_at", alert.resolvedAt.map { .string($0.rfc3339) } ?? .null),
                ("changed", .list(alert.changed.map { .string($0) })),
                ("self", alert.current),
                ("old", alert.previous),
            ]))
    }
}
