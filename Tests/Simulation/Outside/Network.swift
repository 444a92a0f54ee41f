import TestSupport
import Transport

/// What lies between a process and the others: it takes time, loses requests and answers, and goes on with what was
/// sent when the process is dead.
// Safe because only the thread that drives the story touches it.
final class Network: HTTPTransport, @unchecked Sendable {
    private typealias Exchange = Pending<Result<HTTPResponse, TransportError>>

    private let kernel: Kernel
    private let api: API
    private let receivers: [String: Receiver]
    /// The process that sends now.
    var life: Life?
    /// One in so many requests, and answers, is lost; nil for none.
    var losses: Int?
    /// The longest that one way takes, in milliseconds.
    var slowness = 40

    init(kernel: Kernel, api: API, receivers: [Receiver]) {
        self.kernel = kernel
        self.api = api
        self.receivers = Dictionary(receivers.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        guard let life else { throw TransportError(kind: .cancelled) }
        return try await life.wait(givingUp: .failure(TransportError(kind: .cancelled))) { exchange in
            carry(request, for: life, exchange)
        }.get()
    }

    private func carry(_ request: HTTPRequest, for life: Life, _ exchange: Exchange) {
        let patience = Kernel.Time(roundingUp: request.timeouts.exchange)
        kernel.after(patience) {
            exchange.end(.failure(TransportError(kind: .timedOut(bytesSent: true), mayHaveBeenReceived: true)))
        }
        guard !isLost() else {
            guard kernel.chance.oneIn(2) else { return }
            return kernel.after(way()) { exchange.end(.failure(TransportError(kind: .connect))) }
        }
        let sent = kernel.now
        kernel.after(way()) { [self] in
            if request.url.hasPrefix(API.address + "/") {
                bring(api.answer(request, sent: sent, life: life.number), to: life, exchange)
            } else {
                let receiver = receivers[String(request.url.dropFirst(Receiver.address.count))]
                hand(receiver?.take(request, sent: sent, life: life.number), life, exchange)
            }
        }
    }

    private func bring(_ answer: API.Answer, to life: Life, _ exchange: Exchange) {
        guard let response = answer.response, !isLost() else { return }
        let asked = kernel.now
        kernel.after(way()) { [kernel] in
            guard life.isAlive, exchange.isOpen else { return }
            for (thing, state) in answer.says {
                thing.said.append(
                    Team.Saying(at: asked, status: state.status, since: state.from, life: life.number))
            }
            answer.request?.heard = kernel.now
            exchange.end(.success(response))
        }
    }

    private func hand(_ reply: Receiver.Reply?, _ life: Life, _ exchange: Exchange) {
        guard let reply else {
            return exchange.end(.failure(TransportError(kind: .connect)))
        }
        guard let status = reply.status, !isLost() else {
            // Broken off, or never heard of again.
            guard kernel.chance.oneIn(2) else { return }
            return kernel.after(way()) {
                exchange.end(.failure(TransportError(kind: .receiveFailed, mayHaveBeenReceived: true)))
            }
        }
        kernel.after(way() + reply.wait) { [kernel] in
            guard life.isAlive, exchange.isOpen else { return }
            reply.attempt.heard = kernel.now
            exchange.end(.success(HTTPResponse(status: status, headerFields: reply.fields)))
        }
    }

    private func isLost() -> Bool { losses.map { kernel.chance.oneIn($0) } ?? false }
    private func way() -> Kernel.Time {
        1 + .milliseconds(Int.random(in: 1...slowness, using: &kernel.chance) * (kernel.chance.oneIn(30) ? 40 : 1))
    }
}
