import ArgumentParser
import CEL
import Core
import Engine
import Store

/// `auspex plan`: what would this configuration do?
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Shows what loading a configuration would do to alerts, timers and what is owed.",
        discussion: """
            Example: auspex plan --config new.yaml

            Nothing is changed and nothing is sent. The store tells what is in force and what is open; the configuration's
            rules are put to it just as a reload would. A configuration that is not in order is refused as a whole.
            """)

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var jsonOption: JSONOption

    func run() async throws {
        let loaded = try Composition.load(configurationOption.config, services: nil, needsSecrets: false)
        let store = try Composition.openStore(loaded.settings.storePath, access: .visiting)
        let plan = try await Composition.asking { () async throws(StoreError) in
            try await ReloadPlan(for: loaded, store: store, now: Composition.now())
        }
        Console.output(jsonOption.json ? JSON.serialize(.list(plan.rows)) : plan.words)
    }
}

extension ReloadPlan {
    /// For people.
    fileprivate var words: String {
        var parts = [ruleWords]
        parts.append("alerts: \(goesOn) go on as they are" + (alerts.isEmpty ? "" : ", \(alerts.count + more) do not"))
        if !alerts.isEmpty {
            var table = Table("EFFECT", "RULE", "SOURCE", "RESOURCE", "TOLD NOW", "ALERT")
            for outcome in alerts {
                table.add(
                    outcome.effect.words, outcome.rule, outcome.resource.source, outcome.resource.id,
                    outcome.says.isEmpty ? "–" : outcome.says.joined(separator: ", "), outcome.alert.rawValue)
            }
            parts.append(table.text + (more > 0 ? "\nand \(more) more" : ""))
        }
        if !waiting.isEmpty {
            var table = Table("NOT TOLD YET", "SINK", "WHAT BECOMES OF IT")
            for item in waiting { table.add(item.telling.alert.rawValue, item.telling.sink, item.fate.words) }
            parts.append(table.text)
        }
        for sink in goneSinks {
            let waiting = sink.pending == 1 ? "1 delivery waits" : "\(sink.pending) deliveries wait"
            parts.append(
                "the sink \(sink.name) is gone: \(waiting) for it and stay in the store; "
                    + "it is owed \(Counted.text(sink.owed, "end"))")
        }
        return parts.joined(separator: "\n\n")
    }

    private var ruleWords: String {
        guard isBeforeKnown else { return "rules: no watch has noted what is in force yet" }
        guard !rules.isEmpty else { return "rules: as they are" }
        return "rules:\n" + rules.map { "  " + $0.words }.joined(separator: "\n")
    }

    /// For programs.
    fileprivate var rows: [CELValue] {
        var rows = rules.map(\.row)
        for outcome in alerts { rows.append(ReloadPlan.row(outcome)) }
        for item in waiting { rows.append(ReloadPlan.row(item)) }
        for sink in goneSinks {
            let members: [(String, CELValue)] = [
                ("id", .string(sink.name)), ("what", "sink"), ("effect", "gone"),
                ("pending", .int(Int64(sink.pending))), ("owed", .int(Int64(sink.owed))),
            ]
            rows.append(.map(CELMap(members)))
        }
        return rows
    }

    private static func row(_ outcome: AlertOutcome) -> CELValue {
        let members: [(String, CELValue)] = [
            ("id", .string(outcome.alert.rawValue)), ("what", "alert"), ("effect", .string(outcome.effect.name)),
            ("rule", .string(outcome.rule)), ("source", .string(outcome.resource.source)),
            ("kind", .string(outcome.resource.kind.rawValue)), ("resource_id", .string(outcome.resource.id)),
            ("until", outcome.effect.until.json), ("notify", .list(outcome.says.map(CELValue.string))),
        ]
        return .map(CELMap(members))
    }

    private static func row(_ item: Waiting) -> CELValue {
        let members: [(String, CELValue)] = [
            ("id", .string(item.telling.alert.rawValue)), ("what", "waiting"), ("sink", .string(item.telling.sink)),
            ("effect", .string(item.fate.words)),
        ]
        return .map(CELMap(members))
    }
}

extension AlertOutcome.Effect {
    fileprivate var name: String {
        switch self {
        case .fires: "fires"
        case .waits: "waits"
        case .ends: "ends"
        case .isForgotten: "forgotten"
        case .timerMoves: "timer_moves"
        case .goesOn: "goes_on"
        }
    }

    fileprivate var until: Timestamp? {
        switch self {
        case .waits(let until): until
        case .timerMoves(_, let to): to
        default: nil
        }
    }

    fileprivate var words: String {
        switch self {
        case .fires: "would fire"
        case .waits(let until): "would wait until \(until?.rfc3339 ?? "it is seen again")"
        case .ends: "ends"
        case .isForgotten: "waits no more"
        case .timerMoves(let from, let to):
            "timer moves from \(from?.rfc3339 ?? "none") to \(to?.rfc3339 ?? "none")"
        case .goesOn: "goes on"
        }
    }
}

extension ReloadPlan.Fate {
    fileprivate var words: String {
        switch self {
        case .dropped: "its alert ends: nobody is told"
        case .staysHeld(let hold): "stays \(hold.reason.rawValue)"
        case .told: "is told"
        case .staysQueued(let until): "is told in its group at \(until?.rfc3339 ?? "once")"
        }
    }
}

extension RuleChange {
    fileprivate var words: String {
        switch self {
        case .added(let name): "+ \(name)"
        case .removed(let name): "- \(name)"
        case .changed(let name, let differences): "~ \(name): \(RuleChange.words(differences))"
        case .renamed(let name, let from, let differences):
            "> \(name), was \(from)" + (differences.isEmpty ? "" : ": \(RuleChange.words(differences))")
        }
    }

    private static func words(_ differences: [Difference]) -> String {
        differences.map { "\($0.key) \(shown($0.before)) → \(shown($0.after))" }.joined(separator: "; ")
    }

    private static func shown(_ value: String?) -> String { value.map { Table.harmless($0) } ?? "(none)" }

    fileprivate var row: CELValue {
        switch self {
        case .added(let name): RuleChange.row(name, "added")
        case .removed(let name): RuleChange.row(name, "removed")
        case .changed(let name, let differences): RuleChange.row(name, "changed", differences)
        case .renamed(let name, let from, let differences): RuleChange.row(name, "renamed", differences, from: from)
        }
    }

    private static func row(
        _ name: String, _ effect: String, _ differences: [Difference] = [], from: String? = nil
    ) -> CELValue {
        let changes = differences.map { difference -> CELValue in
            let members: [(String, CELValue)] = [
                ("key", .string(difference.key)), ("before", difference.before.map(CELValue.string) ?? .null),
                ("after", difference.after.map(CELValue.string) ?? .null),
            ]
            return .map(CELMap(members))
        }
        let members: [(String, CELValue)] = [
            ("id", .string(name)), ("what", "rule"), ("effect", .string(effect)),
            ("from", from.map(CELValue.string) ?? .null), ("changes", .list(changes)),
        ]
        return .map(CELMap(members))
    }
}
