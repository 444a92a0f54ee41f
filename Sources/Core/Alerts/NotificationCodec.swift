import CEL

/// The form in which a notification is stored: one JSON document, so that every attempt says the same.
package enum NotificationCodec {
    package static func encode(_ notification: AlertNotification) -> [UInt8] {
        var members: [(String, CELValue)] = [
            ("id", .string(notification.id.rawValue)),
            ("reason", .string(notification.reason.rawValue)),
            ("timestamp", .string(notification.timestamp.rfc3339)),
            ("rule", .string(notification.rule)),
            ("severity", .string(notification.severity.rawValue)),
            ("labels", .list(notification.labels.map { .list([.string($0.name), .string($0.value)]) })),
            ("title", pieces(notification.title)),
            ("text", pieces(notification.text)),
            ("alerts", .list(notification.alerts.map(alert))),
        ]
        if let group = notification.group { members.append(("group", .string(group))) }
        return JSON.serializedBytes(.map(CELMap(members)))
    }

    /// Nil when the document is not one that ``encode(_:)`` made.
    package static func decode(_ document: [UInt8]) -> AlertNotification? {
        guard case .map(let root)? = try? JSON.parse(document),
            let id = text(root["id"]), let reason = text(root["reason"]).flatMap(NotificationReason.init(rawValue:)),
            let timestamp = time(root["timestamp"]), let rule = text(root["rule"]),
            let severity = text(root["severity"]).flatMap(Severity.init(rawValue:)),
            case .list(let labels)? = root["labels"], case .list(let alerts)? = root["alerts"]
        else { return nil }
        var notification = AlertNotification(
            id: NotificationID(rawValue: id), reason: reason, timestamp: timestamp, rule: rule, severity: severity,
            labels: labels.compactMap(label), title: pieces(root["title"]), text: pieces(root["text"]),
            alerts: alerts.compactMap(alert))
        notification.group = text(root["group"])
        return notification
    }

    private static func pieces(_ pieces: [TemplatePiece]) -> CELValue {
        .list(
            pieces.map { piece in
                switch piece {
                case .markup(let text): .list([.string("m"), .string(text)])
                case .literal(let text): .list([.string("l"), .string(text)])
                }
            })
    }

    private static func pieces(_ value: CELValue?) -> [TemplatePiece] {
        guard case .list(let items)? = value else { return [] }
        return items.compactMap { item in
            guard case .list(let pair) = item, pair.count == 2, let content = text(pair[1]) else { return nil }
            return text(pair[0]) == "m" ? .markup(content) : .literal(content)
        }
    }

    private static func label(_ value: CELValue) -> Label? {
        guard case .list(let pair) = value, pair.count == 2, let name = text(pair[0]), let content = text(pair[1])
        else { return nil }
        return Label(name: name, value: content)
    }

    private static func alert(_ view: AlertView) -> CELValue {
        var members: [(String, CELValue)] = [
            ("id", .string(view.id.rawValue)),
            ("state", .string(view.state)),
            ("source", .string(view.resource.source)),
            ("kind", .string(view.resource.kind.rawValue)),
            ("resource_id", .string(view.resource.id)),
            ("since", .string(view.since.rfc3339)),
            ("fired_at", .string(view.firedAt.rfc3339)),
            ("resolved_at", view.resolvedAt.map { .string($0.rfc3339) } ?? .null),
            ("changed", .list(view.changed.map(CELValue.string))),
            ("self", view.current),
            ("old", view.previous),
        ]
        if view.isGroup { members.append(("is_group", .bool(true))) }
        return .map(CELMap(members))
    }

    private static func alert(_ value: CELValue) -> AlertView? {
        guard case .map(let members) = value, let id = text(members["id"]), let state = text(members["state"]),
            let source = text(members["source"]),
            let kind = text(members["kind"]).flatMap(ResourceKind.init(rawValue:)),
            let resource = text(members["resource_id"]), let since = time(members["since"]),
            let firedAt = time(members["fired_at"]), case .list(let changed)? = members["changed"]
        else { return nil }
        return AlertView(
            id: AlertID(rawValue: id), state: state, resource: ResourceKey(source: source, kind: kind, id: resource),
            since: since, firedAt: firedAt, resolvedAt: time(members["resolved_at"]),
            changed: changed.compactMap(text), current: members["self"] ?? .null, previous: members["old"] ?? .null,
            isGroup: members["is_group"] == .bool(true))
    }

    private static func text(_ value: CELValue?) -> String? {
        if case .string(let text)? = value { return text }
        return nil
    }

    private static func time(_ value: CELValue?) -> Timestamp? {
        text(value).flatMap { Timestamp(rfc3339: $0) }
    }
}
