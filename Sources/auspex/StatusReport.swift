import AdminServer
import CEL
import ConfigurationFiles
import Core
import Engine
import Sinks
import Store

/// What `auspex status` shows: sources, alerts and sinks, as the store knows them.
struct StatusReport {
    fileprivate struct SourceLine {
        var name: String
        var kind: ResourceKind
        var resources = 0
        var unsettled = 0
        var lastSuccessAt: Timestamp?
        var failures: Int64 = 0
        var lastError: String?
        var requests: Int64 = 0
        var changes: Int64 = 0
        var unknowns = UnknownConditions()
    }

    private var sources: [SourceLine] = []
    /// Conditions on the sources and sinks themselves that have no answer.
    private var ownUnknowns: [(source: String, conditions: UnknownConditions)] = []
    /// Whether anybody watches; otherwise all of this is how it was when the last one stopped.
    private let isWatched: Bool
    private var alerts: [AlertPhase: Int]
    private let noise: NoiseCounts
    private var sinks: [(name: String, kind: String, counts: DeliveryCounts, lane: LaneStatus)]
    /// Those that have pinged, or tried to.
    private var heartbeats: [(name: String, state: HeartbeatState)] = []

    init(settings: Settings, store: SQLiteStore) async throws(StoreError) {
        var resources: [String: (all: Int, unsettled: Int)] = [:]
        for counted in try await store.resourceCounts() {
            resources["\(counted.source)/\(counted.kind.rawValue)"] = (counted.all, counted.unsettled)
        }
        let facts = Dictionary(
            (try await store.facts(prefix: "source/") + store.facts(prefix: "unknown/")).map { ($0.name, $0.value) },
            uniquingKeysWith: { first, _ in first })
        for source in settings.sources {
            for kind in source.watch {
                var line = SourceLine(name: source.name, kind: kind)
                let name = "\(source.name)/\(kind.rawValue)"
                if let counted = resources[name] { (line.resources, line.unsettled) = counted }
                if let fact = facts["source/" + name] { line.read(fact) }
                if let fact = facts["unknown/" + name] { line.unknowns = UnknownConditions(document: fact) }
                sources.append(line)
            }
        }
        let own = settings.sources.map { ResourceKey.source($0.name) } + [ResourceKey.sink("")]
        for key in own {
            let name = "unknown/\(key.source)/\(key.kind.rawValue)"
            guard let fact = try await store.facts(prefix: name).first(where: { $0.name == name }) else { continue }
            ownUnknowns.append((key.source, UnknownConditions(document: fact.value)))
        }
        alerts = try await store.alertCounts()
        noise = try await store.noiseCounts(at: Composition.now())
        isWatched = store.isWatched
        let counts = try await store.deliveryCounts()
        for sink in settings.sinks where !sink.kind.takesNotifications {
            let name = HeartbeatState.factName(sink.configuration.name)
            if let fact = try await store.facts(prefix: name).first(where: { $0.name == name }),
                let state = HeartbeatState(document: fact.value)
            {
                heartbeats.append((sink.configuration.name, state))
            }
        }
        let lanes = Dictionary(
            try await store.facts(prefix: LaneHealth.fact(of: "")).map { ($0.name, LaneStatus(document: $0.value)) },
            uniquingKeysWith: { first, _ in first })
        sinks = settings.sinks.filter(\.kind.takesNotifications).map { sink in
            let name = sink.configuration.name
            let lane = lanes[LaneHealth.fact(of: name)] ?? nil
            return (name, sink.kind.name, counts[name] ?? DeliveryCounts(), lane ?? LaneStatus())
        }
    }

