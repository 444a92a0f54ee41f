import Core
import Logging

/// Writes each notification to Auspex's own log.
struct LogSink: Sink {
    let name: String
    let kind = "log"
    private let logger: Logger
    private let redaction: Redaction

    init(_ configuration: SinkConfiguration, _ services: SinkServices) throws(SinkConfigurationError) {
        var reader = SettingReader(configuration)
        redaction = Redaction(&reader)
        try reader.finish()
        name = configuration.name
        logger = services.logger
    }

    func preview(_ delivery: OutgoingDelivery, at now: Timestamp) -> String {
        "notification " + fields(delivery).map { "\($0.0)=\($0.1)" }.joined(separator: " ")
    }

    func attempt(_ delivery: OutgoingDelivery, at now: Timestamp) async -> AttemptResult {
        let fields = fields(delivery).map { ($0.0, Logger.MetadataValue.string($0.1)) }
        let level: Logger.Level = delivery.notification.severity == .info ? .info : .warning
        logger.log(
            level: delivery.notification.reason == .resolved ? .info : level, "notification",
            metadata: Dictionary(fields) { first, _ in first })
        return AttemptResult(.delivered)
    }

    /// Everything on one line: a log line is a record.
    private func fields(_ delivery: OutgoingDelivery) -> [(String, String)] {
        let notification = redaction.apply(to: delivery.notification)
        var fields = [
            ("notification.title", Headline.plain(of: notification)),
            ("notification.reason", notification.reason.rawValue),
            ("notification.severity", notification.severity.rawValue),
            ("rule.name", notification.rule),
            ("notification.id", notification.id.rawValue),
            ("delivery.id", delivery.id.rawValue),
            ("sink.name", name),
        ]
        for alert in notification.alerts.prefix(1) {
            fields.append(("alert.id", alert.id.rawValue))
            fields.append(("source.name", alert.resource.source))
            fields.append(("resource.kind", alert.resource.kind.rawValue))
            fields.append(("resource.id", TextNormaliser.oneLine(alert.resource.id)))
        }
        if notification.alerts.count != 1 { fields.append(("alerts.count", "\(notification.alerts.count)")) }
        return fields
    }
}

extension SinkKind {
    static let log = SinkKind(
        name: "log",
        summary: "writes each notification to Auspex's own log",
        settings: [],
        make: { (configuration, services) throws(SinkConfigurationError) in
            try LogSink(configuration, services)
        })
}
