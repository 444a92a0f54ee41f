import Core
import Transport

/// The settings of the `mqtt` kind, checked.
struct MQTTSettings: Sendable {
    /// Scheme, host and port.
    let server: String
    let topic: InertTemplate
    let quality: Int
    let isRetained: Bool
    let version: MQTTPublication.Version
    let username: String?
    let password: Secret?
    let connection: ConnectionSettings
    let redaction: Redaction

    static let versions = MQTTPublication.Version.allCases.map(\.rawValue)

    init(_ configuration: SinkConfiguration) throws(SinkConfigurationError) {
        var reader = SettingReader(configuration)
        connection = ConnectionSettings(&reader, defaultTimeout: SinkLimits.brokerTimeout)
        redaction = Redaction(&reader)
        username = reader.text("username")?.trimmed.reveal()
        password = reader.text("password").map { Secret($0.trimmed.reveal()) }
        if (username == nil) != (password == nil) {
            reader.reject(username == nil ? "username" : "password", "username and password go together")
        }
        let server = MQTTSettings.server(connection, hasLogin: username != nil, &reader)
        let topic = MQTTSettings.topic(&reader)
        quality = MQTTSettings.quality(&reader)
        isRetained = reader.boolean("retain") ?? false
        version = reader.string("version").flatMap(MQTTPublication.Version.init) ?? .five
        try reader.finish()
        guard let server, let topic else { throw SinkConfigurationError(problems: reader.problems) }
        self.server = server.origin
        self.topic = topic
    }

    private static func server(
        _ connection: ConnectionSettings, hasLogin: Bool, _ reader: inout SettingReader
    ) -> URLParts? {
        guard let text = reader.requiredText("server")?.trimmed.reveal(), !text.isEmpty else { return nil }
        guard let parts = try? URLParts.broker(text), ["", "/"].contains(parts.path), parts.query == nil else {
            reader.reject("server", "must be mqtts://HOST or mqtt://HOST, with the login in username and password")
            return nil
        }
        if let refusal = AddressRules.refusal(of: parts.host, connection) { reader.reject("server", refusal) }
        guard parts.scheme == "mqtt", !parts.isLoopbackHost else { return parts }
        if !connection.isInsecureAllowed {
            reader.reject(
                "server", "mqtt:// to another machine is not encrypted; use mqtts://, or say insecure: true to allow it"
            )
        } else if hasLogin {
            reader.reject("insecure", "a password is not sent over an unencrypted connection; leave insecure out")
        }
        return parts
    }

    private static func topic(_ reader: inout SettingReader) -> InertTemplate? {
        guard let text = reader.requiredText("topic")?.reveal(), !text.isEmpty else { return nil }
        if text.utf8.contains(where: { "+#\0".utf8.contains($0) }), !text.contains("${") {
            reader.reject("topic", "must have no wildcards: messages go to one topic")
        }
        if text.hasPrefix("$"), !text.hasPrefix("${") {
            reader.reject("topic", "must not begin with $: such topics are the broker's own")
        }
        return InertTemplate(text, allowsText: false, key: "topic", &reader)
    }

    private static func quality(_ reader: inout SettingReader) -> Int {
        switch reader.configuration.values["qos"] {
        case nil: return 1
        case .integer(let quality) where (1...2).contains(quality): return quality
        default:
            reader.reject("qos", "must be 1 or 2: with 0 a broker does not say that it has the message")
            return 1
        }
    }
}
