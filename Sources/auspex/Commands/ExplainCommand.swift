import ArgumentParser
import CEL
import Core
import Store

/// `auspex explain`: why it fired, or did not.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tells why an alert fired, what became of a delivery, or what rules made of a resource.",
        discussion: """
            Example: auspex explain img_01JZ4Q2V8M

            Give the id of an alert (alt_…), of a delivery (dlv_…), or of a resource; of a source or a sink its name. What is
            shown was noted when it happened: each rule's condition with the value of every part, and each step since. It is
            kept for `retention.detail`.
            """)

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var jsonOption: JSONOption
    @Option(name: .long, help: "Of a resource: only what this rule made of it.")
    var rule: String?
    @Argument(help: "An alert, a delivery or a resource.")
    var id: String

    /// How far back a resource is told of.
    private static let changes = 50

    func run() async throws {
        let store = try Composition.visitStore(configuration: configurationOption.config)
        let explanations = try await Composition.asking { () async throws(StoreError) in try await explain(store) }
        guard !explanations.isEmpty else {
            throw Failure(
                .input, "nothing is known of '\(id)'; `auspex alerts --all` and `auspex deliveries` list what there is")
        }
        if jsonOption.json {
            Console.output(JSON.serialize(.list(explanations.map(\.json))))
        } else {
            Console.output(explanations.map(\.text).joined(separator: "\n\n"))
        }
    }

    private func explain(_ store: SQLiteStore) async throws(StoreError) -> [any Explanation] {
        if let alert = try await store.alert(id) { return [try await explain(alert, store)] }
        if let line = try await store.delivery(id) {
            return [
                DeliveryExplanation(
                    line: line, journal: try await store.journal(of: id),
                    alerts: try await store.alerts(toldIn: line.record.id))
            ]
        }
        let journal = try await store.journal(of: id)
        if !journal.isEmpty { return [ForgottenExplanation(id: id, journal: journal)] }
        var explanations: [any Explanation] = []
        for key in try await store.resources(named: id) {
            explanations.append(
                ResourceExplanation(
                    key: key, changes: try await store.changes(of: key, limit: ExplainCommand.changes),
                    looks: try await store.looks(at: key, limit: ExplainCommand.changes),
                    alerts: try await store.alerts(about: key), rule: rule))
        }
        return explanations
    }

    private func explain(_ alert: AlertRecord, _ store: SQLiteStore) async throws(StoreError) -> AlertExplanation {
        var deliveries: [AlertExplanation.Delivery] = []
        for line in try await store.deliveries(about: alert) {
            deliveries.append(.init(line: line, journal: try await store.journal(of: line.record.id.rawValue)))
        }
        let looks = try await store.looks(at: alert.resource, limit: 1000).filter { look in
            look.at >= alert.since && (alert.resolvedAt.map { look.at <= $0 } ?? true)
                && look.rules.contains { $0.rule == alert.rule }
        }
        return AlertExplanation(
            alert: alert, journal: try await store.journal(of: alert.id.rawValue), deliveries: deliveries, looks: looks)
    }
}
