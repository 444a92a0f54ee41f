import CEL

/// One of the notifications that a digest stands for.
package struct DigestItem: Sendable, Equatable {
    package var rule: String
    package var reason: NotificationReason
    package var severity: Severity
    package var title: String

    package init(rule: String, reason: NotificationReason, severity: Severity, title: String) {
        self.rule = rule
        self.reason = reason
        self.severity = severity
        self.title = title
    }
}

/// Puts into one notification what so many that wait for a sink would have said.
package enum DigestComposer {
    /// Rules and titles that are named; the rest is counted.
    package static let namedRules = 20
    package static let namedTitles = 20

    /// - Parameters:
    ///   - id: what makes it this digest: the same waiting notifications give the same id.
    ///   - items: oldest first, at least one.
    ///   - alerts: the newest views of some of the alerts, for sinks that show or pass on more than a text.
    package static func digest(
        id: NotificationID, sink: String, items: [DigestItem], alerts: [AlertView], at now: Timestamp
    ) -> AlertNotification {
        let severity = Severity.allCases.last { severity in items.contains { $0.severity == severity } } ?? .info
        let allResolved = items.allSatisfy { $0.reason == .resolved }
        var latest: [AlertView] = []
        for view in alerts.reversed() where !latest.contains(where: { $0.id == view.id }) { latest.append(view) }
        return AlertNotification(
            id: id, reason: allResolved ? .resolved : .fired, timestamp: now, rule: "digest", severity: severity,
            labels: [], title: [.markup("Digest: \(items.count) notifications waited for "), .literal(sink)],
            text: text(items), alerts: latest.reversed())
    }

    private static func text(_ items: [DigestItem]) -> [TemplatePiece] {
        var counts: [String: [NotificationReason: Int]] = [:]
        for item in items { counts[item.rule, default: [:]][item.reason, default: 0] += 1 }
        let rules = counts.map { (name: $0.key, counts: $0.value, all: $0.value.values.reduce(0, +)) }
            .sorted { ($1.all, $0.name) < ($0.all, $1.name) }
        var pieces: [TemplatePiece] = [.markup("By rule:")]
        for rule in rules.prefix(namedRules) {
            let parts = [NotificationReason.fired, .resolved, .reminder].compactMap { reason in
                rule.counts[reason].map { "\($0) \(word(reason))" }
            }
            pieces += [.markup("\n- "), .literal(rule.name), .markup(": \(parts.joined(separator: ", "))")]
        }
        if rules.count > namedRules { pieces.append(.markup("\n- and \(rules.count - namedRules) other rules")) }
        pieces.append(.markup("\nThe latest:"))
        for item in items.suffix(namedTitles) {
            pieces += [.markup("\n- \(word(item.reason)): "), .literal(item.title)]
        }
        if items.count > namedTitles { pieces.append(.markup("\n- and \(items.count - namedTitles) before them")) }
        return pieces
    }

    private static func word(_ reason: NotificationReason) -> String {
        switch reason {
        case .fired: "fired"
        case .resolved: "resolved"
        case .reminder: "still firing"
        }
    }
}
