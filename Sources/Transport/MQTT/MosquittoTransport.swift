import CMosquitto
import Dispatch

/// MQTT over libmosquitto: a thread for each message under way, a connection for each message.
package struct MosquittoTransport: MQTTTransport {
    package init() {}

    package func publish(_ publication: MQTTPublication) async throws(TransportError) -> MQTTReply {
        let broker = try publication.validated()
        precondition(Self.libraryIsReady)
        let exchange = MosquittoExchange(publication, broker: broker)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A queue of its own is a thread of its own: the wait blocks nobody else.
                DispatchQueue(label: "auspex.mqtt").async { continuation.resume(returning: exchange.run()) }
            }
        } onCancel: {
            exchange.cancel()
        }
        return try result.get()
    }

    /// Once for the process, before any thread uses libmosquitto.
    private static let libraryIsReady = mosquitto_lib_init() == MOSQ_ERR_SUCCESS.code
}

extension mosq_err_t {
    var code: Int32 { Int32(rawValue) }
}