    var json: CELValue {
        var rows: [CELValue] = [
            .map(CELMap([("id", "watcher"), ("type", "watcher"), ("running", .bool(isWatched))]))
        ]
        rows += sources.map { line in
            .map(
                CELMap([
                    ("id", .string("source/\(line.name)/\(line.kind.rawValue)")), ("type", .string("source")),
                    ("source", .string(line.name)), ("kind", .string(line.kind.rawValue)),
                    ("state", .string(line.state)), ("resources", .int(Int64(line.resources))),
                    ("in_flight", .int(Int64(line.unsettled))), ("last_success_at", line.lastSuccessAt.json),
                    ("consecutive_failures", .int(line.failures)),
                    ("last_error", line.lastError.map(CELValue.string) ?? .null),
                    ("requests_last_hour", .int(line.requests)), ("changes_last_hour", .int(line.changes)),
                ]))
        }
        rows += unknownLines.map { unknown in
            .map(
                CELMap([
                    ("id", .string("unknown/\(unknown.source)/\(unknown.rule)")), ("type", .string("unknown")),
                    ("source", .string(unknown.source)), ("rule", .string(unknown.rule)),
                    ("resources", .int(Int64(unknown.resources))), ("example", .string(unknown.example)),
                    ("reason", .string(unknown.reason)),
                ]))
        }
        rows.append(
            .map(
                CELMap([
                    ("id", .string("alerts")), ("type", .string("alerts")),
                    ("pending", .int(Int64(alerts[.pending] ?? 0))), ("firing", .int(Int64(alerts[.firing] ?? 0))),
                ])))
        rows += sinks.map { sink in
            .map(
                CELMap([
                    ("id", .string("sink/\(sink.name)")), ("type", .string("sink")), ("sink", .string(sink.name)),
                    ("kind", .string(sink.kind)), ("pending", .int(Int64(sink.counts.pending))),
                    ("delivered", .int(Int64(sink.counts.delivered))), ("dead", .int(Int64(sink.counts.dead))),
                    ("oldest_pending_at", sink.counts.oldestPendingAt.json),
                    ("circuit", .string(sink.lane.circuit.rawValue)),
                    ("paused_reason", sink.lane.pausedReason.map(CELValue.string) ?? .null),
                    ("last_reason", sink.lane.lastReason.map(CELValue.string) ?? .null),
                ]))
        }
        rows += heartbeats.map { heartbeat in
            .map(
                CELMap([
                    ("id", .string("heartbeat/\(heartbeat.name)")), ("type", .string("heartbeat")),
                    ("sink", .string(heartbeat.name)), ("ok", .bool(heartbeat.state.problem == nil)),
                    ("since", .string(heartbeat.state.since.rfc3339)),
                    ("reason", heartbeat.state.problem.map(CELValue.string) ?? .null),
                ]))
        }
        return .list(rows)
    }

    /// The same for the HTTP face.
    var overview: Overview {
        Overview(
            sources: sources.map { line in
                var source = Overview.Source(
                    name: line.name, kind: line.kind, resources: line.resources, inFlight: line.unsettled,
                    lastSuccessAt: line.lastSuccessAt, consecutiveFailures: Int(line.failures),
                    lastError: line.lastError)
                source.requestsLastHour = Int(line.requests)
                source.changesLastHour = Int(line.changes)
                return source
            },
            firing: alerts[.firing] ?? 0, pending: alerts[.pending] ?? 0, noise: noise.overview,
            sinks: sinks.map { sink in
                Overview.Sink(
                    name: sink.name, kind: sink.kind, pending: sink.counts.pending, delivered: sink.counts.delivered,
                    dead: sink.counts.dead, oldestPendingAt: sink.counts.oldestPendingAt, lane: sink.lane)
            },
            warnings: heartbeatWarnings
                + unknownLines.map { unknown in
                    "The condition of the rule \(unknown.rule) cannot be evaluated for \(Counted.text(unknown.resources, "resource")) "
                        + "of \(unknown.source), such as \(unknown.example): \(unknown.reason)"
                })
    }

