import Core

/// Where a notification comes from, in the words that messages end with.
enum Origin {
    /// How many alerts a listing names.
    static let listedAlerts = 10

    /// `warning · refused-by-policy · studio · generation img_… · team=safety`, on one line.
    static func line(of notification: AlertNotification, isTest: Bool) -> String {
        var words = [notification.severity.rawValue, notification.rule]
        if notification.alerts.count == 1, let resource = notification.alerts.first?.resource {
            words += [resource.source, name(resource)]
        } else if notification.alerts.count > 1 {
            words.append("\(notification.alerts.count) alerts")
        }
        words += notification.labels.map { "\($0.name)=\($0.value)" }
        if isTest { words.append("test message") }
        return TextNormaliser.oneLine(words.joined(separator: " · "))
    }

    /// The alerts of a notification that has several, a line each; nothing for one that has one.
    static func listing(of notification: AlertNotification) -> String {
        let alerts = notification.alerts
        guard alerts.count > 1 else { return "" }
        var lines = alerts.prefix(listedAlerts).map { alert in
            TextNormaliser.oneLine("• \(name(alert.resource)) (\(alert.resource.source)): \(alert.state)")
        }
        if alerts.count > listedAlerts { lines.append("… and \(alerts.count - listedAlerts) more") }
        return lines.joined(separator: "\n")
    }

    private static func name(_ resource: ResourceKey) -> String { "\(resource.kind.rawValue) \(resource.id)" }
}
