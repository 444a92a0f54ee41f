package import CEL

/// How much an alert matters; it orders, colours and routes.
package enum Severity: String, Sendable, CaseIterable {
    case info, warning, critical
}

/// Why a notification is sent; the `type` of a callback.
package enum NotificationReason: String, Sendable {
    case fired = "alert.fired"
    case resolved = "alert.resolved"
    case reminder = "alert.reminder"
}

/// One alert inside a notification, as it was when the notification was decided.
package struct AlertView: Sendable, Equatable {
    package var id: AlertID
    /// `firing` or `resolved`.
    package var state: String
    package var resource: ResourceKey
    /// When the condition began.
    package var since: Timestamp
    package var firedAt: Timestamp
    package var resolvedAt: Timestamp?
    /// Field paths that the change altered, such as `status` or `cost.amount`.
    package var changed: [String]
    /// The whole resource as the API sent it.
    package var current: CELValue
    /// The resource as it was before the change, or null.
    package var previous: CELValue
    /// Whether it is about a group of a window: there is no resource of its id.
    package var isGroup: Bool

    package init(
        id: AlertID, state: String, resource: ResourceKey, since: Timestamp, firedAt: Timestamp,
        resolvedAt: Timestamp?, changed: [String], current: CELValue, previous: CELValue, isGroup: Bool = false
    ) {
        self.id = id
        self.state = state
        self.resource = resource
        self.since = since
        self.firedAt = firedAt
        self.resolvedAt = resolvedAt
        self.changed = changed
        self.current = current
        self.previous = previous
        self.isGroup = isGroup
    }
}

/// What is said about one alert (or a digest of several), before any sink gives it a form.
package struct AlertNotification: Sendable, Equatable {
    package var id: NotificationID
    package var reason: NotificationReason
    /// When it was decided.
    package var timestamp: Timestamp
    package var rule: String
    package var severity: Severity
    /// In the order of the rule file.
    package var labels: [Label]
    /// The author's markup and the inserted literals, kept apart so that a sink can escape the literals.
    package var title: [TemplatePiece]
    package var text: [TemplatePiece]
    package var alerts: [AlertView]
    /// What a receiver that keeps one incident keys it by, where that is not the first alert's id: a group of alerts.
    package var group: String?

    package init(
        id: NotificationID, reason: NotificationReason, timestamp: Timestamp, rule: String, severity: Severity,
        labels: [Label], title: [TemplatePiece], text: [TemplatePiece], alerts: [AlertView]
    ) {
        self.id = id
        self.reason = reason
        self.timestamp = timestamp
        self.rule = rule
        self.severity = severity
        self.labels = labels
        self.title = title
        self.text = text
        self.alerts = alerts
    }
}

/// One entry of a rule's `labels:`.
package struct Label: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

extension [TemplatePiece] {
    /// The pieces up to `limit` characters, the last of them `…` where something was cut.
    func cut(to limit: Int) -> [TemplatePiece] {
        var left = limit
        var kept: [TemplatePiece] = []
        for piece in self {
            let text = piece.text
            // Counting is by far dearer than looking whether there can be too many.
            guard text.utf8.count > left, text.count > left else {
                left -= text.count
                kept.append(piece)
                continue
            }
            let shown = String(text.prefix(Swift.max(0, left - 1))) + "…"
            if case .markup = piece { kept.append(.markup(shown)) } else { kept.append(.literal(shown)) }
            return kept
        }
        return kept
    }

    /// The text with nothing escaped, for logs, tables and grammars that have no markup.
    package var plain: String {
        var result = ""
        for piece in self {
            switch piece {
            case .markup(let text), .literal(let text): result += text
            }
        }
        return result
    }
}