    func text(now: Timestamp) -> String {
        var sourceTable = Table(
            "SOURCE", "WATCHES", "STATE", "RESOURCES", "IN FLIGHT", "LAST SEEN", "REQUESTS/H", "CHANGES/H",
            "LAST ERROR")
        for line in sources {
            let ago = line.lastSuccessAt.map { StatusReport.ago(now.duration(since: $0)) } ?? "never"
            sourceTable.add(
                line.name, line.kind.rawValue, line.state, "\(line.resources)", "\(line.unsettled)", ago,
                "\(line.requests)", "\(line.changes)", line.lastError ?? "–")
        }
        var sinkTable = Table("SINK", "KIND", "STATE", "PENDING", "DELIVERED", "DEAD", "REASON")
        for sink in sinks {
            sinkTable.add(
                sink.name, sink.kind, sink.lane.word, "\(sink.counts.pending)", "\(sink.counts.delivered)",
                "\(sink.counts.dead)", sink.lane.pausedReason ?? sink.lane.lastReason ?? "–")
        }
        var unknownTable = Table("UNKNOWN", "SOURCE", "RESOURCES", "FOR EXAMPLE", "REASON")
        for unknown in unknownLines {
            unknownTable.add(unknown.rule, unknown.source, "\(unknown.resources)", unknown.example, unknown.reason)
        }
        let unknown = unknownTable.rows.isEmpty ? "" : "\n\n" + unknownTable.text
        let warning = isWatched ? "" : "no watcher is running: this is how it was when the last one stopped\n\n"
        return """
            \(warning)\(sourceTable.text)

            alerts: \(alerts[.firing] ?? 0) firing, \(alerts[.pending] ?? 0) pending\(quiet)\(unknown)

            \(sinkTable.text)\(heartbeatWarnings.map { "\n" + $0 }.joined())
            """
    }

    /// What is not told now, and why; what is owed; the silences. Empty where there is none of it.
    private var quiet: String {
        let reasons = noise.words
        let told = reasons.isEmpty ? "" : "\nnot told yet: \(reasons.joined(separator: ", "))"
        let owed = noise.owed.values.reduce(0, +)
        let owing = owed == 0 ? "" : "\nends owed to those who were told: \(owed)"
        let silent = noise.activeSilences == 0 ? "" : "\nsilences: \(noise.activeSilences) active"
        return told + owing + silent
    }

    private var heartbeatWarnings: [String] {
        heartbeats.compactMap { heartbeat in
            heartbeat.state.problem.map {
                "The pings of the heartbeat \(heartbeat.name) have failed since \(heartbeat.state.since.rfc3339): \($0)"
            }
        }
    }

    /// Conditions that could not be evaluated, by source and rule.
    private var unknownLines: [(source: String, rule: String, resources: Int, example: String, reason: String)] {
        (sources.map { (source: $0.name, conditions: $0.unknowns) } + ownUnknowns).flatMap { line in
            line.conditions.byRule.sorted { $0.key < $1.key }.compactMap { rule, reasons in
                reasons.min { $0.key < $1.key }.map { (line.source, rule, reasons.count, $0.key, $0.value) }
            }
        }
    }

    /// The store is told at least once a minute, so anything younger is as good as now.
    private static func ago(_ duration: Duration) -> String {
        let seconds = max(0, duration.components.seconds)
        return seconds < 90 ? "just now" : DurationText.text(.seconds(seconds - seconds % 60)) + " ago"
    }
}

extension StatusReport.SourceLine {
    fileprivate var state: String {
        if failures > 0 { return "failing" }
        return lastSuccessAt == nil ? "not seen yet" : "ok"
    }

    fileprivate mutating func read(_ document: String) {
        let state = SourceHealth.State(document: document)
        lastSuccessAt = state.lastSuccessAt
        failures = Int64(state.consecutiveFailures)
        lastError = state.lastError
        requests = Int64(state.requestsLastHour)
        changes = Int64(state.changesLastHour)
    }
}

extension LaneStatus {
    /// For a table.
    fileprivate var word: String {
        switch circuit {
        case .closed: "ok"
        case _ where pausedReason != nil: "paused"
        case .open: "failing"
        case .halfOpen: "probed"
        }
    }
}
