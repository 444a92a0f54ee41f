/// One message on its way to one topic of a broker, acknowledged by it.
package struct MQTTPublication: Sendable {
    package enum Version: String, Sendable, Hashable, CaseIterable {
        /// Says why it refuses, and to whom a topic is forbidden.
        case five = "5"
        case threeOneOne = "3.1.1"
    }

    /// `mqtt://host:1883` or `mqtts://host:8883`, nothing behind the port.
    package var server: String
    package var version: Version
    /// Without wildcards, at most 65,535 bytes.
    package var topic: String
    package var payload: [UInt8]
    /// 1 (at least once) or 2 (exactly once, up to the broker).
    package var quality: Int
    /// Whether the broker keeps it for later subscribers.
    package var isRetained: Bool
    /// The same at every attempt; sent as the user property `delivery-id` in version 5.
    package var deliveryID: String
    /// With it and `password` we log in; both or neither.
    package var username: String?
    package var password: String?
    package var trust: TrustSettings
    package var timeouts: Timeouts
    package var destination: DestinationPolicy

    package init(
        server: String, version: Version = .five, topic: String, payload: [UInt8], quality: Int = 1,
        isRetained: Bool = false, deliveryID: String, username: String? = nil, password: String? = nil,
        trust: TrustSettings = TrustSettings(), timeouts: Timeouts = Timeouts(),
        destination: DestinationPolicy = .standard
    ) {
        self.server = server
        self.version = version
        self.topic = topic
        self.payload = payload
        self.quality = quality
        self.isRetained = isRetained
        self.deliveryID = deliveryID
        self.username = username
        self.password = password
        self.trust = trust
        self.timeouts = timeouts
        self.destination = destination
    }
}

extension MQTTPublication: CustomStringConvertible {
    /// The broker only: the rest is private, or a password.
    package var description: String {
        "a message by " + ((try? URLParts.broker(server))?.origin ?? "(no valid broker)")
    }
}

extension MQTTPublication {
    /// Returns the broker's parts if everything in the publication may be sent.
    func validated() throws(TransportError) -> URLParts {
        let parts = try URLParts.broker(server)
        if let reason = objection(to: parts) { throw .invalid(reason, endpoint: parts.origin) }
        try timeouts.validate(endpoint: parts.origin)
        try trust.validate(endpoint: parts.origin)
        try destination.validate(parts)
        return parts
    }

    private func objection(to parts: URLParts) -> String? {
        guard parts.path == "/" || parts.path.isEmpty, parts.query == nil else {
            return "the broker's URL has more than scheme, host and port"
        }
        guard (1...TransportLimits.topicBytes).contains(topic.utf8.count),
            !topic.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") })
        else { return "the topic is empty or too long, or has a wildcard or a NUL" }
        guard (1...2).contains(quality) else { return "a quality without an acknowledgement" }
        guard payload.count <= TransportLimits.messageBytes else { return "the message is too large" }
        guard trust.proxy == nil, trust.caBlob == nil else { return "there are no proxies for brokers" }
        guard (username == nil) == (password == nil) else { return "a login needs a user name and a password" }
        for text in [username, password, deliveryID] {
            guard let text else { continue }
            if text.utf8.contains(0) || text.utf8.count > TransportLimits.loginBytes {
                return "the login has a NUL or is too long"
            }
        }
        if username != nil, parts.scheme == "mqtt", !parts.isLoopbackHost {
            return "no login over a connection that is not encrypted"
        }
        return nil
    }
}

/// The broker's acknowledgement.
package struct MQTTReply: Sendable, Hashable {
    /// 0, or 16 where nobody has subscribed to the topic.
    package var code: Int
    package var text: String

    package init(code: Int, text: String) {
        self.code = code
        self.text = text
    }
}

/// Hands single messages to brokers: one connection, one message.
package protocol MQTTTransport: Sendable {
    /// Returns once the broker has acknowledged the message.
    ///
    /// - Throws: `TransportError`: `.loginDenied` and `.brokerRefused` carry the broker's reason; where
    ///   `mayHaveBeenReceived` is true the message was sent and no acknowledgement came.
    func publish(_ publication: MQTTPublication) async throws(TransportError) -> MQTTReply
}
