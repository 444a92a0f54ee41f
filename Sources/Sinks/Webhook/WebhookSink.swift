import CEL
import Core
import Transport

/// Posts a notification as signed JSON: the callback.
struct WebhookSink: Sink {
    enum Format: String, CaseIterable {
        case json, cloudevents
    }

    let name: String
    let kind = "webhook"
    let endpoint: HTTPEndpoint
    let signature: WebhookSignature
    let format: Format
    let redaction: Redaction

    func preview(_ delivery: OutgoingDelivery, at now: Timestamp) -> String {
        endpoint.preview(request(delivery, at: now))
    }

    func attempt(_ delivery: OutgoingDelivery, at now: Timestamp) async -> AttemptResult {
        await endpoint.send(request(delivery, at: now)) { response in
            let reason = Answer.reason(of: response, mask: endpoint.mask)
            return AttemptResult(
                HTTPOutcome.outcome(of: response, reason: reason, now: now),
                answer: Answer.excerpt(of: response, mask: endpoint.mask),
                misconfiguration: HTTPOutcome.misconfiguration(response))
        }
    }

    /// The bytes are made once: what is signed is what is sent.
    private func request(_ delivery: OutgoingDelivery, at now: Timestamp) -> HTTPRequest {
        let notification = redaction.apply(to: delivery.notification)
        let id = notification.id.rawValue
        let body: [UInt8]
        let contentType: String
        switch format {
        case .json:
            body = JSON.serializedBytes(CallbackBody.event(notification))
            contentType = "application/json"
        case .cloudevents:
            body = JSON.serializedBytes(CallbackBody.cloudEvent(notification))
            contentType = "application/cloudevents+json"
        }
        var fields = [HeaderField("webhook-id", id), HeaderField("webhook-timestamp", "\(now.seconds)")]
        if let value = signature.value(id: id, timestamp: now.seconds, body: body) {
            fields.append(HeaderField("webhook-signature", value))
        }
        return endpoint.request(contentType: contentType, fields: fields, body: body)
    }
}

extension SinkKind {
    static let webhook = SinkKind(
        name: "webhook",
        summary: "POSTs signed JSON (Standard Webhooks) or a CloudEvent to an address",
        settings: [
            SettingDeclaration("url", .text, isRequired: true, "where to post; https://, or http:// on this machine"),
            SettingDeclaration(
                "secret", .textList, isSecret: true,
                "one or several keys, whsec_… or whsk_…; each signs. Without one the callback is not signed"),
            SettingDeclaration(
                "format", .text, allowedValues: WebhookSink.Format.allCases.map(\.rawValue),
                "json, or cloudevents for a CloudEvents 1.0 structured event"),
        ] + ConnectionSettings.httpDeclarations,
        make: { (configuration, services) throws(SinkConfigurationError) in
            try WebhookSink(configuration, services)
        })
}

extension WebhookSink {
    init(_ configuration: SinkConfiguration, _ services: SinkServices) throws(SinkConfigurationError) {
        var reader = SettingReader(configuration)
        let connection = ConnectionSettings(&reader, defaultTimeout: SinkLimits.httpTimeout)
        let url = AddressRules.httpAddress("url", connection, &reader)
        var keys: [WebhookSecret] = []
        let secrets = reader.texts("secret").map { Secret($0.reveal()) }
        for (index, secret) in secrets.enumerated() {
            do throws(WebhookSecret.Problem) {
                keys.append(try WebhookSecret(secret))
            } catch {
                reader.reject("secret", secrets.count > 1 ? "number \(index + 1) \(error.message)" : error.message)
            }
        }
        let formatName = reader.string("format") ?? Format.json.rawValue
        let format = Format(rawValue: formatName)
        if format == nil { reader.reject("format", "must be json or cloudevents") }
        let redaction = Redaction(&reader)
        try reader.finish()
        guard let url, let format else { throw SinkConfigurationError(problems: reader.problems) }
        self.init(
            name: configuration.name,
            endpoint: HTTPEndpoint(
                url: url, isAddressSecret: false, connection: connection,
                secrets: secrets.flatMap(WebhookSink.spellings),
                services: services),
            signature: WebhookSignature(keys: keys), format: format, redaction: redaction)
    }

    /// A key with and without its prefix.
    private static func spellings(of secret: Secret) -> [String] {
        let text = secret.reveal().trimmingWhitespace
        return [text, text.split(separator: "_", maxSplits: 1).last.map(String.init) ?? text]
    }
}
