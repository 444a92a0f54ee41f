import CEL
import Core
import Store

/// What became of a resource, and what each rule made of it: also why none fired.
struct ResourceExplanation: Explanation {
    var key: ResourceKey
    var changes: [ChangeLine]
    var looks: [ResourceLook]
    var alerts: [AlertRecord]
    /// The only rule that is asked for.
    var rule: String?

    var text: String {
        var lines = ["\(key.kind.rawValue) \(ExplanationText.line(key.id)) of \(key.source)", "", "What happened"]
        lines += ExplanationText.timeline(changes.map(event) + alerts.filter(isWanted).flatMap(events))
        let last = lastLooks
        guard !last.isEmpty else {
            let asked = rule.map { "no look of the rule \($0) is kept" } ?? "no look of a rule is kept"
            return
                (lines + ["", asked + ": it belongs to the first sight of its source, or is older than what is kept"])
                .joined(separator: "\n")
        }
        for (at, look) in last {
            lines += ["", "At \(at.rfc3339)"] + ExplanationText.look(look)
        }
        return lines.joined(separator: "\n")
    }

    /// What each rule made of it when it looked last.
    private var lastLooks: [(at: Timestamp, look: RuleLook)] {
        var last: [String: (at: Timestamp, look: RuleLook)] = [:]
        for look in looks {
            for one in look.rules where rule.map({ $0 == one.rule }) ?? true { last[one.rule] = (look.at, one) }
        }
        return last.values.sorted { ($0.at, $0.look.rule) < ($1.at, $1.look.rule) }
    }

    private func isWanted(_ alert: AlertRecord) -> Bool { !alert.isTimer && (rule.map { $0 == alert.rule } ?? true) }

    private func event(_ change: ChangeLine) -> ExplanationText.Event {
        let status =
            switch change.nature {
            case "gone": "gone"
            case "first_seen": "first seen, \(change.newStatus)" + (change.isBaseline ? ", as it was before" : "")
            default:
                change.oldStatus == change.newStatus || change.oldStatus == nil
                    ? "changed" : "\(change.oldStatus ?? "") → \(change.newStatus)"
            }
        let paths = change.paths.isEmpty ? "" : " (\(change.paths.joined(separator: ", ")))"
        var verdicts: [String] = []
        for look in looks where look.at == change.at {
            for one in look.rules where rule.map({ $0 == one.rule }) ?? true {
                if case .holds = one.verdict { verdicts.append("\(one.rule) holds") }
                if case .unknown(let reason) = one.verdict { verdicts.append("\(one.rule) has no answer: \(reason)") }
            }
        }
        return ExplanationText.Event(at: change.at, what: status + paths, details: verdicts)
    }

    private func events(_ alert: AlertRecord) -> [ExplanationText.Event] {
        let name = "\(alert.rule) (\(alert.id.rawValue))"
        var events: [ExplanationText.Event] = []
        if let firedAt = alert.firedAt {
            let told = alert.told.isEmpty ? "" : ", told to \(alert.told.joined(separator: ", "))"
            events.append(ExplanationText.Event(at: firedAt, what: "\(name) fired\(told)"))
        } else if alert.phase == .pending {
            let due = alert.dueAt.map { ", and fires at \($0.rfc3339) if it still does" } ?? ""
            events.append(ExplanationText.Event(at: alert.since, what: "\(name) is pending: its condition holds\(due)"))
        }
        if let resolvedAt = alert.resolvedAt {
            events.append(ExplanationText.Event(at: resolvedAt, what: "\(name) resolved"))
        }
        return events
    }

    var json: CELValue {
        .map(
            CELMap([
                ("id", .string(key.id)), ("source", .string(key.source)), ("kind", .string(key.kind.rawValue)),
                (
                    "changes",
                    .list(
                        changes.map { change in
                            .map(
                                CELMap([
                                    ("at", .string(change.at.rfc3339)), ("nature", .string(change.nature)),
                                    ("old_status", change.oldStatus.map(CELValue.string) ?? .null),
                                    ("new_status", .string(change.newStatus)),
                                    ("changed", .list(change.paths.map(CELValue.string))),
                                    ("baseline", .bool(change.isBaseline)),
                                ]))
                        })
                ),
                ("looks", .list(looks.map(\.json))),
                ("alerts", .list(alerts.filter { !$0.isTimer }.map { $0.json(untold: []) })),
            ]))
    }
}
