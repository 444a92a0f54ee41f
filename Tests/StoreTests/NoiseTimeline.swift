import CEL
import Core
import Store
import TestSupport
import Testing

/// Resources, second by second, through rules, routing and the store: what each sink is told, and when.
///
/// Real are the rules, the transactions and the file; only the polls and the sending are left out. With `restarts` the
/// store is closed and opened anew before every step: nothing that matters may be anywhere else.
final class NoiseTimeline {
    let folder: TemporaryDirectory
    private var opened: [SQLiteStore]
    var store: SQLiteStore { opened[0] }
    private(set) var engine: RuleEngine
    private(set) var routing: Routing
    private let sinkGroups: [String: Grouping]
    private let sinks: [String]
    private let restarts: Bool

    init(
        _ rules: [Rule], sinks: [String] = ["team"], groups: [String: Grouping] = [:], restarts: Bool = false
    ) throws {
        folder = try TemporaryDirectory()
        opened = [try SQLiteStore(path: folder.path("auspex.db"), access: .watching)]
        engine = RuleEngine(rules: rules)
        routing = Routing(rules: rules, sinks: groups)
        sinkGroups = groups
        self.sinks = sinks
        self.restarts = restarts
    }

    func restart() throws {
        let path = store.path
        store.close()
        // Its lock goes with the last reference.
        opened = []
        opened = [try SQLiteStore(path: path, access: .watching)]
    }

    /// Other rules are in force, as after a reload.
    func reload(_ rules: [Rule], groups: [String: Grouping]? = nil, at seconds: Int = 0) async throws {
        engine = RuleEngine(rules: rules)
        routing = Routing(rules: rules, sinks: groups ?? sinkGroups)
        try await store.reconsiderHeld()
        for kind in ResourceKind.allCases {
            let renames = rules.filter { $0.watch == kind }.flatMap { rule in
                rule.renamedFrom.map { SQLiteStore.Rename(rule, from: $0) }
            }
            try await store.rename(renames, source: "studio", kind: kind)
        }
    }

    /// A poll sees a resource.
    func sees(
        _ id: String, _ status: String, at seconds: Int, _ fields: [(String, String)] = [],
        kind: ResourceKind = .generation
    ) async throws {
        try await sees([(id, status)], at: seconds, fields, kind: kind)
    }

    /// A page of them in one transaction.
    func sees(
        _ resources: [(id: String, status: String)], at seconds: Int, _ fields: [(String, String)] = [],
        kind: ResourceKind = .generation
    ) async throws {
        if restarts { try restart() }
        let known = try await store.known(source: "studio", kind: kind, ids: resources.map(\.id))
        var decision = Decision()
        for (id, status) in resources {
            let observation = Observation(
                key: Sample.key(id, kind: kind), body: Sample.json(id, status, fields), fingerprint: 0, status: status,
                observedAt: Sample.at(seconds))
            engine.observed(
                observation, known: known[id] ?? KnownResource(snapshot: nil, latest: [:]), isBaseline: false,
                now: Sample.at(seconds), into: &decision)
        }
        try await commit(decision)
    }

    /// What is due is looked at, unchanged.
    func looks(at seconds: Int, kind: ResourceKind = .generation) async throws {
        if restarts { try restart() }
        let due = try await store.due(source: "studio", kind: kind, at: Sample.at(seconds), limit: 1000)
        let known = try await store.known(source: "studio", kind: kind, ids: due.map(\.key.id))
        var decision = Decision()
        for (key, names) in due {
            guard let resource = known[key.id] else { continue }
            engine.looked(at: resource, onlyRules: names, isNewRule: false, now: Sample.at(seconds), into: &decision)
        }
        try await commit(decision)
    }

    /// A resource is gone: rules see it once more.
    func loses(_ id: String, at seconds: Int) async throws {
        let known = try await store.known(source: "studio", kind: .generation, ids: [id])[id]
        var decision = Decision()
        if let known { engine.disappeared(known, now: Sample.at(seconds), into: &decision) }
        try await commit(decision)
    }

    /// Rules that are gone end their alerts.
    func endsOrphans(of id: String, at seconds: Int) async throws {
        let known = try await store.known(source: "studio", kind: .generation, ids: [id])[id]
        var decision = Decision()
        if let known { engine.endOrphans(known, now: Sample.at(seconds), into: &decision) }
        try await commit(decision)
    }

    private func commit(_ decision: Decision) async throws {
        try await store.commit(
            ObservationCommit(decision: decision, progress: [:], source: "studio", routing: routing))
    }

    /// The herald comes by, as often as there is something to do. Returns when it wants to come next, in seconds.
    @discardableResult
    func passes(at seconds: Int, isLast: Bool = false) async throws -> Int? {
        if restarts { try restart() }
        while true {
            let pass = try await store.route(routing, at: Sample.at(seconds), isLast: isLast)
            guard pass.hasMore else {
                return pass.nextDue.map { Int($0.duration(since: Sample.noon) / .seconds(1)) }
            }
        }
    }

    func silence(_ expression: String, from start: Int, to end: Int, announce: [String] = []) async throws -> String {
        let silence = Silence(
            expression: expression, startsAt: Sample.at(start), endsAt: Sample.at(end), author: "ada", comment: "known",
            createdAt: Sample.at(start), announce: announce)
        try await store.add(silence)
        return silence.id
    }

    /// What has come into the outbox since the last time, as `fired team: img_1 failed`; sent and done with.
    func told() async throws -> [String] { try await notifications().map(\.words) }

    /// The same, whole.
    func notifications() async throws -> [(words: String, notification: AlertNotification)] {
        var said: [(words: String, notification: AlertNotification)] = []
        for sink in sinks {
            while true {
                let due = try await store.dueDeliveries(
                    sink: sink, at: Sample.at(10_000_000), limit: 500, excluding: [])
                guard !due.isEmpty else { break }
                for delivery in due {
                    said.append(
                        (
                            "\(delivery.notification.reason.verb) \(sink): \(delivery.notification.title.plain)",
                            delivery.notification
                        ))
                    var record = delivery.record
                    record.attemptEnded(
                        AttemptResult(.delivered), schedule: .standard, at: Sample.at(10_000_000), unit: 0)
                    try await store.record([record])
                }
            }
        }
        return said
    }

    func alert(_ id: String, rule: String = "failed", kind: ResourceKind = .generation) async throws -> AlertRecord? {
        try await store.known(source: "studio", kind: kind, ids: [id])[id]?.latest[rule]
    }
}

extension NotificationReason {
    var verb: String {
        switch self {
        case .fired: "fired"
        case .resolved: "resolved"
        case .reminder: "reminded"
        }
    }
}
