import Core
import Transport

/// The settings of the `email` kind, checked.
struct EmailSettings: Sendable {
    /// Scheme, host and port.
    let server: String
    let security: MailSecurity
    let username: String?
    let password: Secret?
    let sender: MailAddress
    let recipients: [MailAddress]
    let replyTo: MailAddress?
    let connection: ConnectionSettings
    let redaction: Redaction

    private static let addressAdvice = "is not an address such as ops@example.com"

    init(_ configuration: SinkConfiguration) throws(SinkConfigurationError) {
        var reader = SettingReader(configuration)
        connection = ConnectionSettings(&reader, defaultTimeout: SinkLimits.mailTimeout)
        redaction = Redaction(&reader)
        username = reader.text("username")?.trimmed.reveal()
        password = reader.text("password").map { Secret($0.trimmed.reveal()) }
        let server = EmailSettings.server(&reader)
        let sender = EmailSettings.address("from", reader.requiredText("from"), &reader)
        replyTo = EmailSettings.address("reply_to", reader.text("reply_to"), &reader)
        recipients = EmailSettings.recipients(&reader)
        let hasLogin = username?.isEmpty == false
        if (username == nil) != (password == nil) {
            reader.reject(username == nil ? "username" : "password", "username and password go together")
        }
        var security = MailSecurity.required
        if let server { security = EmailSettings.security(of: server, connection, hasLogin: hasLogin, &reader) }
        try reader.finish()
        guard let server, let sender else { throw SinkConfigurationError(problems: reader.problems) }
        self.server = server.origin
        self.security = security
        self.sender = sender
    }

    private static func server(_ reader: inout SettingReader) -> URLParts? {
        guard let text = reader.requiredText("server")?.trimmed.reveal(), !text.isEmpty else { return nil }
        guard let parts = try? URLParts(text), ["smtp", "smtps"].contains(parts.scheme),
            ["", "/"].contains(parts.path), parts.query == nil
        else {
            reader.reject(
                "server", "must be smtps://HOST or smtp://HOST:587, with the login in username and password")
            return nil
        }
        return parts
    }

    private static func address(
        _ key: String, _ setting: SettingText?, _ reader: inout SettingReader
    ) -> MailAddress? {
        guard let text = setting?.reveal(), !text.isEmpty else { return nil }
        let address = MailAddress(text)
        if address == nil { reader.reject(key, addressAdvice) }
        return address
    }

    private static func recipients(_ reader: inout SettingReader) -> [MailAddress] {
        let settings = reader.texts("to")
        if settings.isEmpty { reader.reject("to", "is required: at least one recipient") }
        var recipients: [MailAddress] = []
        for (index, setting) in settings.enumerated() {
            guard let address = MailAddress(setting.reveal()) else {
                reader.reject("to", settings.count > 1 ? "number \(index + 1) \(addressAdvice)" : addressAdvice)
                continue
            }
            if !recipients.contains(where: { $0.address == address.address }) { recipients.append(address) }
        }
        return recipients
    }

    /// Unencrypted only on this machine or where the operator says so; a login only over a trusted connection.
    private static func security(
        of server: URLParts, _ connection: ConnectionSettings, hasLogin: Bool, _ reader: inout SettingReader
    ) -> MailSecurity {
        // An authority of one's own says that TLS is meant, also on this machine.
        if server.scheme == "smtps" || connection.trust.caFile != nil { return .required }
        if server.isLoopbackHost { return hasLogin ? .noneWithLoopbackLogin : .none }
        guard connection.isInsecureAllowed else { return .required }
        if hasLogin {
            reader.reject("insecure", "a password is not sent over an unencrypted connection; leave insecure out")
        }
        return .none
    }
}
