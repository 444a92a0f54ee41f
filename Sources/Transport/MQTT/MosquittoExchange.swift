import CMosquitto
import Glibc
import Synchronization

/// One connection to a broker and one message over it.
///
/// libmosquitto connects without blocking and is driven by our own `poll(2)`, so every wait but that for the name
/// service has our timeout.
final class MosquittoExchange: Sendable {
    private static let keepAliveSeconds: Int32 = 60
    /// How often it is looked whether the task was cancelled.
    private static let lookInterval = Duration.milliseconds(100)

    /// Where Debian keeps them, and most others.
    private static let systemAuthorities = "/etc/ssl/certs"

    private let publication: MQTTPublication
    private let broker: URLParts
    private let isCancelled = Atomic<Bool>(false)

    init(_ publication: MQTTPublication, broker: URLParts) {
        self.publication = publication
        self.broker = broker
    }

    /// Ends the exchange soon; from any thread.
    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Blocks until the broker has acknowledged the message, refused it, or taken too long.
    func run() -> Result<MQTTReply, TransportError> {
        // OpenSSL's writes would raise it where the broker has gone.
        ThreadSignals.block(SIGPIPE)

        let events = MosquittoEvents()
        let context = Unmanaged.passUnretained(events).toOpaque()
        guard let client = mosquitto_new(nil, true, context) else { return .failure(failure(.internalFailure)) }
        defer { mosquitto_destroy(client) }
        MosquittoEvents.install(in: client)
        do throws(TransportError) {
            return .success(try withExtendedLifetime(events) { () throws(TransportError) in try talk(client, events) })
        } catch {
            return .failure(error)
        }
    }

    private func talk(_ client: OpaquePointer, _ events: MosquittoEvents) throws(TransportError) -> MQTTReply {
        let start = ContinuousClock.now
        let deadline = start + publication.timeouts.exchange
        try configure(client)
        let connected = min(deadline, start + publication.timeouts.connect)
        let code = mosquitto_connect_async(client, try admittedHost(), Int32(broker.port), Self.keepAliveSeconds)
        if code > 0 { throw libraryFailure(code, events, otherwise: .connect) }
        try checkAddress(client, until: connected)
        try drive(client, events, until: connected) { $0.greeting != nil }
        if let greeting = events.greeting, greeting != 0 { throw refusedGreeting(greeting) }
        try publish(client)
        events.isHandedOver = true
        try drive(client, events, until: deadline) { $0.acknowledgement != nil }
        let answer = events.acknowledgement ?? 0
        let text = String(cString: mosquitto_reason_string(answer))
        guard answer < MosquittoEvents.firstErrorReason else {
            throw failure(.brokerRefused(code: Int(answer), text: text))
        }
        mosquitto_disconnect_v5(client, 0, nil)
        return MQTTReply(code: Int(answer), text: text)
    }

    private func configure(_ client: OpaquePointer) throws(TransportError) {
        let version = publication.version == .five ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311
        try require(mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, version))
        if let username = publication.username, let password = publication.password {
            try require(mosquitto_username_pw_set(client, username, password))
        }
        guard broker.scheme == "mqtts" else { return }
        let trust = publication.trust
        if trust.caFile == nil { try require(mosquitto_int_option(client, MOSQ_OPT_TLS_USE_OS_CERTS, 1)) }
        // Without one of these libmosquitto does not take the system's authorities for enough.
        guard trust.caFile != nil || trust.clientCertificateFile != nil else { return }
        let keyFile = trust.clientKeyFile ?? trust.clientCertificateFile
        let folder = trust.caFile == nil ? Self.systemAuthorities : nil
        // A key with a passphrase would otherwise have OpenSSL ask for it on the terminal.
        let code = mosquitto_tls_set(client, trust.caFile, folder, trust.clientCertificateFile, keyFile) { _, _, _, _ in
            0
        }
        guard code == MOSQ_ERR_SUCCESS.code else {
            throw failure(.tls, cause: "a file with authorities, a certificate or a key is of no use")
        }
    }

    private func publish(_ client: OpaquePointer) throws(TransportError) {
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        if publication.version == .five {
            let isText = Int32(MQTT_PROP_PAYLOAD_FORMAT_INDICATOR.rawValue)
            try require(mosquitto_property_add_byte(&properties, isText, 1))
            let type = Int32(MQTT_PROP_CONTENT_TYPE.rawValue)
            try require(mosquitto_property_add_string(&properties, type, "application/json"))
            let own = Int32(MQTT_PROP_USER_PROPERTY.rawValue)
            try require(
                mosquitto_property_add_string_pair(&properties, own, "delivery-id", publication.deliveryID))
        }
        let payload = publication.payload
        try require(
            mosquitto_publish_v5(
                client, nil, publication.topic, Int32(payload.count), payload, Int32(publication.quality),
                publication.isRetained, properties))
    }

    private func require(_ code: Int32) throws(TransportError) {
        guard code != MOSQ_ERR_SUCCESS.code else { return }
        throw failure(.invalidRequest(reason: String(cString: mosquitto_strerror(code))))
    }

    /// Reads and writes until `isDone`.
    private func drive(
        _ client: OpaquePointer, _ events: MosquittoEvents, until deadline: ContinuousClock.Instant,
        _ isDone: (MosquittoEvents) -> Bool
    ) throws(TransportError) {
        while !isDone(events) {
            guard !isCancelled.load(ordering: .relaxed) else { throw failure(.cancelled, events) }
            let left = deadline - .now
            guard left > .zero else { throw failure(.timedOut(bytesSent: events.isHandedOver), events) }
            let code = turn(client, for: min(left, Self.lookInterval))
            if let reason = events.farewell, reason >= MosquittoEvents.firstErrorReason, !isDone(events) {
                let text = String(cString: mosquitto_reason_string(reason))
                throw failure(.brokerRefused(code: Int(reason), text: text))
            }
            guard code == MOSQ_ERR_SUCCESS.code || isDone(events) else {
                throw libraryFailure(code, events, otherwise: events.greeting == nil ? .connect : .receiveFailed)
            }
        }
    }

    private func turn(_ client: OpaquePointer, for time: Duration) -> Int32 {
        let socket = mosquitto_socket(client)
        guard socket >= 0 else { return MOSQ_ERR_CONN_LOST.code }
        let wanted = mosquitto_want_write(client) ? POLLIN | POLLOUT : POLLIN
        var polled = pollfd(fd: socket, events: Int16(wanted), revents: 0)
        _ = poll(&polled, 1, Int32(time / .milliseconds(1)) + 1)
        var code = MOSQ_ERR_SUCCESS.code
        if polled.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 { code = mosquitto_loop_read(client, 1) }
        if code == MOSQ_ERR_SUCCESS.code, polled.revents & Int16(POLLOUT) != 0 {
            code = mosquitto_loop_write(client, 1)
        }
        return code == MOSQ_ERR_SUCCESS.code ? mosquitto_loop_misc(client) : code
    }
}

