import CEL
import Core
import Sinks

/// What `auspex sink test` sends: recognisably a test, with the shape of the real thing.
enum TestNotification {
    /// - Parameter told: what the sink kept of the firing, to be sent the end of it; nil for the firing itself.
    static func delivery(
        to sink: String, at now: Timestamp, endOf told: [String: String]? = nil
    ) -> OutgoingDelivery {
        let resource = ResourceKey(source: "auspex", kind: .generation, id: "img_test")
        // Each test is its own, so that a receiver that deduplicates shows every one of them.
        let record = AlertRecord(
            rule: "sink-test", resource: resource, activation: Int(now.microseconds), phase: .firing, since: now,
            severity: .info)
        let current = CELValue.map(
            CELMap([("id", "img_test"), ("status", "succeeded"), ("prompt", "a lighthouse at dusk")]))
        let isEnd = told != nil
        let notification = AlertNotification(
            id: NotificationID(alert: record.id, sequence: isEnd ? 2 : 1), reason: isEnd ? .resolved : .fired,
            timestamp: now, rule: "sink-test", severity: .info, labels: [],
            title: [.markup("Test message from auspex")],
            text: [.markup("If you read this, the sink "), .literal(sink), .markup(" works.")],
            alerts: [
                AlertView(
                    id: record.id, state: isEnd ? "resolved" : "firing", resource: resource, since: now, firedAt: now,
                    resolvedAt: isEnd ? now : nil, changed: ["status"], current: current, previous: .null)
            ])
        return OutgoingDelivery(
            id: DeliveryID(notification: notification.id, sink: sink), notification: notification,
            earlier: told ?? [:], isTest: true)
    }
}
