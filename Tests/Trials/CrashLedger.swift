import SimulatedAurous
import Synchronization

/// Something that a sink is to be told.
struct Told: Hashable, CustomStringConvertible {
    var sink: String
    var rule: String
    var resource: String
    /// `alert.fired` or `alert.resolved`.
    var type: String

    var description: String { "\(sink) \(rule) \(resource) \(type)" }

    init(sink: String, rule: String, resource: String, type: String) {
        self.sink = sink
        self.rule = rule
        self.resource = resource
        self.type = type
    }

    /// Reads a callback; nil if it is none of ours.
    init?(_ callback: ReceivedCallback) {
        let json = callback.json
        guard let type = json?["type"]?.text, let data = json?["data"], let rule = data["rule"]?["name"]?.text,
            let alerts = data["alerts"]?.elements, alerts.count == 1, let resource = alerts[0]["resource_id"]?.text
        else { return nil }
        self.init(sink: String(callback.target.drop { $0 == "/" }), rule: rule, resource: resource, type: type)
    }
}

/// Keeps account of what is to be told and of what arrives. It is made from the world's own events and from the
/// callbacks, and knows nothing of how the watcher decides.
final class CrashLedger: Sendable {
    /// What came under one `webhook-id` to one sink.
    private struct Arrivals {
        var told: Told
        var bodyHash: Int
        var count = 0
        /// Which run of the program had sent what was first taken with a 2xx.
        var takenFrom: String?
    }

    private struct State {
        var expected: Set<Told> = []
        var ids: [Told: Set<String>] = [:]
        var arrivals: [String: Arrivals] = [:]
        var taken: Set<Told> = []
        var callbacks = 0
        var report = CrashReport()
        var lastNews = ContinuousClock.now
    }

    private let state = Mutex(State())
    /// The header field in which each run of the program names itself: what a killed run had sent may arrive after the
    /// start of the next.
    static let runField = "x-run"

    func expect(_ told: Told) { state.withLock { _ = $0.expected.insert(told) } }

    func wasTaken(_ told: Told) -> Bool { state.withLock { $0.taken.contains(told) } }

    /// How many are still missing, and for how long nothing new has arrived.
    var missing: (count: Int, since: Duration) {
        state.withLock {
            ($0.expected.count - $0.expected.intersection($0.taken).count, ContinuousClock.now - $0.lastNews)
        }
    }

    var callbacks: Int { state.withLock(\.callbacks) }

    /// A callback has arrived, and will be answered with its status; 0 for no answer.
    func arrived(_ callback: ReceivedCallback) {
        state.withLock { state in
            state.callbacks += 1
            guard callback.verdict == .verified else {
                state.report.forged.append("callback \(callback.number): \(callback.verdict)")
                return
            }
            guard let id = callback[header: "webhook-id"], let told = Told(callback) else {
                state.report.unexpected.append("callback \(callback.number) is none of ours")
                return
            }
            CrashLedger.note(told, id: id, callback, in: &state)
        }
    }

    private static func note(_ told: Told, id: String, _ callback: ReceivedCallback, in state: inout State) {
        var hasher = Hasher()
        callback.body.withUnsafeBytes { hasher.combine(bytes: $0) }
        let key = "\(told.sink) \(id)"
        var arrivals = state.arrivals[key] ?? Arrivals(told: told, bodyHash: hasher.finalize())
        var again = Hasher()
        callback.body.withUnsafeBytes { again.combine(bytes: $0) }
        if arrivals.bodyHash != again.finalize() { state.report.otherBody.append("\(told), \(id)") }
        arrivals.count += 1
        let run = callback[header: CrashLedger.runField] ?? ""
        if let earlier = arrivals.takenFrom {
            if run == earlier {
                state.report.repeatedInOneRun.append("\(told), \(id)")
            } else {
                state.report.repeated += 1
            }
        }
        if state.ids[told, default: []].insert(id).inserted, state.ids[told]?.count == 2 {
            state.report.otherID.append("\(told)")
        }
        if told.type == "alert.resolved" {
            var firing = told
            firing.type = "alert.fired"
            if !state.taken.contains(firing) { state.report.overtaken.append("\(told)") }
        }
        if (200..<300).contains(callback.status) {
            arrivals.takenFrom = arrivals.takenFrom ?? run
            if state.taken.insert(told).inserted { state.lastNews = .now }
        }
        state.arrivals[key] = arrivals
    }

    /// The account, once nothing more is to be waited for.
    func close() -> CrashReport {
        state.withLock { state in
            var report = state.report
            report.expected = state.expected.count
            report.callbacks = state.callbacks
            report.lost = state.expected.subtracting(state.taken).map(\.description).sorted()
            report.unexpected += state.ids.keys.filter { !state.expected.contains($0) }.map(\.description).sorted()
            return report
        }
    }
}
