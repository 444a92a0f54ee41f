import CMosquitto

/// What a broker said, as libmosquitto's callbacks tell it: all on the thread that drives the client.
final class MosquittoEvents {
    /// Reason codes from here on are errors (MQTT 5, section 2.4).
    static let firstErrorReason: Int32 = 128

    /// The broker's answer to our greeting; 0 is a welcome.
    private(set) var greeting: Int32?
    /// The broker's answer to our message.
    private(set) var acknowledgement: Int32?
    /// Why the broker, or libmosquitto, closed the connection.
    private(set) var farewell: Int32?
    /// What OpenSSL said last.
    private(set) var complaint: String?
    /// From here on the message may be out.
    var isHandedOver = false

    static func install(in client: OpaquePointer) {
        mosquitto_connect_v5_callback_set(client) { _, context, code, _, _ in
            MosquittoEvents.of(context)?.greeting = code
        }
        mosquitto_publish_v5_callback_set(client) { _, context, _, code, _ in
            MosquittoEvents.of(context)?.acknowledgement = code
        }
        mosquitto_disconnect_v5_callback_set(client) { _, context, code, _ in
            MosquittoEvents.of(context)?.farewell = code
        }
        mosquitto_log_callback_set(client) { _, context, level, text in
            guard level == MOSQ_LOG_ERR, let text else { return }
            let line = String(cString: text)
            // The last of several names the cause.
            if line.hasPrefix("OpenSSL Error") || line.contains("host name") {
                MosquittoEvents.of(context)?.complaint = line
            }
        }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> MosquittoEvents? {
        context.map { Unmanaged<MosquittoEvents>.fromOpaque($0).takeUnretainedValue() }
    }
}
