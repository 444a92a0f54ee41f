import CEL
import Core

/// Everything that was said, or decided to be said, each thing once.
final class Ledger {
    struct Told {
        var id: String
        var reason: String
        var rule: String
        var key: ResourceKey
        /// The how-manieth alert of the rule about the resource, and the how-manieth notification about it; nil where
        /// the ids do not follow from what they name.
        var place: (activation: Int, sequence: Int)?
        /// When it was known to be decided: exact where the process lived to report it.
        var known: Kernel.Time
        var isReported: Bool
        var since: Timestamp
        var firedAt: Timestamp
        var timestamp: Timestamp
        var alerts: Int
    }

    struct Subject: Hashable {
        var rule: String
        var key: ResourceKey
    }

    private(set) var told: [String: Told] = [:]
    private(set) var subjects: [Subject: [String]] = [:]
    /// By sink, then by notification.
    private(set) var attempts: [String: [String: [Receiver.Attempt]]] = [:]
    private var read: [String: Int] = [:]

    func update(_ story: Story) {
        for (id, decided) in story.chronicle.decided where told[id]?.isReported != true {
            note(decided.notification, at: decided.at)
        }
        for receiver in story.receivers {
            for attempt in receiver.attempts.dropFirst(read[receiver.name] ?? 0) {
                attempts[receiver.name, default: [:]][attempt.message.id, default: []].append(attempt)
                if told[attempt.message.id] == nil { note(attempt) }
            }
            read[receiver.name] = receiver.attempts.count
        }
    }

    /// What was told about one subject, in its order.
    func sequence(_ subject: Subject) -> [Told] {
        (subjects[subject] ?? []).compactMap { told[$0] }.sorted { left, right in
            (left.place?.activation ?? 0, left.place?.sequence ?? 0) < (
                right.place?.activation ?? 0, right.place?.sequence ?? 0
            )
        }
    }

    func attempts(of id: String, at sink: String) -> [Receiver.Attempt] { attempts[sink]?[id] ?? [] }

    private func note(_ notification: AlertNotification, at time: Kernel.Time) {
        guard let alert = notification.alerts.first else { return }
        add(
            Told(
                id: notification.id.rawValue, reason: notification.reason.rawValue, rule: notification.rule,
                key: alert.resource,
                place: place(notification.id.rawValue, alert.id.rawValue, notification.rule, alert.resource),
                known: time, isReported: true, since: alert.since, firedAt: alert.firedAt,
                timestamp: notification.timestamp, alerts: notification.alerts.count))
    }

    private func note(_ attempt: Receiver.Attempt) {
        let message = attempt.message
        guard let alert = message.alerts.first, let kind = ResourceKind(rawValue: alert.kind) else { return }
        let key = ResourceKey(source: alert.source, kind: kind, id: alert.resource)
        add(
            Told(
                id: message.id, reason: message.type, rule: message.rule, key: key,
                place: place(message.id, alert.id, message.rule, key), known: attempt.sent, isReported: false,
                since: alert.since, firedAt: alert.firedAt, timestamp: message.timestamp, alerts: message.alerts.count))
    }

    private func add(_ one: Told) {
        if told[one.id] == nil { subjects[Subject(rule: one.rule, key: one.key), default: []].append(one.id) }
        told[one.id] = one
    }

    private static let mostActivations = 60
    private static let mostNotifications = 400

    private func place(_ id: String, _ alert: String, _ rule: String, _ key: ResourceKey) -> (Int, Int)? {
        for activation in 1...Ledger.mostActivations {
            let name = AlertID(rule: rule, resource: key, activation: activation)
            guard name.rawValue == alert else { continue }
            for sequence in 1...Ledger.mostNotifications
            where NotificationID(alert: name, sequence: sequence).rawValue == id {
                return (activation, sequence)
            }
            return nil
        }
        return nil
    }
}
