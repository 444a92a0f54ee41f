import CEL
import Core
import TestSupport

/// One window rule over the life of some resources: what is seen, what follows at each look, and what a restart leaves.
///
/// What is said reads `fired all @20 total=3`: what became of which group, when by the window's clock, in seconds after
/// noon, and the measures.
struct WindowLine {
    let rule: Rule
    let engine: RuleEngine
    private(set) var window: RuleWindow
    private(set) var alerts: [AlertID: AlertRecord] = [:]
    private(set) var last = Decision()
    private var snapshots: [ResourceKey: Snapshot] = [:]
    /// What a store would have: every change, and how far the window had come when it was last stored.
    private var stored: [WindowContribution] = []
    private var storedClock: Timestamp
    private let source = "studio"

    init(_ rule: Rule, from seconds: Int = 0) {
        self.rule = rule
        engine = RuleEngine(rules: [rule])
        storedClock = ListingWindows.beginning(of: rule, open: [], at: Sample.at(seconds))
        window = WindowLine.window(rule, clock: storedClock, [])
    }

    private static func window(_ rule: Rule, clock: Timestamp, _ latest: [AlertRecord]) -> RuleWindow {
        guard let window = RuleWindow(rule, source: "studio", clock: clock, latest: latest) else {
            preconditionFailure("the rule has no window")
        }
        return window
    }

    /// A poll sees a resource in this state; `at` is when it is seen.
    mutating func sees(
        _ id: String, _ status: String, at seconds: Int, _ fields: [(String, String)] = [],
        kind: ResourceKind = .generation, isBaseline: Bool = false
    ) {
        let key = Sample.key(id, kind: kind)
        let observation = Observation(
            key: key, body: Sample.json(id, status, fields), fingerprint: 0, status: status,
            observedAt: Sample.at(seconds))
        var decision = Decision()
        engine.observed(
            observation, known: KnownResource(snapshot: snapshots[key], latest: [:]), isBaseline: isBaseline,
            now: Sample.at(seconds), into: &decision)
        take(decision)
    }

    mutating func loses(_ id: String, at seconds: Int) {
        var decision = Decision()
        engine.disappeared(
            KnownResource(snapshot: snapshots[Sample.key(id)], latest: [:]), now: Sample.at(seconds), into: &decision)
        take(decision)
    }

    /// A generation that ended at `time` is seen when it is over.
    mutating func sees(
        _ id: String, _ status: String, endedAt time: Int, at seconds: Int, _ fields: [(String, String)] = [],
        isBaseline: Bool = false
    ) {
        sees(
            id, status, at: seconds, [("completed_at", Sample.time(time))] + fields, isBaseline: isBaseline)
    }

    /// The same of a generation that is as new, whatever was known of it: for streams in which anything can follow.
    mutating func showsAnew(
        _ id: String, _ status: String, endedAt time: Int, at seconds: Int, _ fields: [(String, String)]
    ) {
        snapshots[Sample.key(id)] = nil
        sees(id, status, endedAt: time, at: seconds, fields)
    }

    private mutating func take(_ decision: Decision) {
        for snapshot in decision.snapshots { snapshots[snapshot.key] = snapshot }
        for contribution in decision.contributions {
            window.add(contribution)
            stored.append(contribution)
        }
        last.unknowns = decision.unknowns
    }

    /// The listing has been looked at as it was then. `now` is when that is known.
    mutating func look(_ seconds: Int, now: Int? = nil) -> [String] {
        var decision = Decision()
        _ = window.step(to: Sample.at(seconds), now: Sample.at(now ?? seconds), into: &decision)
        last = decision
        storedClock = window.clock
        for id in decision.forgotten { alerts[id] = nil }
        for record in decision.records { alerts[record.id] = record }
        return decision.notifications.map(WindowLine.text)
    }

    /// The process ends here, and another goes on with what is stored.
    mutating func restart() {
        var latest: [String: AlertRecord] = [:]
        for record in alerts.values where record.activation > latest[record.resource.id]?.activation ?? 0 {
            latest[record.resource.id] = record
        }
        window = WindowLine.window(rule, clock: storedClock, Array(latest.values))
        for contribution in stored { window.add(contribution) }
    }

    /// What was decided is lost, as in a crash before the commit.
    mutating func lookAndCrash(_ seconds: Int) {
        var decision = Decision()
        _ = window.step(to: Sample.at(seconds), now: Sample.at(seconds), into: &decision)
        restart()
    }

    var open: [AlertRecord] { alerts.values.filter(\.isOpen).sorted { $0.resource.id < $1.resource.id } }

    static func text(_ decided: DecidedNotification) -> String {
        let alert = decided.notification.alerts[0]
        let (verb, time) =
            switch decided.notification.reason {
            case .fired: ("fired", alert.firedAt)
            case .resolved: ("resolved", alert.resolvedAt ?? alert.firedAt)
            case .reminder: ("reminded", decided.notification.timestamp)
            }
        return "\(verb) \(alert.resource.id) @\(seconds(time)) \(measures(alert))"
    }

    static func seconds(_ time: Timestamp) -> String {
        let microseconds = time.microseconds - Sample.noon.microseconds
        return microseconds % 1_000_000 == 0 ? "\(microseconds / 1_000_000)" : "\(Double(microseconds) / 1e6)"
    }

    private static func measures(_ alert: AlertView) -> String {
        guard case .map(let members) = alert.current else { return "" }
        let shown = members.stringEntries.filter { name, value in
            if case .string = value { return false }
            return name != "samples"
        }
        return shown.map { "\($0.0)=\($0.1.inserted)" }.joined(separator: " ")
    }
}
