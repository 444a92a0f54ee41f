import CEL
import Core
import TestSupport

/// The life of some resources, second by second, through the rules: what is seen, and what follows from it.
///
/// Keeps what a store would keep, so that ids that collide swallow what they name, as they would there. What is said
/// reads `fired failed img_1`; with more than one activation, `fired failed img_1 #2`.
struct Timeline {
    var engine: RuleEngine
    private(set) var alerts: [AlertID: AlertRecord] = [:]
    private(set) var snapshots: [ResourceKey: Snapshot] = [:]
    /// All that was ever said, by id.
    private(set) var said: [NotificationID: DecidedNotification] = [:]
    private(set) var last = Decision()
    /// Whether decisions are applied; otherwise they are lost as in a crash before the commit.
    var commits = true

    /// When a copy took the store's place.
    private var restoredAt: Timestamp?

    init(_ rules: Rule...) { engine = RuleEngine(rules: rules) }

    mutating func replaceRules(_ rules: Rule...) { engine = RuleEngine(rules: rules) }

    /// A poll at `seconds` sees the resource in this state.
    mutating func at(
        _ seconds: Int, sees id: String, _ status: String, _ fields: [(String, String)] = [],
        kind: ResourceKind = .generation, isBaseline: Bool = false
    ) -> [String] {
        let body = Sample.json(id, status, fields)
        let observation = Observation(
            key: Sample.key(id, kind: kind), body: body, fingerprint: 0, status: status,
            observedAt: Sample.at(seconds))
        var decision = Decision()
        engine.observed(
            observation, known: known(id, kind), isBaseline: isBaseline, now: Sample.at(seconds), into: &decision)
        return apply(decision)
    }

    /// A poll at `seconds` sees the resource unchanged; whatever is due is evaluated.
    mutating func at(_ seconds: Int, looksAt id: String, kind: ResourceKind = .generation) -> [String] {
        let resource = known(id, kind)
        let due = Set(resource.latest.values.filter { $0.dueAt.map { $0 <= Sample.at(seconds) } ?? false }.map(\.rule))
        var decision = Decision()
        if !due.isEmpty {
            engine.looked(
                at: resource, onlyRules: due, isNewRule: false, now: Sample.at(seconds), into: &decision)
        }
        return apply(decision)
    }

    /// New rules look at a resource that is known.
    mutating func at(
        _ seconds: Int, newRules names: Set<String>, lookAt id: String, kind: ResourceKind = .generation
    ) -> [String] {
        var decision = Decision()
        engine.looked(
            at: known(id, kind), onlyRules: names, isNewRule: true, now: Sample.at(seconds), into: &decision)
        return apply(decision)
    }

    mutating func at(_ seconds: Int, loses id: String, kind: ResourceKind = .generation) -> [String] {
        var decision = Decision()
        engine.disappeared(known(id, kind), now: Sample.at(seconds), into: &decision)
        return apply(decision)
    }

    mutating func at(_ seconds: Int, endsOrphansOf id: String, kind: ResourceKind = .generation) -> [String] {
        var decision = Decision()
        engine.endOrphans(known(id, kind), now: Sample.at(seconds), into: &decision)
        return apply(decision)
    }

    /// What was stored is as it was in `copy`; what was said was said.
    mutating func at(_ seconds: Int, restores copy: Timeline) {
        (alerts, snapshots) = (copy.alerts, copy.snapshots)
        restoredAt = Sample.at(seconds)
    }

    /// The rule's latest alert about the resource.
    func alert(_ rule: String, _ id: String, kind: ResourceKind = .generation) -> AlertRecord? {
        known(id, kind).latest[rule]
    }

    private func known(_ id: String, _ kind: ResourceKind) -> KnownResource {
        let key = Sample.key(id, kind: kind)
        var latest: [String: AlertRecord] = [:]
        for record in alerts.values where record.resource == key {
            if record.activation > latest[record.rule]?.activation ?? 0 { latest[record.rule] = record }
        }
        return KnownResource(snapshot: snapshots[key], latest: latest, restoredAt: restoredAt)
    }

    private mutating func apply(_ decision: Decision) -> [String] {
        last = decision
        let news = decision.notifications.filter { said[$0.notification.id] == nil }
        if commits {
            for snapshot in decision.snapshots { snapshots[snapshot.key] = snapshot }
            for id in decision.forgotten { alerts[id] = nil }
            for record in decision.records { alerts[record.id] = record }
            for decided in news { said[decided.notification.id] = decided }
        }
        return news.map { decided in
            let alert = decided.notification.alerts[0]
            let record = decision.records.first { $0.id == alert.id }
            let number = record.map { $0.activation > 1 ? " #\($0.activation)" : "" } ?? ""
            let verb =
                switch decided.notification.reason {
                case .fired: "fired"
                case .resolved: "resolved"
                case .reminder: "reminded"
                }
            return "\(verb) \(decided.notification.rule) \(alert.resource.id)\(number)"
        }
    }
}
