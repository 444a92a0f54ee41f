import CEL
import Core

/// What a form is evaluated with: one delivery, the sink's settings, and how much there is room for.
struct FormSituation {
    let delivery: OutgoingDelivery
    /// Redacted, and shrunk as far as ``squeeze`` says.
    let notification: AlertNotification
    let settings: CELValue
    let kept: CELValue
    let productVersion: String
    let squeeze: Squeeze
    /// Whether the form names any of ``recordNames``, which cost as much as everything else.
    let needsRecords: Bool

    /// The same for one of the alerts, as if the notification were about no other.
    func about(_ alert: AlertView) -> FormSituation {
        var notification = notification
        notification.alerts = [alert]
        // What it has in common with the others is not its own key.
        notification.group = nil
        return FormSituation(
            delivery: delivery, notification: notification, settings: settings, kept: kept,
            productVersion: productVersion, squeeze: squeeze, needsRecords: needsRecords)
    }

    static let recordNames = ["rule", "alerts", "alert", "callback", "cloudevent"]

    /// The values of the names that requests, texts and answers have in common.
    var values: [String: CELValue] {
        guard needsRecords else { return plainValues }
        let callback = CallbackBody.event(notification)
        let record = ResourceSchema.notificationRecord(callback: callback).record
        let alerts = record["alerts"] ?? .list([])
        let first: CELValue? = if case .list(let list) = alerts { list.first } else { nil }
        var values = plainValues
        values["rule"] = record["rule"] ?? .null
        values["alerts"] = alerts
        values["alert"] = first
        values["callback"] = callback
        values["cloudevent"] = CallbackBody.cloudEvent(notification)
        return values
    }

    private var plainValues: [String: CELValue] {
        var values: [String: CELValue] = [
            "id": .string(notification.id.rawValue), "delivery": .string(delivery.id.rawValue),
            "key": .string(notification.group ?? notification.alerts.first?.id.rawValue ?? notification.id.rawValue),
            "reason": .string(notification.reason.word), "resolved": .bool(notification.reason == .resolved),
            "reminder": .bool(notification.reason == .reminder),
            "severity": .string(notification.severity.rawValue), "opening": .string(Headline.opening(notification)),
            "origin": .string(Origin.line(of: notification, isTest: delivery.isTest)),
            "listing": .string(Origin.listing(of: notification)),
            "title_has_markup": .bool(Headline.hasMarkup(notification)),
            "is_test": .bool(delivery.isTest), "version": .string(productVersion),
            "timestamp": .timestamp(notification.timestamp),
            "labels": .map(CELMap(notification.labels.map { ($0.name, .string($0.value)) })),
            "settings": settings, "kept": kept, "title": .string(Headline.pieces(of: notification).plain),
            "text": .string(notification.text.normalised.plain),
        ]
        if let alert = notification.alerts.first {
            values["since"] = .timestamp(alert.since)
            values["self"] = alert.current
            values["old"] = alert.previous
        }
        return values
    }
}

extension NotificationReason {
    /// `fired`, `resolved` or `reminder`.
    var word: String {
        switch self {
        case .fired: "fired"
        case .resolved: "resolved"
        case .reminder: "reminder"
        }
    }
}

/// How far a notification is shrunk so that its body fits: each step loses what matters least of what is left.
///
/// 0 is all of it; 1 leaves out `old`; every further step halves the limits of the texts and cuts the long texts
/// inside resources; the last leaves out the resources.
struct Squeeze: Hashable {
    var step = 0

    static let last = 9
    private static let longestText = 8192

    private static let shortestText = 16

    func limit(_ limit: Int) -> Int {
        step > 1 ? Swift.max(Swift.min(limit, Squeeze.shortestText), limit >> (step - 1)) : limit
    }

    func applied(to notification: AlertNotification) -> AlertNotification {
        guard step > 0 else { return notification }
        var result = notification
        let longest = limit(Squeeze.longestText)
        for index in result.alerts.indices {
            result.alerts[index].previous = .null
            if step >= Squeeze.last {
                result.alerts[index].current = .null
            } else if step > 1 {
                result.alerts[index].current = result.alerts[index].current.mapTexts {
                    TextCut.graphemes($0, limit: longest)
                }
            }
        }
        if step > 1 {
            result.title = result.title.beginning(longest)
            result.text = result.text.beginning(longest)
        }
        return result
    }
}

extension CELValue {
    /// The value with every text in it changed, keys excepted; records become maps.
    func mapTexts(_ change: (String) -> String) -> CELValue {
        switch self {
        case .string(let text): .string(change(text))
        case .list(let list): .list(list.map { $0.mapTexts(change) })
        case .map(let map): .map(CELMap(map.members.map { ($0.0, $0.1.mapTexts(change)) }))
        case .record(let record): CELValue.map(record.map).mapTexts(change)
        case .optional(let content?): .optional(content.mapTexts(change))
        default: self
        }
    }

    /// The same with its keys changed too.
    func mapTextsAndKeys(_ change: (String) -> String) -> CELValue {
        switch self {
        case .map(let map): .map(CELMap(map.members.map { (change($0.0), $0.1.mapTextsAndKeys(change)) }))
        case .record(let record): CELValue.map(record.map).mapTextsAndKeys(change)
        case .list(let list): .list(list.map { $0.mapTextsAndKeys(change) })
        case .optional(let content?): .optional(content.mapTextsAndKeys(change))
        default: mapTexts(change)
        }
    }
}
