import CEL
import Core
import Logging
import Sinks
import Testing
import Transport

/// Values that do not matter to a test.
enum Sample {
    static let now = time("2026-05-04T10:00:20Z")

    static func time(_ text: String) -> Timestamp {
        guard let time = Timestamp(rfc3339: text) else { preconditionFailure("a test wrote the time \(text)") }
        return time
    }

    static let resource = ResourceKey(source: "studio", kind: .generation, id: "img_01k")

    static func alert(
        current: CELValue = generation(), previous: CELValue = generation(status: "processing"),
        changed: [String] = ["status", "completed_at"]
    ) -> AlertView {
        AlertView(
            id: AlertID(rule: "refused-by-policy", resource: resource, activation: 1), state: "firing",
            resource: resource, since: time("2026-05-04T10:00:14Z"), firedAt: time("2026-05-04T10:00:15.120Z"),
            resolvedAt: nil, changed: changed, current: current, previous: previous)
    }

    static func generation(status: String = "failed", prompt: String = "a cat") -> CELValue {
        .map(
            CELMap([
                ("id", "img_01k"), ("status", .string(status)), ("prompt", .string(prompt)),
                ("cost", .map(CELMap([("amount", .double(1.5)), ("currency", "credit")]))), ("batch_size", .int(4)),
            ]))
    }

    static func notification(
        reason: NotificationReason = .fired, severity: Severity = .warning,
        title: [TemplatePiece] = [.markup("Refused: "), .literal("a cat")],
        text: [TemplatePiece] = [.literal("img_01k"), .markup(" failed: "), .literal("Content policy violation")],
        alerts: [AlertView] = [alert()]
    ) -> AlertNotification {
        let alertID = AlertID(rule: "refused-by-policy", resource: resource, activation: 1)
        return AlertNotification(
            id: NotificationID(alert: alertID, sequence: 1), reason: reason,
            timestamp: time("2026-05-04T10:00:15.120Z"), rule: "refused-by-policy", severity: severity,
            labels: [Label(name: "team", value: "trust-and-safety")], title: title, text: text, alerts: alerts)
    }

    static func delivery(
        _ notification: AlertNotification = notification(), attempt: Int = 1, earlier: [String: String] = [:]
    ) -> OutgoingDelivery {
        OutgoingDelivery(
            id: DeliveryID(notification: notification.id, sink: "team"), notification: notification,
            attempt: attempt, earlier: earlier)
    }

    /// A text as the title and the text of a notification, inserted by a template of nothing else.
    static func delivery(saying text: String) -> OutgoingDelivery {
        delivery(notification(title: [.literal(text)], text: [.literal(text)]))
    }
}

/// The settings of a sink, written shortly.
func configuration(_ values: [String: SettingValue]) -> SinkConfiguration {
    SinkConfiguration(name: "team", values: values)
}

func services(
    http: any HTTPTransport = ScriptedHTTP(), mail: any MailTransport = ScriptedMail(),
    mqtt: any MQTTTransport = ScriptedMQTT(),
    logger: Logger = Logger(label: "sinks.test") { _ in SwiftLogNoOpLogHandler() }
) -> SinkServices {
    SinkServices(
        http: http, mail: mail, mqtt: mqtt, productVersion: "1.2.3", hostName: "watch.example.com", logger: logger)
}

/// A sink of a kind in the catalogue.
func sink(
    _ kind: String, _ values: [String: SettingValue], http: ScriptedHTTP = ScriptedHTTP(),
    mail: ScriptedMail = ScriptedMail()
) throws -> any Sink {
    let kind = try #require(SinkCatalog.kind(named: kind))
    return try kind.make(configuration(values), services(http: http, mail: mail))
}

/// What is wrong with the settings of a sink, as `key: message`.
func problems(_ kind: String, _ values: [String: SettingValue]) throws -> [String] {
    let kind = try #require(SinkCatalog.kind(named: kind))
    do throws(SinkConfigurationError) {
        _ = try kind.make(configuration(values), services())
        return []
    } catch {
        return error.problems.map { "\($0.key): \($0.message)" }
    }
}

extension CELValue {
    /// The member at a path such as `data.alerts.0.self`.
    func at(_ path: String) -> CELValue? {
        var value: CELValue? = self
        for name in path.split(separator: ".") {
            switch value {
            case .map(let map)?: value = map[String(name)]
            case .list(let list)?: value = Int(name).flatMap { list.indices.contains($0) ? list[$0] : nil }
            default: return nil
            }
        }
        return value
    }

    func text(_ path: String) -> String? {
        if case .string(let text)? = at(path) { text } else { nil }
    }

    var keys: [String] {
        guard case .map(let map) = self else { return [] }
        return map.entries.compactMap { if case .string(let key) = $0.key { key } else { nil } }
    }
}
