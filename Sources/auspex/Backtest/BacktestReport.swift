import CEL
import ConfigurationFiles
import Core

/// What a backtest found, for people and for programs.
struct BacktestReport {
    var rules: [Rule]
    var since: Timestamp
    var until: Timestamp
    var changes: Int
    var recordedSince: Timestamp?
    var result: BacktestResult
    var difference: [BacktestDifference]?
    /// Whether each alert is listed, and not only counted.
    var listsAlerts = false

    /// Alerts that are listed of one rule's difference.
    private static let examples = 5
    private static let listed = 1000

    // For people

    /// What the reader should know of the figures.
    var notes: [String] {
        var notes: [String] = []
        let own = rules.filter { !$0.watch.isListed }.map(\.name)
        if !own.isEmpty {
            notes.append(
                "not replayed, as Auspex' own state is not recorded: \(own.joined(separator: ", "))")
        }
        if recordedSince.map({ $0 > since }) ?? true {
            notes.append(
                "changes are recorded since \(recordedSince?.rfc3339 ?? "never"): that is as far as it goes back")
        }
        return notes
    }

    var text: String {
        let heading =
            "\(since.rfc3339) to \(until.rfc3339): \(Counted.text(changes, "change")), \(Counted.text(rules.count, "rule"))"
        var parts = [heading, "", table]
        if let difference { parts += ["", text(of: difference)] }
        if listsAlerts { parts += shownRules.compactMap { $0.alerts.isEmpty ? nil : "\n" + list(of: $0) } }
        return parts.joined(separator: "\n")
    }

    private var shownRules: [RuleBacktest] {
        rules.filter(\.watch.isListed).compactMap { result.rules[$0.name] }.sorted {
            ($1.alerts.count, $0.rule) < ($0.alerts.count, $1.rule)
        }
    }

    private var table: String {
        var table = Table(
            "RULE", "FIRED", "GOES ON", "PER DAY", "MEDIAN", "LONGEST", "FIRST", "LAST", "TOLD", "UNKNOWN")
        let days = max(until.duration(since: since) / .seconds(86_400), 1 / 86_400)
        for rule in shownRules {
            let lengths = rule.lengths(until: until).sorted()
            let perDay = (Double(rule.alerts.count) / days * 10).rounded() / 10
            table.add(
                rule.rule, "\(rule.alerts.count)", "\(rule.alerts.count { $0.resolvedAt == nil })", "\(perDay)",
                lengths.isEmpty ? "–" : length(lengths[lengths.count / 2]), lengths.last.map(length) ?? "–",
                rule.alerts.first?.firedAt.rfc3339 ?? "–", rule.alerts.last?.firedAt.rfc3339 ?? "–",
                told(rule), rule.unknown == 0 ? "–" : "\(rule.unknown): \(rule.unknownReason ?? "")")
        }
        return table.text
    }