extension MosquittoExchange {
    /// What libmosquitto is to connect to. It resolves names itself, and sends the login with the first packet: so that
    /// this goes to no address that is refused, an unencrypted connection is made to an address that we resolved. TLS
    /// needs the name; its first packet is no secret, and ``checkAddress(_:until:)`` comes before the next.
    private func admittedHost() throws(TransportError) -> String {
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(broker.host, nil, nil, &found)
        guard code == 0 else { throw failure(.resolve, cause: String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(found) }
        var addresses: [IPAddress] = []
        var next = found
        while let entry = next?.pointee {
            if let address = entry.ai_addr.flatMap({ IPAddress($0, length: Int(entry.ai_addrlen)) }) {
                addresses.append(address)
            }
            next = entry.ai_next
        }
        let refused = addresses.first { !publication.destination.allows($0) }
        let allowed = addresses.first(where: publication.destination.allows)
        let isRefused = broker.scheme == "mqtts" ? refused != nil : allowed == nil
        if isRefused, let refused { throw failure(.refusedByPolicy(address: refused.description)) }
        return broker.scheme == "mqtts" ? broker.host : allowed?.description ?? broker.host
    }

    /// Waits until there is a connection, and looks at whom it leads to: a name may have another address by now.
    private func checkAddress(
        _ client: OpaquePointer, until deadline: ContinuousClock.Instant
    ) throws(TransportError) {
        let socket = mosquitto_socket(client)
        var polled = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        while polled.revents == 0 {
            guard !isCancelled.load(ordering: .relaxed) else { throw failure(.cancelled) }
            let left = deadline - .now
            guard left > .zero else { throw failure(.timedOut(bytesSent: false)) }
            _ = poll(&polled, 1, Int32(min(left, Self.lookInterval) / .milliseconds(1)) + 1)
        }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let address = withUnsafeMutablePointer(to: &storage) { pointer -> IPAddress? in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard getpeername(socket, address, &length) == 0 else { return nil }
                return IPAddress(address, length: Int(length))
            }
        }
        guard let address else { throw failure(.connect, cause: connectError(socket)) }
        guard publication.destination.allows(address) else {
            throw failure(.refusedByPolicy(address: address.description))
        }
    }

    private func connectError(_ socket: Int32) -> String {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &length)
        return String(cString: strerror(code == 0 ? ENOTCONN : code))
    }

    /// MQTT 5 counts its errors from 128, MQTT 3.1.1 from 1.
    private func refusedGreeting(_ code: Int32) -> TransportError {
        let isNew = code >= MosquittoEvents.firstErrorReason
        let text = String(cString: isNew ? mosquitto_reason_string(code) : mosquitto_connack_string(code))
        let logins: [Int32] = isNew ? [134, 135, 140] : [4, 5]
        let kind: TransportError.Kind =
            logins.contains(code)
            ? .loginDenied(code: Int(code), text: text) : .brokerRefused(code: Int(code), text: text)
        return failure(kind)
    }

    private func libraryFailure(
        _ code: Int32, _ events: MosquittoEvents, otherwise kind: TransportError.Kind
    ) -> TransportError {
        let system = code == MOSQ_ERR_ERRNO.code ? String(cString: strerror(errno)) : nil
        let cause = events.complaint ?? system ?? String(cString: mosquitto_strerror(code))
        switch code {
        case MOSQ_ERR_EAI.code, MOSQ_ERR_LOOKUP.code: return failure(.resolve, events, cause: cause)
        case MOSQ_ERR_TLS.code, MOSQ_ERR_TLS_HANDSHAKE.code: return failure(.tls, events, cause: cause)
        case MOSQ_ERR_PROTOCOL.code, MOSQ_ERR_MALFORMED_PACKET.code:
            return failure(.protocolViolation, events, cause: cause)
        default: return failure(events.complaint == nil ? kind : .tls, events, cause: cause)
        }
    }

    private func failure(
        _ kind: TransportError.Kind, _ events: MosquittoEvents? = nil, cause: String = ""
    ) -> TransportError {
        TransportError(
            kind: kind, endpoint: broker.origin, cause: cause.singleLine(atMost: TransportLimits.causeBytes),
            mayHaveBeenReceived: events?.isHandedOver ?? false)
    }
}
