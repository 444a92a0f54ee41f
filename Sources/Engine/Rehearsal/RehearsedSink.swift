import CEL
import Core
import Logging
import Sinks
import Synchronization
import Transport

/// A sink of a rehearsal: it renders and judges as the real one does, and nothing leaves the machine.
///
/// What is sent is caught where the transport would take it. A program is not run, nor a file written to: of those, what
/// is caught is what a dry run prints.
final class RehearsedSink: Sink {
    let name: String
    let kind: String
    private let inner: any Sink
    private let door: SinkDoor
    private let caught = Mutex<[DeliveryID: CELValue]>([:])

    /// Kinds that do something of their own with this machine.
    private static let local: Set<String> = ["exec", "file"]

    init(_ settings: SinkSettings, door: SinkDoor, hostName: String = "rehearsal.example")
        throws(SinkConfigurationError)
    {
        self.door = door
        name = settings.configuration.name
        kind = settings.kind.name
        let services = SinkServices(
            http: door, mail: door, mqtt: door, productVersion: "rehearsal", hostName: hostName,
            logger: RehearsedSink.silent)
        inner = try settings.kind.make(settings.configuration, services)
    }

    static let silent = Logger(label: "rehearsal") { _ in SwiftLogNoOpLogHandler() }

    func preview(_ delivery: OutgoingDelivery, at now: Timestamp) -> String { inner.preview(delivery, at: now) }

    /// What the first attempt of the delivery sent: JSON where it was, else a text.
    func body(of delivery: DeliveryID) -> CELValue? { caught.withLock { $0[delivery] } }

    func attempt(_ delivery: OutgoingDelivery, at now: Timestamp) async -> AttemptResult {
        let fault = door.fault
        guard !RehearsedSink.local.contains(kind) else {
            keep(.string(inner.preview(delivery, at: now)), of: delivery.id)
            return fault.map { AttemptResult($0.outcome) } ?? AttemptResult(.delivered)
        }
        let result = await inner.attempt(delivery, at: now)
        if let sent = door.take() { keep(RehearsedSink.body(of: sent), of: delivery.id) }
        // Each service says in its own way that all is well.
        guard fault == nil else { return result }
        return AttemptResult(.delivered, answer: "", kept: result.kept)
    }

    private func keep(_ body: CELValue, of delivery: DeliveryID) {
        caught.withLock { caught in if caught[delivery] == nil { caught[delivery] = body } }
    }

    private static func body(of bytes: [UInt8]) -> CELValue {
        if let json = try? JSON.parse(bytes) { return json }
        return .string(String(decoding: bytes, as: UTF8.self))
    }
}

/// Where what a sink sends would leave the machine.
final class SinkDoor: HTTPTransport, MailTransport, MQTTTransport {
    private let state = Mutex<(fault: SinkFault?, sent: [UInt8]?)>((nil, nil))

    var fault: SinkFault? { state.withLock { $0.fault } }
    func setFault(_ fault: SinkFault?) { state.withLock { $0.fault = fault } }

    /// What was sent since the last call; of several mails the first.
    func take() -> [UInt8]? {
        state.withLock { state in
            defer { state.sent = nil }
            return state.sent
        }
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        guard let status = try pass(request.body ?? []) else {
            return HTTPResponse(status: 200, body: Array("ok".utf8))
        }
        return HTTPResponse(status: status, body: Array("the test says so".utf8))
    }

    func send(_ transaction: MailTransaction) async throws(TransportError) -> MailReply {
        guard let status = try pass(transaction.message) else {
            return MailReply(code: 250, text: "ok", duration: .zero)
        }
        throw TransportError(kind: .mailRefused(code: status, text: "the test says so"))
    }

    func publish(_ publication: MQTTPublication) async throws(TransportError) -> MQTTReply {
        guard let status = try pass(publication.payload) else { return MQTTReply(code: 0, text: "success") }
        throw TransportError(kind: .brokerRefused(code: status, text: "the test says so"))
    }

    /// The status that is to be answered; nil for a good one.
    private func pass(_ body: [UInt8]) throws(TransportError) -> Int? {
        let fault = state.withLock { state in
            if state.sent == nil { state.sent = body }
            return state.fault
        }
        switch fault {
        case nil: return nil
        case .status(let status)?: return status
        case .down?: throw TransportError(kind: .connect)
        case .timeout?: throw TransportError(kind: .timedOut(bytesSent: true), mayHaveBeenReceived: true)
        }
    }
}

extension SinkFault {
    /// For sinks that have no transport of their own.
    fileprivate var outcome: AttemptOutcome {
        switch self {
        case .down: .failed(reason: "the test says that it is down", after: nil)
        case .timeout: .unknown(reason: "the test says that it does not answer")
        case .status(let status): .failed(reason: "the test says \(status)", after: nil)
        }
    }
}