    private func told(_ rule: RuleBacktest) -> String {
        let sinks = rule.told.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.all)" }
        return sinks.isEmpty ? "–" : sinks.joined(separator: ", ")
    }

    /// To the second: what is shorter is of no matter here.
    private func length(_ duration: Duration) -> String {
        DurationText.text(.seconds(Int64((duration / .seconds(1)).rounded())))
    }

    private func list(of rule: RuleBacktest) -> String {
        var table = Table("FIRED", "ENDED", "LENGTH", "SOURCE", "RESOURCE", "TITLE")
        for (alert, length) in zip(rule.alerts, rule.lengths(until: until)).suffix(BacktestReport.listed) {
            table.add(
                alert.firedAt.rfc3339, alert.resolvedAt?.rfc3339 ?? "–", self.length(length), alert.resource.source,
                alert.resource.id, alert.title)
        }
        let left = rule.alerts.count - BacktestReport.listed
        return
            "\(rule.rule)\(left > 0 ? ", the last \(BacktestReport.listed) of \(rule.alerts.count)" : "")\n\(table.text)"
    }

    private func text(of difference: [BacktestDifference]) -> String {
        var table = Table("RULE", "SAME", "ADDED", "REMOVED", "TOLD BEFORE AND NOW")
        var examples: [String] = []
        for rule in difference
        where !(rule.kept == 0 && rule.added.isEmpty && rule.removed.isEmpty) || rule.isNew || rule.isGone {
            let told = rule.told.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.old) → \($0.value.new)" }
            let mark = rule.isNew ? " (new)" : rule.isGone ? " (gone)" : ""
            table.add(
                rule.rule + mark, "\(rule.kept)", "\(rule.added.count)", "\(rule.removed.count)",
                told.isEmpty ? "–" : told.joined(separator: ", "))
            examples += lines("+", rule.rule, rule.added) + lines("-", rule.rule, rule.removed)
        }
        return ([table.text] + (examples.isEmpty ? [] : [""]) + examples).joined(separator: "\n")
    }

    private func lines(_ sign: String, _ rule: String, _ alerts: [BacktestAlert]) -> [String] {
        var lines = alerts.prefix(BacktestReport.examples).map { alert in
            "\(sign) \(rule): \(alert.firedAt.rfc3339) \(Table.harmless(alert.resource.id)): \(Table.harmless(alert.title))"
        }
        if alerts.count > BacktestReport.examples {
            lines.append("\(sign) \(rule): and \(alerts.count - BacktestReport.examples) more")
        }
        return lines
    }

    // For programs

    var json: CELValue { .list(difference.map(rows) ?? shownRules.map(row)) }

    private func row(_ rule: RuleBacktest) -> CELValue {
        .map(CELMap(members(of: rule)))
    }

    private func members(of rule: RuleBacktest) -> [(String, CELValue)] {
        [
            ("id", .string(rule.rule)), ("since", .string(since.rfc3339)), ("until", .string(until.rfc3339)),
            ("fired", .int(Int64(rule.alerts.count))),
            ("going_on", .int(Int64(rule.alerts.count { $0.resolvedAt == nil }))),
            ("told", .map(CELMap(rule.told.sorted { $0.key < $1.key }.map { ($0.key, counts($0.value)) }))),
            ("unknown", .int(Int64(rule.unknown))),
            ("unknown_reason", rule.unknownReason.map(CELValue.string) ?? .null),
            ("alerts", .list(rule.alerts.map(row))),
        ]
    }

    private func counts(_ told: RuleBacktest.Told) -> CELValue {
        .map(
            CELMap([
                ("fired", .int(Int64(told.fired))), ("resolved", .int(Int64(told.resolved))),
                ("reminders", .int(Int64(told.reminders))),
            ]))
    }

    private func row(_ alert: BacktestAlert) -> CELValue {
        .map(
            CELMap([
                ("id", .string(alert.id.rawValue)), ("source", .string(alert.resource.source)),
                ("kind", .string(alert.resource.kind.rawValue)), ("resource_id", .string(alert.resource.id)),
                ("since", .string(alert.since.rfc3339)), ("fired_at", .string(alert.firedAt.rfc3339)),
                ("resolved_at", alert.resolvedAt.map { .string($0.rfc3339) } ?? .null), ("title", .string(alert.title)),
            ]))
    }

    /// Rules that are only in the older are among them.
    private func rows(_ difference: [BacktestDifference]) -> [CELValue] {
        difference.map { change in
            var members = result.rules[change.rule].map(members(of:)) ?? [("id", .string(change.rule))]
            let told = change.told.sorted { $0.key < $1.key }.map { sink, count in
                (sink, CELValue.map(CELMap([("old", .int(Int64(count.old))), ("new", .int(Int64(count.new)))])))
            }
            members.append(
                (
                    "against",
                    .map(
                        CELMap([
                            ("is_new", .bool(change.isNew)), ("is_gone", .bool(change.isGone)),
                            ("kept", .int(Int64(change.kept))), ("added", .list(change.added.map(row))),
                            ("removed", .list(change.removed.map(row))), ("told", .map(CELMap(told))),
                        ]))
                ))
            return .map(CELMap(members))
        }
    }
}
