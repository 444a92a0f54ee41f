import ArgumentParser
import CEL
import Core
import Engine
import Store

/// `auspex status`: how the watch fares.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows how the sources, the alerts and the sinks fare.",
        discussion: "Example: auspex status --json")

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var jsonOption: JSONOption

    func run() async throws {
        let settings = try Composition.settings(configurationOption.config)
        let store = try Composition.openStore(settings.storePath, access: .visiting)
        let report = try await Composition.asking { () async throws(StoreError) in
            try await StatusReport(settings: settings, store: store)
        }
        Console.output(jsonOption.json ? JSON.serialize(report.json) : report.text(now: Composition.now()))
    }
}

/// `auspex alerts`: what is wrong now.
struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Lists the alerts that are pending or firing.",
        discussion: "Example: auspex alerts --all --json")

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var jsonOption: JSONOption
    @Flag(name: .long, help: "Also those that have ended.")
    var all = false
    @Option(name: .long, help: "At most so many, newest first.")
    var limit = 1000

    func run() async throws {
        let store = try Composition.visitStore(configuration: configurationOption.config)
        let alerts = try await Composition.asking { () async throws(StoreError) in
            try await store.alerts(includingResolved: all, limit: limit)
        }
        let untold = try await Composition.asking { () async throws(StoreError) in
            try await store.untold(limit: 100_000)
        }
        guard !jsonOption.json else {
            Console.output(JSON.serialize(.list(alerts.map { $0.json(untold: untold[$0.id] ?? []) })))
            return
        }
        var table = Table("ALERT", "STATE", "SEVERITY", "RULE", "SOURCE", "RESOURCE", "SINCE", "TOLD", "TITLE")
        for alert in alerts {
            table.add(
                alert.id.rawValue, alert.phase.rawValue, alert.severity.rawValue, alert.rule, alert.resource.source,
                alert.resource.id, alert.since.rfc3339,
                untold[alert.id]?.words ?? (alert.told.isEmpty ? "–" : alert.told.joined(separator: ", ")), alert.title)
        }
        Console.output(alerts.isEmpty ? "no alerts" : table.text)
    }
}

/// `auspex deliveries`: what was sent, and what was not.
struct DeliveriesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries", abstract: "Lists deliveries with their last outcome, newest first.",
        discussion: "Example: auspex deliveries --dead --sink team")

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var jsonOption: JSONOption
    @Flag(name: .long, help: "Only the dead letters.")
    var dead = false
    @Option(name: .long, help: "Only those of this sink.")
    var sink: String?
    @Option(name: .long, help: "At most so many.")
    var limit = 1000

    func run() async throws {
        let store = try await Composition.visitStore(configuration: configurationOption.config, naming: sink)
        let lines = try await Composition.asking { () async throws(StoreError) in
            try await store.deliveries(sink: sink, deadOnly: dead, limit: limit)
        }
        guard !jsonOption.json else {
            Console.output(JSON.serialize(.list(lines.map(\.json))))
            return
        }
        var table = Table("DELIVERY", "SINK", "STATE", "ATTEMPTS", "MADE", "LAST OUTCOME", "TITLE")
        for line in lines {
            let record = line.record
            let outcome = [record.lastOutcome, record.lastReason].compactMap(\.self).joined(separator: ": ")
            table.add(
                record.id.rawValue, record.sink, record.phase.rawValue, "\(record.attempts)", record.createdAt.rfc3339,
                outcome.isEmpty ? "–" : outcome, line.title)
        }
        Console.output(lines.isEmpty ? "no deliveries" : table.text)
    }
}

/// `auspex replay`: send again.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Sends deliveries again, with the same id.",
        discussion: """
            Example: auspex replay --dead --sink jobs

            A running `auspex run` sends them at once; otherwise the next one does.
            """)

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var jsonOption: JSONOption
    @Flag(name: .long, help: "All dead letters.")
    var dead = false
    @Option(name: .long, help: "With --dead: only those of this sink.")
    var sink: String?
    @Argument(help: "Ids of deliveries, dlv_….")
    var deliveries: [String] = []

    func validate() throws {
        if deliveries.isEmpty && !dead { throw ValidationError("name deliveries, or say --dead") }
        if !deliveries.isEmpty && dead { throw ValidationError("either name deliveries or say --dead, not both") }
        if sink != nil && !dead { throw ValidationError("--sink goes with --dead") }
    }

    func run() async throws {
        let store = try await Composition.visitStore(configuration: configurationOption.config, naming: sink)
        let replayed = try await Composition.asking { () async throws(StoreError) in
            let ids = dead ? try await store.deadDeliveries(sink: sink) : deliveries.map(DeliveryID.init(rawValue:))
            return try await store.replay(ids, at: Composition.now())
        }
        if jsonOption.json {
            Console.output(JSON.serialize(.list(replayed.map { .map(CELMap([("id", .string($0.rawValue))])) })))
        } else {
            for id in replayed { Console.output(id.rawValue) }
        }
        let missing = deliveries.filter { id in !replayed.contains { $0.rawValue == id } }
        for id in missing { Console.error("\(id): not found, or on its way already") }
        Console.error("\(replayed.count) on their way again")
        guard missing.isEmpty else { throw Failure(.input) }
    }
}
