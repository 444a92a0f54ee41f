/// One message on its way to one recipient through one mail server (RFC 5321).
package struct MailTransaction: Sendable {
    /// `smtp://host:587` or `smtps://host:465`, nothing behind the port.
    package var server: String
    /// What we say in EHLO: a host name, or an address literal in brackets.
    package var heloName: String
    /// With it and `password` we log in, by PLAIN, LOGIN or CRAM-MD5; both or neither.
    package var username: String?
    package var password: String?
    /// The envelope's sender, `local@domain` in ASCII or UTF-8, without angle brackets.
    package var sender: String
    /// The envelope's one recipient, spelt like `sender`.
    package var recipient: String
    /// Header and body with CRLF line ends; dots are stuffed on the way.
    package var message: [UInt8]
    package var security: MailSecurity
    package var trust: TrustSettings
    package var timeouts: Timeouts
    package var destination: DestinationPolicy

    package init(
        server: String,
        heloName: String,
        username: String? = nil,
        password: String? = nil,
        sender: String,
        recipient: String,
        message: [UInt8],
        security: MailSecurity = .required,
        trust: TrustSettings = TrustSettings(),
        timeouts: Timeouts = Timeouts(connect: .seconds(15), exchange: .seconds(60)),
        destination: DestinationPolicy = .standard
    ) {
        self.server = server
        self.heloName = heloName
        self.username = username
        self.password = password
        self.sender = sender
        self.recipient = recipient
        self.message = message
        self.security = security
        self.trust = trust
        self.timeouts = timeouts
        self.destination = destination
    }
}

extension MailTransaction: CustomStringConvertible {
    /// The server only: the rest is private, or a password.
    package var description: String { "mail by " + ((try? URLParts(server))?.origin ?? "(no valid server)") }
}

/// Whether mail may travel unencrypted. An `smtps` server is always spoken to in TLS.
package enum MailSecurity: Sendable, Hashable {
    /// STARTTLS, or nothing is sent at all.
    case required
    /// No TLS, and no login: for loopback, or where the operator says `insecure: true`.
    case none
    /// No TLS but a login all the same; refused unless the server is this machine.
    case noneWithLoopbackLogin
}

/// The mail server's acceptance.
package struct MailReply: Sendable, Hashable {
    package var code: Int
    /// The server's last reply without codes, its lines joined by spaces; bounded.
    package var text: String
    package var duration: Duration

    package init(code: Int, text: String, duration: Duration) {
        self.code = code
        self.text = text
        self.duration = duration
    }
}
