import Synchronization
import Transport

/// A transport that records requests and answers from a script; after its end it says 200 and `ok`.
final class ScriptedHTTP: HTTPTransport {
    private let state: Mutex<(script: [Result<HTTPResponse, TransportError>], requests: [HTTPRequest])>

    init(_ script: [Result<HTTPResponse, TransportError>] = []) { state = Mutex((script, [])) }

    convenience init(_ status: Int, _ body: String = "", _ fields: [HeaderField] = []) {
        self.init([.success(HTTPResponse(status: status, headerFields: fields, body: Array(body.utf8)))])
    }

    convenience init(failing kind: TransportError.Kind, mayHaveBeenReceived: Bool = false) {
        self.init([.failure(TransportError(kind: kind, mayHaveBeenReceived: mayHaveBeenReceived))])
    }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let answer = state.withLock { state in
            state.requests.append(request)
            return state.script.isEmpty ? nil : state.script.removeFirst()
        }
        return try (answer ?? .success(HTTPResponse(status: 200, body: Array("ok".utf8)))).get()
    }
}

/// A mail server that records transactions and answers each recipient from a script; the others it accepts.
final class ScriptedMail: MailTransport {
    private let state: Mutex<(failures: [String: TransportError], transactions: [MailTransaction])>

    init(_ failures: [String: TransportError] = [:]) { state = Mutex((failures, [])) }

    /// Refuses one recipient with an SMTP code.
    convenience init(refusing recipients: [String: Int]) {
        self.init(recipients.mapValues { TransportError(kind: .mailRefused(code: $0, text: "no")) })
    }

    var transactions: [MailTransaction] { state.withLock { $0.transactions } }
    var recipients: [String] { transactions.map(\.recipient) }

    func send(_ transaction: MailTransaction) async throws(TransportError) -> MailReply {
        let failure = state.withLock { state in
            state.transactions.append(transaction)
            return state.failures[transaction.recipient]
        }
        if let failure { throw failure }
        return MailReply(code: 250, text: "queued", duration: .zero)
    }
}

/// A broker that records messages and acknowledges them, or answers all with one error.
final class ScriptedMQTT: MQTTTransport {
    private let failure: TransportError?
    private let stored = Mutex<[MQTTPublication]>([])

    init(_ failure: TransportError? = nil) { self.failure = failure }

    var publications: [MQTTPublication] { stored.withLock { $0 } }

    func publish(_ publication: MQTTPublication) async throws(TransportError) -> MQTTReply {
        stored.withLock { $0.append(publication) }
        if let failure { throw failure }
        return MQTTReply(code: 0, text: "Success")
    }
}

extension HTTPRequest {
    func field(_ name: String) -> String? { headerFields.first { $0.isNamed(name) }?.value }
    var bodyText: String { String(decoding: body ?? [], as: UTF8.self) }
}
