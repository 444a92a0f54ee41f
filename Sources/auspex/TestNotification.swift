import CEL
import Core
import Sinks

/// What `auspex sink test` sends: recognisably a test, with the shape of the real thing.
enum TestNotification {
    static func delivery(to sink: String, at now: Timestamp) -> OutgoingDelivery {
        let resource = ResourceKey(source: "auspex", kind: .generation, id: "img_test")
        // Each test is its own, so that a receiver that deduplicates shows every one of them.
        let record = AlertRecord(
            rule: "sink-test", resource: resource, activation: Int(now.microseconds), phase: .firing, since: now,
            severity: .info)
        let current = CELValue.map(
            CELMap([("id", "img_test"), ("status", "succeeded"), ("prompt", "a lighthouse at dusk")]))
        let notification = AlertNotification(
            id: NotificationID(alert: record.id, sequence: 1), reason: .fired, timestamp: now, rule: "sink-test",
            severity: .info, labels: [], title: [.markup("Test message from auspex")],
            text: [.markup("If you read this, the sink "), .literal(sink), .markup(" works.")],
            alerts: [
                AlertView(
                    id: record.id, state: "firing", resource: resource, since: now, firedAt: now, resolvedAt: nil,
                    changed: ["status"], current: current, previous: .null)
            ])
        return OutgoingDelivery(
            id: DeliveryID(notification: notification.id, sink: sink), notification: notification, isTest: true)
    }
}
