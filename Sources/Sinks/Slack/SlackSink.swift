import CEL
import Core
import Transport

/// Posts to a Slack channel: through an incoming webhook, or with `chat.postMessage`, which can answer in a thread.
///
/// An incoming webhook answers with no message id, so there a resolve is a message of its own.
struct SlackSink: Sink {
    enum Way: Sendable {
        case incomingWebhook
        case api(token: String, channel: String, resolve: Resolve)
    }

    /// What becomes of the first message when its alert resolves.
    enum Resolve: String, Sendable, CaseIterable {
        /// It is answered.
        case thread
        /// It is written anew.
        case update
    }

    let name: String
    let kind = "slack"
    let endpoint: HTTPEndpoint
    let way: Way
    let redaction: Redaction

    /// The key under which the id of an alert's first message is kept; empty once its thread is gone.
    private static let threadKey = "ts"
    /// The key under which the channel's id is kept: an update takes no name.
    private static let channelKey = "channel"

    func preview(_ delivery: OutgoingDelivery, at now: Timestamp) -> String {
        endpoint.preview(request(delivery))
    }

    func attempt(_ delivery: OutgoingDelivery, at now: Timestamp) async -> AttemptResult {
        await endpoint.send(request(delivery)) { response in
            let mask = endpoint.mask
            let answer = Answer.excerpt(of: response, mask: mask)
            switch way {
            case .incomingWebhook:
                let reason = Answer.reason(of: response, mask: mask)
                return AttemptResult(
                    SlackOutcome.ofIncomingWebhook(response, reason: reason, now: now), answer: answer,
                    misconfiguration: HTTPOutcome.misconfiguration(response))
            case .api:
                let reply = SlackReply(response)
                return AttemptResult(
                    SlackOutcome.ofAPI(response, reply, mask: mask, now: now), answer: answer,
                    kept: kept(reply, for: delivery),
                    misconfiguration: SlackOutcome.misconfiguration(response, reply))
            }
        }
    }

    private func request(_ delivery: OutgoingDelivery) -> HTTPRequest {
        let notification = redaction.apply(to: delivery.notification)
        var members = SlackMessage.members(notification, isTest: delivery.isTest)
        var fields: [HeaderField] = []
        var url = endpoint.url
        if case .api(let token, let channel, let resolve) = way {
            fields.append(HeaderField("Authorization", "Bearer \(token)"))
            let updated = resolve == .update && notification.reason == .resolved ? thread(of: delivery) : nil
            let place = updated == nil ? nil : delivery.earlier[SlackSink.channelKey]
            members.insert(("channel", .string(place ?? channel)), at: 0)
            if let updated {
                url = String(url.dropLast(SlackSink.post.count)) + SlackSink.update
                members.removeAll { $0.0.hasPrefix("unfurl_") }
                members.append(("ts", .string(updated)))
            } else if let thread = thread(of: delivery) {
                members.append(("thread_ts", .string(thread)))
                // Nobody is reminded by an answer within a thread.
                if notification.reason == .reminder { members.append(("reply_broadcast", true)) }
            }
        }
        let body = JSON.serializedBytes(.map(CELMap(members)))
        let type = HeaderField("Content-Type", "application/json; charset=utf-8")
        return endpoint.request(method: "POST", url: url, fields: [type] + fields, body: body)
    }

    private static let post = "/chat.postMessage"
    private static let update = "/chat.update"

    private func thread(of delivery: OutgoingDelivery) -> String? {
        guard delivery.notification.reason != .fired, let thread = delivery.earlier[SlackSink.threadKey],
            !thread.isEmpty
        else { return nil }
        return thread
    }

    private func kept(_ reply: SlackReply, for delivery: OutgoingDelivery) -> [String: String] {
        if let error = reply.error, SlackOutcome.lostThread.contains(error) { return [SlackSink.threadKey: ""] }
        guard reply.isOK == true, let timestamp = reply.timestamp, thread(of: delivery) == nil else { return [:] }
        guard case .api(_, _, .update) = way, let channel = reply.channel else {
            return [SlackSink.threadKey: timestamp]
        }
        return [SlackSink.threadKey: timestamp, SlackSink.channelKey: channel]
    }
}

extension SinkKind {
    static let slack = SinkKind(
        name: "slack",
        summary: "posts to a Slack channel, by an incoming webhook or a bot's token",
        settings: [
            SettingDeclaration(
                "url", .text, isSecret: true, "an incoming webhook's address; or give token and channel"),
            SettingDeclaration("token", .text, isSecret: true, "a bot's token (xoxb-…) with chat:write"),
            SettingDeclaration("channel", .text, "with token: the channel's id or name"),
            SettingDeclaration("api", .text, "with token: the API's address, if not https://slack.com/api"),
            SettingDeclaration(
                "resolve", .text, allowedValues: SlackSink.Resolve.allCases.map(\.rawValue),
                "with token: a resolve answers the first message (thread, if not said) or rewrites it (update)"),
        ] + ConnectionSettings.httpDeclarations,
        make: { (configuration, services) throws(SinkConfigurationError) in
            try SlackSink(configuration, services)
        })
}

extension SlackSink {
    init(_ configuration: SinkConfiguration, _ services: SinkServices) throws(SinkConfigurationError) {
        var reader = SettingReader(configuration)
        let connection = ConnectionSettings(&reader, defaultTimeout: SinkLimits.httpTimeout)
        let redaction = Redaction(&reader)
        var url: SettingText?
        var way = Way.incomingWebhook
        if reader.has("token") {
            if reader.has("url") { reader.reject("url", "cannot be given together with token") }
            way = SlackSink.api(&reader)
            let api =
                reader.has("api")
                ? AddressRules.httpAddress("api", connection, &reader)
                : .plain("https://slack.com/api")
            url = api?.appending(SlackSink.post)
        } else {
            for key in ["channel", "api", "resolve"] where reader.has(key) {
                reader.reject(key, "is only used with token")
            }
            url = AddressRules.httpAddress("url", connection, &reader)
        }
        try reader.finish()
        guard let url else { throw SinkConfigurationError(problems: reader.problems) }
        var secrets: [String] = []
        var isAddressSecret = true
        if case .api(let token, _, _) = way {
            secrets.append(token)
            isAddressSecret = false
        }
        self.init(
            name: configuration.name,
            endpoint: HTTPEndpoint(
                url: url, isAddressSecret: isAddressSecret, connection: connection, secrets: secrets,
                services: services),
            way: way, redaction: redaction)
    }

    private static func api(_ reader: inout SettingReader) -> Way {
        let token = reader.requiredText("token")?.trimmed.reveal() ?? ""
        if !token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) {
            reader.reject("token", "has a blank or another character that no token has")
        }
        let channel = reader.requiredText("channel")?.reveal() ?? ""
        let resolve = reader.string("resolve").map { Resolve(rawValue: $0) } ?? .thread
        if resolve == nil { reader.reject("resolve", "must be thread or update") }
        return .api(token: token, channel: channel, resolve: resolve ?? .thread)
    }
}

extension SettingText {
    /// The text with `suffix` behind it, without a doubled slash.
    fileprivate func appending(_ suffix: String) -> SettingText {
        let text = reveal()
        let joined = (text.hasSuffix("/") ? String(text.dropLast()) : text) + suffix
        switch self {
        case .plain: return .plain(joined)
        case .secret: return .secret(Secret(joined))
        }
    }
}
