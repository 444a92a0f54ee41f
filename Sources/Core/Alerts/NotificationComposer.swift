import CEL

/// Puts into words what became of an alert, and for whom.
struct NotificationComposer {
    let rule: Rule
    let context: any NotifiedThing

    /// Adds the notification that `transition` calls for, if any, and notes in the record what was said to whom.
    func say(_ transition: AlertTransition, about record: inout AlertRecord, into decision: inout Decision) {
        let title = rendered(
            rule.title, fallback: context.defaultTitle(of: rule), what: "title",
            limit: NotificationLimits.titleCharacters)
        // A text in the store ends at the first NUL.
        let plain = title.plain.replacing("\0", with: "\u{FFFD}")
        record.title = String(plain.prefix(NotificationLimits.titleCharacters))
        switch transition {
        case .fired:
            record.told = rule.notify
            record.owesResolve = rule.sendsResolved
            add(.fired, to: rule.notify, title: title, record: &record, into: &decision)
        case .reminded:
            for sink in rule.notify where !record.addressed.contains(sink) { record.told.append(sink) }
            add(.reminder, to: rule.notify, title: title, record: &record, into: &decision)
        case .resolved:
            guard rule.sendsResolved || record.owesResolve else { return }
            add(.resolved, to: record.addressed, title: title, record: &record, into: &decision)
        }
    }

    private func add(
        _ reason: NotificationReason, to sinks: [String], title: [TemplatePiece], record: inout AlertRecord,
        into decision: inout Decision
    ) {
        guard !sinks.isEmpty else { return }
        let text = rendered(
            rule.text, fallback: context.defaultText, what: "text", limit: NotificationLimits.textCharacters)
        NotificationComposer.add(
            Words(
                reason: reason, rule: rule.name, severity: rule.severity, labels: rule.labels, title: title, text: text),
            to: sinks, record: &record, context: context, into: &decision)
    }

    /// A text that fails to render is replaced by a plain one that says so; the notification still goes out.
    private func rendered(
        _ template: Template?, fallback: [TemplatePiece], what: String, limit: Int
    ) -> [TemplatePiece] {
        guard let template else { return fallback }
        do {
            return try template.render(context.activation).cut(to: limit)
        } catch {
            let apology = TemplatePiece.markup(" (the rule's \(what) could not be rendered: ")
            return fallback + [apology, .literal(error.message), .markup(")")]
        }
    }
}

extension NotificationComposer {
    /// What is said, without about whom.
    struct Words {
        var reason: NotificationReason
        var rule: String
        var severity: Severity
        var labels: [Label]
        var title: [TemplatePiece]
        var text: [TemplatePiece]
    }

    /// Says that an alert ended because its rule is not in force any more.
    static func sayOrphanEnded(_ record: inout AlertRecord, context: any NotifiedThing, into decision: inout Decision) {
        guard record.owesResolve, !record.addressed.isEmpty else { return }
        let words = Words(
            reason: .resolved, rule: record.rule, severity: record.severity, labels: [],
            title: [.literal(record.title)],
            text: [.markup("It is no longer watched by this rule, so the alert has ended.")])
        add(words, to: record.addressed, record: &record, context: context, into: &decision)
    }

    private static func add(
        _ words: Words, to sinks: [String], record: inout AlertRecord, context: any NotifiedThing,
        into decision: inout Decision
    ) {
        record.sequence += 1
        let view = AlertView(
            id: record.id, state: words.reason == .resolved ? "resolved" : "firing", resource: record.resource,
            since: record.since, firedAt: record.firedAt ?? context.now, resolvedAt: record.resolvedAt,
            changed: Array(context.changedPaths.prefix(NotificationLimits.changedPaths)), current: context.currentValue,
            previous: context.previousValue, isGroup: record.members != nil)
        let notification = AlertNotification(
            id: NotificationID(alert: record.id, sequence: record.sequence), reason: words.reason,
            timestamp: context.now, rule: words.rule, severity: words.severity, labels: words.labels,
            title: words.title, text: words.text, alerts: [view])
        decision.notifications.append(
            DecidedNotification(notification: notification, sinks: sinks, sequence: record.sequence))
    }
}
