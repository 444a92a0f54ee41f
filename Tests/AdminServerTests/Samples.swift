import AdminServer
import CEL
import Core
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization

/// A service whose answers the test sets, and which remembers the hints it was given.
final class ScriptedState: AdminState {
    struct Hint: Hashable {
        var source: String
        var body: [UInt8]
        var header: String?
    }

    struct Broken: Error, CustomStringConvertible {
        var description: String { "disk I/O error in /var/lib/secret-place" }
    }

    private let overviewToGive: Overview?
    private let readinessToGive: Readiness
    private let families: [MetricFamily]
    private let verdict: HintVerdict
    private let hesitation: Duration
    private let received = Mutex<[Hint]>([])
    private let (askedStream, askedContinuation) = AsyncStream.makeStream(of: Void.self)

    /// - Parameters:
    ///   - overview: nil for a store that cannot be read.
    ///   - hesitation: how long an overview takes.
    init(
        overview: Overview? = Overview(), readiness: Readiness = Readiness(), metrics: [MetricFamily] = [],
        verdict: HintVerdict = .accepted, hesitation: Duration = .zero
    ) {
        self.hesitation = hesitation
        overviewToGive = overview
        readinessToGive = readiness
        families = metrics
        self.verdict = verdict
    }

    var hints: [Hint] { received.withLock { $0 } }

    /// Returns once an overview is being asked for.
    func asked() async { await askedStream.first { _ in true } }

    func readiness() async -> Readiness { readinessToGive }

    func overview() async throws -> Overview {
        askedContinuation.yield()
        if hesitation > .zero { try await Task.sleep(for: hesitation) }
        guard let overviewToGive else { throw Broken() }
        return overviewToGive
    }

    func metrics() async throws -> [MetricFamily] { families }

    func hint(source: String, body: [UInt8], header: String?) async -> HintVerdict {
        received.withLock { $0.append(Hint(source: source, body: body, header: header)) }
        return verdict
    }
}

/// A clock that only tests move.
final class ManualClock: Sendable {
    static let start = Timestamp(clampingMilliseconds: 1_777_888_800_000)
    private let time = Mutex(ManualClock.start)

    var now: Timestamp { time.withLock { $0 } }
    func advance(by duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
}

let token = "s3cret-token-of-the-team"

extension AdminServer {
    static func sample(
        _ state: ScriptedState = ScriptedState(), token: String? = nil, host: String = "127.0.0.1",
        port: Int = 0, limits: AdminLimits = AdminLimits(), clock: ManualClock = ManualClock()
    ) -> AdminServer {
        AdminServer(
            options: Options(host: host, port: port, token: token.map(Secret.init), version: "1.2.3", limits: limits),
            state: state, now: { clock.now }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// One request, without a socket.
    func ask(
        _ target: String, _ method: HTTPRequest.Method = .get, headers: HTTPFields = [:], body: String? = nil
    ) async throws -> TestResponse {
        try await application { _ in }.test(.router) { client in
            try await client.executeRequest(
                uri: target, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        }
    }
}

extension TestResponse {
    var text: String { String(buffer: body) }
    var json: CELValue { get throws { try JSON.parse(Array(buffer: body)) } }
    var members: CELMap? { get throws { if case .map(let members) = try json { members } else { nil } } }
    func field(_ name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
}

extension Overview {
    /// Something of everything, at the clock's start, with `text` wherever a stranger can put one.
    static func busy(outside text: String) -> Overview {
        let now = ManualClock.start
        var firing = AlertRecord(
            rule: "refused-by-policy", resource: ResourceKey(source: "studio", kind: .generation, id: text),
            activation: 1, phase: .firing, since: now.advanced(by: .seconds(-200)), severity: .critical)
        firing.title = text
        var pending = AlertRecord(
            rule: "stuck-in-review", resource: ResourceKey(source: "studio", kind: .character, id: "chr_1"),
            activation: 1, phase: .pending, since: now.advanced(by: .seconds(-7200)), severity: .warning)
        pending.title = text
        return Overview(
            sources: [
                Source(name: "studio", kind: .generation, resources: 20_145, inFlight: 12, lastSuccessAt: now),
                Source(
                    name: "studio", kind: .character, resources: 48, lastSuccessAt: now.advanced(by: .seconds(-900)),
                    consecutiveFailures: 4, lastError: text),
                Source(name: "lab", kind: .generation),
            ],
            alerts: [firing, pending], firing: 1, pending: 1,
            deliveries: DeliveryPhase.allSamples.map { phase, attempts in
                .sample(phase: phase, attempts: attempts, reason: text, title: text)
            },
            sinks: [
                Sink(
                    name: "team", kind: "slack", pending: 1, delivered: 1204,
                    oldestPendingAt: now.advanced(by: .seconds(-3600))),
                Sink(name: "jobs", kind: "webhook", delivered: 9310, dead: 2),
                Sink(name: "ops", kind: "email", delivered: 17),
            ],
            warnings: [text])
    }
}

extension DeliveryPhase {
    fileprivate static let allSamples: [(DeliveryPhase, Int)] = [
        (.pending, 0), (.pending, 2), (.delivered, 1), (.dead, 10),
    ]
}

extension Overview.Delivery {
    fileprivate static func sample(phase: DeliveryPhase, attempts: Int, reason: String, title: String)
        -> Overview.Delivery
    {
        let made = ManualClock.start.advanced(by: .seconds(-60))
        var record = DeliveryRecord(
            id: DeliveryID(rawValue: "dlv_\(phase.rawValue)\(attempts)"),
            notification: NotificationID(rawValue: "ntf_1"),
            sink: "team", orderKey: "k", sequence: 1, createdAt: made)
        record.phase = phase
        record.attempts = attempts
        record.lastReason = reason
        record.nextAttemptAt = ManualClock.start.advanced(by: .seconds(240))
        return Overview.Delivery(record: record, title: title)
    }
}
