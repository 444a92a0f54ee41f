import Hummingbird
package import Logging
import Synchronization

/// A receiver of callbacks on a port of 127.0.0.1, as a user would write one: it checks signatures, remembers what
/// arrived, and answers 204 to what is genuine, 401 to what is not, unless it was told what to answer.
package final class CallbackReceiver: Sendable {
    private struct State {
        var received: [ReceivedCallback] = []
        var count = 0
        var answers: [CallbackAnswer] = []
        var rule: (@Sendable (ReceivedCallback) -> CallbackAnswer?)?
    }

    /// Older deliveries are forgotten beyond this.
    package static let callbacksKept = 100_000

    private let webhook: StandardWebhook
    private let bodyLimit: Int
    private let now: @Sendable () -> WorldTime
    private let deliver: @Sendable (ReceivedCallback) async -> Void
    private let state = Mutex(State())
    private let turnstile = Turnstile()
    private let http: LocalHTTPServer

    /// - Parameters:
    ///   - secrets: `whsec_…` or `whpk_…`; with none, nothing is checked.
    ///   - bodyLimit: in bytes; more is answered with 413 and not handed over.
    ///   - now: the wall clock, or a test's own.
    ///   - deliver: gets every delivery, genuine or not, before it is answered.
    package init(
        secrets: [String], bodyLimit: Int = 4 << 20, logger: Logger = .silent,
        now: @escaping @Sendable () -> WorldTime,
        deliver: @escaping @Sendable (ReceivedCallback) async -> Void = { _ in }
    ) {
        webhook = StandardWebhook(secrets: secrets)
        self.bodyLimit = bodyLimit
        self.now = now
        self.deliver = deliver
        http = LocalHTTPServer(logger: logger)
    }

    /// Serves until cancelled or asked to stop gracefully; `started` gets the bound port.
    package func run(port: Int, started: @escaping @Sendable (Int) -> Void) async throws {
        try await http.run(port: port, handler: { await self.receive($0) }, started: started)
    }

    /// Serves in the background until `stop`; returns the bound port, after a stop the same for port 0.
    package func start(port: Int = 0) async throws -> Int {
        try await http.start(port: port) { await self.receive($0) }
    }

    /// Cuts every connection and frees the port. What was received stays.
    package func stop() async { await http.stop() }

    /// Answers for the next deliveries, one each; they come before the rule.
    package func answer(with answers: CallbackAnswer...) {
        state.withLock { $0.answers += answers }
    }

    /// Decides about each delivery; nil leaves it to the usual answer.
    package func setRule(_ rule: (@Sendable (ReceivedCallback) -> CallbackAnswer?)?) {
        state.withLock { $0.rule = rule }
    }

    /// What arrived, oldest first.
    package var received: [ReceivedCallback] { state.withLock { $0.received } }

    /// What arrived, once it is at least so many since the beginning, or the task is cancelled.
    package func received(atLeast count: Int) async -> [ReceivedCallback] {
        await turnstile.wait(for: count)
        return received
    }

    private func receive(_ request: Request) async -> Answer {
        guard request.method == .post else { return Answer(status: 405, headers: [("Allow", "POST")]) }
        guard let body = try? await request.body.collect(upTo: bodyLimit) else { return Answer(status: 413) }
        let time = now()
        let bytes = Array(body.readableBytesView)
        let headers = request.headers.map { (name: $0.name.canonicalName, value: $0.value) }
        func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
        let verdict = webhook.verdict(
            id: header("webhook-id"), timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"), body: bytes, at: time)
        let (callback, answer) = state.withLock { state in
            var callback = ReceivedCallback(
                number: state.count, time: time, target: request.head.path ?? "/", headers: headers, body: bytes,
                verdict: verdict, status: 0)
            let answer = Self.decide(callback, &state)
            callback.status = answer.status
            state.count += 1
            state.received.append(callback)
            if state.received.count > Self.callbacksKept * 2 {
                state.received.removeFirst(state.received.count - Self.callbacksKept)
            }
            return (callback, answer)
        }
        await deliver(callback)
        turnstile.pass()
        return answer.answer
    }

    private static func decide(_ callback: ReceivedCallback, _ state: inout State) -> CallbackAnswer {
        if !state.answers.isEmpty { return state.answers.removeFirst() }
        if let answer = state.rule?(callback) { return answer }
        return callback.verdict == .verified || callback.verdict == .notChecked ? .status(204) : .status(401)
    }
}
