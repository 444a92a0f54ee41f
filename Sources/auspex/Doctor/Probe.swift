import Sinks
import Synchronization
import Transport

/// Stands in for the network: connects to where a sink would send something, TLS and proxy included, and sends nothing.
///
/// A sink renders and addresses a test message as ever; what arrives here is what it would have sent. Which check a
/// connection belongs to is known by the task that it is made in.
struct Probe: HTTPTransport, MailTransport, MQTTTransport {
    /// What came of the connections of one check.
    final class Record: Sendable {
        private struct State {
            var reached: [String] = []
            var trouble: TransportError?
        }

        private let state = Mutex(State())

        /// The endpoints that could be connected to, and what was wrong with the last that could not.
        var reached: [String] { state.withLock(\.reached) }
        var trouble: TransportError? { state.withLock(\.trouble) }

        fileprivate func note(_ endpoint: String) {
            state.withLock { if !$0.reached.contains(endpoint) { $0.reached.append(endpoint) } }
        }

        fileprivate func note(_ error: TransportError) { state.withLock { $0.trouble = error } }
    }

    @TaskLocal static var record = Record()

    let http: any HTTPTransport

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let parts = try URLParts(request.url)
        throw await connect(
            to: request.url, as: parts.origin, timeouts: request.timeouts, trust: request.trust,
            destination: request.destination)
    }

    func send(_ transaction: MailTransaction) async throws(TransportError) -> MailReply {
        let parts = try URLParts(transaction.server)
        throw await connect(
            to: Probe.address(parts, isSecure: parts.scheme == "smtps"), as: parts.origin,
            timeouts: transaction.timeouts, trust: transaction.trust, destination: transaction.destination)
    }

    func publish(_ publication: MQTTPublication) async throws(TransportError) -> MQTTReply {
        let parts = try URLParts.broker(publication.server)
        throw await connect(
            to: Probe.address(parts, isSecure: parts.scheme == "mqtts"), as: parts.origin,
            timeouts: publication.timeouts, trust: publication.trust, destination: publication.destination)
    }

    /// The same host and port for libcurl, which only connects, and with TLS where that begins at once.
    private static func address(_ parts: URLParts, isSecure: Bool) -> String {
        let host = parts.host.contains(":") ? "[\(parts.host)]" : parts.host
        return "\(isSecure ? "https" : "http")://\(host):\(parts.port)/"
    }

    /// Always an error: nothing was sent, whatever came of the connection.
    private func connect(
        to url: String, as endpoint: String, timeouts: Timeouts, trust: TrustSettings, destination: DestinationPolicy
    ) async -> TransportError {
        var request = HTTPRequest(url: url, timeouts: timeouts, trust: trust, destination: destination)
        request.isConnectionOnly = true
        do throws(TransportError) {
            _ = try await http.send(request)
            Probe.record.note(endpoint)
        } catch {
            Probe.record.note(error)
        }
        return TransportError(kind: .cancelled, endpoint: endpoint)
    }
}
