import CEL
import Core
import Logging
import Sinks
import Synchronization
import TestSupport
import Transport

/// What sinks are tried with: services that lead nowhere, and a notification about a failed image.
enum Receiving {
    static func services(
        http: any HTTPTransport, mail: any MailTransport = SilentMail()
    ) -> SinkServices {
        SinkServices(
            http: http, mail: mail, productVersion: "1.2.3", hostName: "watch.example.com",
            logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Every text in it that somebody else can write is drawn.
    static func delivery(
        _ text: () -> String, reason: NotificationReason = .fired, earlier: [String: String] = [:]
    ) -> OutgoingDelivery {
        let resource = ResourceKey(source: "studio", kind: .generation, id: text())
        let alert = AlertID(rule: "refused", resource: resource, activation: 1)
        let current = CELValue.map(
            CELMap([
                ("id", .string(resource.id)), ("status", .string(text())), ("prompt", .string(text())),
                ("error", .map(CELMap([("message", .string(text()))]))), ("batch_size", .int(4)),
                ("cost", .map(CELMap([("amount", .double(1.5))]))), ("tags", .list([.string(text()), .null])),
            ]))
        let view = AlertView(
            id: alert, state: reason == .resolved ? "resolved" : "firing", resource: resource, since: Sample.noon,
            firedAt: Sample.noon, resolvedAt: reason == .resolved ? Sample.at(60) : nil, changed: ["status"],
            current: current, previous: .null)
        let notification = AlertNotification(
            id: NotificationID(alert: alert, sequence: 1), reason: reason, timestamp: Sample.noon, rule: "refused",
            severity: .warning, labels: [Label(name: "team", value: text())],
            title: [.markup("Refused: "), .literal(text())],
            text: [.literal(text()), .markup(" and "), .literal(text())],
            alerts: [view])
        return OutgoingDelivery(
            id: DeliveryID(notification: notification.id, sink: "team"), notification: notification, earlier: earlier)
    }

    static func plain(reason: NotificationReason = .fired) -> OutgoingDelivery {
        delivery({ "a cat" }, reason: reason)
    }
}

/// A service that takes everything, answers the same, and keeps the requests.
final class SilentHTTP: HTTPTransport {
    private let kept = Mutex<[HTTPRequest]>([])
    private let answer: HTTPResponse

    init(_ answer: HTTPResponse = HTTPResponse(status: 200, body: Array(#"{"ok":true}"#.utf8))) {
        self.answer = answer
    }

    var requests: [HTTPRequest] { kept.withLock { $0 } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        kept.withLock { $0.append(request) }
        return answer
    }
}

/// A mail server that takes everything.
struct SilentMail: MailTransport {
    func send(_ transaction: MailTransaction) async throws(TransportError) -> MailReply {
        MailReply(code: 250, text: "queued", duration: .zero)
    }
}
