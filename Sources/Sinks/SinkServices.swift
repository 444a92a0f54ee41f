package import Logging
package import Transport

/// What sinks work with; the composition root chooses the real ones.
package struct SinkServices: Sendable {
    package var http: any HTTPTransport
    package var mail: any MailTransport
    package var mqtt: any MQTTTransport
    /// Auspex's own version, for `User-Agent`.
    package var productVersion: String
    /// This machine's name: the EHLO name of mail.
    package var hostName: String
    /// Auspex's own environment, of which programs get a few harmless variables.
    package var environment: [String: String]
    /// Where the `log` kind writes.
    package var logger: Logger

    package init(
        http: any HTTPTransport, mail: any MailTransport, mqtt: any MQTTTransport = MosquittoTransport(),
        productVersion: String, hostName: String, environment: [String: String] = [:], logger: Logger
    ) {
        self.http = http
        self.mail = mail
        self.mqtt = mqtt
        self.environment = environment
        self.productVersion = productVersion
        self.hostName = hostName
        self.logger = logger
    }
}
