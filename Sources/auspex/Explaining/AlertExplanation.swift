import CEL
import Core
import Store

/// Why an alert is as it is: its steps, who was told and with what success, and what its rule saw.
struct AlertExplanation: Explanation {
    struct Delivery: Sendable {
        var line: DeliveryLine
        var journal: [JournalLine]
    }

    var alert: AlertRecord
    var journal: [JournalLine]
    var deliveries: [Delivery]
    /// What was seen of its resource while it was open.
    var looks: [ResourceLook]

    var text: String {
        let about = "\(alert.resource.kind.rawValue) \(alert.resource.id) of \(alert.resource.source)"
        var lines = [
            "\(alert.id.rawValue)  \(alert.phase.rawValue), \(alert.severity.rawValue)",
            "  " + ExplanationText.line("\(alert.rule), about \(about)"),
            "  " + ExplanationText.line(alert.title), "", "What happened",
        ]
        lines += ExplanationText.timeline(events)
        if let due = alert.dueAt, alert.isOpen { lines.append("  \(due.rfc3339)  it is looked at again") }
        if alert.isOpen, alert.owesResolve {
            lines.append("  its end is owed to \(alert.told.joined(separator: ", "))")
        }
        guard let first = looks.first?.rules.first(where: { $0.rule == alert.rule }) else {
            return (lines + ["", "What its rule saw then is not kept any more."]).joined(separator: "\n")
        }
        lines += ["", "Why, at \(looks[0].at.rfc3339)"] + ExplanationText.look(first)
        if looks.count > 1, let last = looks.last, let now = last.rules.first(where: { $0.rule == alert.rule }) {
            lines += ["", "And last, at \(last.at.rfc3339)"] + ExplanationText.look(now)
        }
        return lines.joined(separator: "\n")
    }

    private var events: [ExplanationText.Event] {
        var events = journal.filter { $0.step != .told }.map { ExplanationText.Event(at: $0.at, what: $0.words) }
        for delivery in deliveries {
            let record = delivery.line.record
            events.append(
                ExplanationText.Event(
                    at: record.createdAt, what: "\(record.sink) is told: \(delivery.line.title) (\(record.id.rawValue))"
                ))
            events += delivery.journal.map { ExplanationText.Event(at: $0.at, what: "\(record.sink): \($0.words)") }
            if record.phase == .pending {
                events.append(
                    ExplanationText.Event(
                        at: record.nextAttemptAt, what: "\(record.sink) is tried, if nothing holds it"))
            }
        }
        return events
    }

    var json: CELValue {
        .map(
            CELMap([
                ("id", .string(alert.id.rawValue)), ("alert", alert.json(untold: [])),
                ("journal", .list(journal.map(\.json))),
                (
                    "deliveries",
                    .list(
                        deliveries.map { delivery in
                            .map(
                                CELMap([
                                    ("delivery", delivery.line.json),
                                    ("journal", .list(delivery.journal.map(\.json))),
                                ]))
                        })
                ),
                ("looks", .list(looks.map(\.json))),
            ]))
    }
}

/// An alert that was pending and is over: nobody was told.
struct ForgottenExplanation: Explanation {
    var id: String
    var journal: [JournalLine]

    var text: String {
        let events = journal.map { ExplanationText.Event(at: $0.at, what: $0.words) }
        return (["\(id)  is over", "", "What happened"] + ExplanationText.timeline(events)).joined(separator: "\n")
    }

    var json: CELValue {
        .map(CELMap([("id", .string(id)), ("journal", .list(journal.map(\.json)))]))
    }
}

/// What became of a delivery, and what it is about.
struct DeliveryExplanation: Explanation {
    var line: DeliveryLine
    var journal: [JournalLine]
    var alerts: [AlertRecord]

    var text: String {
        let record = line.record
        var lines = [
            "\(record.id.rawValue)  \(record.phase.rawValue), to \(record.sink)",
            "  " + ExplanationText.line(line.title),
        ]
        lines += alerts.map { alert in
            "  " + ExplanationText.line("about \(alert.id.rawValue): \(alert.rule), \(alert.resource.id)")
        }
        lines += ["", "What happened"]
        var events = [ExplanationText.Event(at: record.createdAt, what: "decided")]
        events += journal.map { ExplanationText.Event(at: $0.at, what: $0.words) }
        if record.phase == .pending {
            events.append(ExplanationText.Event(at: record.nextAttemptAt, what: "it is tried, if nothing holds it"))
        }
        lines += ExplanationText.timeline(events)
        return lines.joined(separator: "\n")
    }

    var json: CELValue {
        .map(
            CELMap([
                ("id", .string(line.record.id.rawValue)), ("delivery", line.json),
                ("journal", .list(journal.map(\.json))), ("alerts", .list(alerts.map { $0.json(untold: []) })),
            ]))
    }
}
