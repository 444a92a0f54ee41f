import CEL
import Core
import TestSupport
import Transport

/// Whom a sink sends to: takes what it is sent, as far as its mood lets it, and notes everything.
// Safe because only the thread that drives the story touches it.
final class Receiver: @unchecked Sendable {
    enum Mood: String, CaseIterable {
        case up
        /// No connection.
        case down
        /// 500 and its like.
        case failing
        /// Takes what it is sent, but its answers are lost, or come too late.
        case mute
        /// Takes what it is sent twice, as a proxy may that tries again.
        case stuttering
        /// 429 with a time.
        case throttling
        /// Dislikes some for good.
        case picky
        /// Its address is gone, or the key is wrong.
        case misplaced
        /// Answers in seconds.
        case slow
    }

    /// One request, as it arrived.
    final class Attempt {
        let sent: Kernel.Time
        let at: Kernel.Time
        let sink: String
        let life: Int
        /// `webhook-id`.
        let id: String
        let message: Message
        /// What it was answered with; nil for nothing.
        let status: Int?
        /// When a living process learned of the answer, or of there being none.
        var heard: Kernel.Time?
        /// Seconds that it was asked to wait.
        var patience: Double?

        init(
            sent: Kernel.Time, at: Kernel.Time, sink: String, life: Int, id: String, message: Message, status: Int?
        ) {
            self.sent = sent
            self.at = at
            self.sink = sink
            self.life = life
            self.id = id
            self.message = message
            self.status = status
        }

        var isAccepted: Bool { status.map { (200..<300).contains($0) } ?? false || isTakenSilently }
        /// The receiver has it, and nobody was told.
        var isTakenSilently = false
        var isRefused: Bool { status.map { (400..<500).contains($0) && ![408, 425, 429].contains($0) } ?? false }
    }

    /// What a callback says, read once for each body.
    struct Message {
        struct Alert {
            var id: String
            var state: String
            var source: String
            var kind: String
            var resource: String
            var since: Timestamp
            var firedAt: Timestamp
        }

        var id: String
        var type: String
        var rule: String
        var timestamp: Timestamp
        var alerts: [Alert]
        var bodyHash: UInt64
    }

    let name: String
    private let kernel: Kernel
    var mood = Mood.up
    private(set) var attempts: [Attempt] = []
    private var messages: [UInt64: Message] = [:]
    /// What could not be read at all.
    private(set) var unreadable: [String] = []

    init(name: String, kernel: Kernel) {
        self.name = name
        self.kernel = kernel
    }

    static let address = "http://127.0.0.1:2/"

    /// How the exchange goes on: what is answered, and after how long; nil for no answer.
    struct Reply {
        var status: Int?
        var fields: [HeaderField] = []
        var wait: Kernel.Time = 0
        var attempt: Attempt
    }

    /// Takes a request; nil where it does not even arrive.
    func take(_ request: HTTPRequest, sent: Kernel.Time, life: Int) -> Reply? {
        guard mood != .down, let message = read(request.body ?? []) else { return nil }
        let id = request.headerFields.first { $0.isNamed("webhook-id") }?.value ?? ""
        var (status, isSilent, wait): (Int?, Bool, Kernel.Time) = (204, false, 0)
        var patience: Double?
        switch mood {
        case .up, .down: break
        case .failing: status = kernel.chance.pick([500, 502, 503, 408, 425])
        case .mute:
            isSilent = true
            status = nil
        case .stuttering: if kernel.chance.oneIn(2) { note(message, id, 204, sent: sent, life: life) }
        case .throttling:
            status = 429
            patience = kernel.chance.pick([1, 3, 10])
        case .picky: if message.bodyHash % 3 == 0 { status = kernel.chance.pick([400, 413, 422]) }
        case .misplaced: status = kernel.chance.pick([401, 404, 410])
        case .slow: wait = .milliseconds(Int.random(in: 500...9000, using: &kernel.chance))
        }
        let attempt = note(message, id, status, sent: sent, life: life)
        attempt.isTakenSilently = isSilent
        attempt.patience = patience
        let fields = patience.map { [HeaderField("Retry-After", "\(Int($0))")] } ?? []
        return Reply(status: status, fields: fields, wait: wait, attempt: attempt)
    }

    @discardableResult
    private func note(_ message: Message, _ id: String, _ status: Int?, sent: Kernel.Time, life: Int) -> Attempt {
        let attempt = Attempt(
            sent: sent, at: kernel.now, sink: name, life: life, id: id, message: message, status: status)
        attempts.append(attempt)
        let resource = message.alerts.first?.resource ?? ""
        kernel.note("sink \(name) \(message.type) \(message.rule) \(resource) \(id) -> \(status ?? 0)")
        return attempt
    }

    private func read(_ body: [UInt8]) -> Message? {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in body { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        if let known = messages[hash] { return known }
        guard let message = Message(body, hash: hash) else {
            unreadable.append(String(decoding: body.prefix(200), as: UTF8.self))
            return nil
        }
        messages[hash] = message
        return message
    }
}

extension Receiver.Message {
    init?(_ body: [UInt8], hash: UInt64) {
        guard case .map(let event)? = try? JSON.parse(body), case .map(let data)? = event["data"],
            case .map(let rule)? = data["rule"], let type = event["type"]?.text, let id = data["id"]?.text,
            let name = rule["name"]?.text, let timestamp = event["timestamp"]?.time,
            case .list(let items)? = data["alerts"]
        else { return nil }
        var alerts: [Alert] = []
        for item in items {
            guard case .map(let alert) = item, let id = alert["id"]?.text, let state = alert["state"]?.text,
                let source = alert["source"]?.text, let kind = alert["kind"]?.text,
                let resource = alert["resource_id"]?.text, let since = alert["since"]?.time,
                let firedAt = alert["fired_at"]?.time
            else { return nil }
            alerts.append(
                Alert(
                    id: id, state: state, source: source, kind: kind, resource: resource, since: since,
                    firedAt: firedAt))
        }
        self.init(id: id, type: type, rule: name, timestamp: timestamp, alerts: alerts, bodyHash: hash)
    }
}

extension CELValue {
    fileprivate var text: String? { if case .string(let text) = self { text } else { nil } }
    fileprivate var time: Timestamp? { text.flatMap { Timestamp(rfc3339: $0) } }
}
