import AdminServer
import CEL
import Core
import Engine
import Sinks
import Store
import Synchronization

/// What the HTTP face shows of a running watch.
struct ServiceState: AdminState {
    let settings: Settings
    let store: SQLiteStore
    let watch: Watch
    let counters: EventCounters

    func readiness() async -> Readiness { Readiness(reasons: await watch.troubles()) }

    func overview() async throws -> Overview {
        let report = try await StatusReport(settings: settings, store: store)
        var overview = report.overview
        overview.sources = overview.sources.map { source in
            guard let health = watch.health.first(where: { $0.source == source.name })?.current[source.kind] else {
                return source
            }
            var live = source
            live.lastSuccessAt = health.lastSuccessAt
            live.consecutiveFailures = health.consecutiveFailures
            live.lastError = health.lastError
            live.requestsLastHour = health.requestsLastHour
            live.changesLastHour = health.changesLastHour
            return live
        }
        overview.sinks = overview.sinks.map { sink in
            var live = sink
            live.lane = watch.lanes.first { $0.sink == sink.name }?.current ?? sink.lane
            return live
        }
        overview.alerts = try await store.alerts(includingResolved: false, limit: AdminLimits.rows)
        overview.noise.silences = try await store.silences(includingEnded: false, at: Composition.now())
        overview.noise.reasons = try await store.untold(limit: 10_000).mapValues(\.words)
        overview.deliveries = try await store.deliveries(sink: nil, deadOnly: false, limit: AdminLimits.rows).map {
            line in
            Overview.Delivery(record: line.record, title: line.title)
        }
        return overview
    }

    func metrics() async throws -> [MetricFamily] { counters.families + [budgetFamily] }

    private var budgetFamily: MetricFamily {
        MetricFamily(
            "auspex_budget_level_ratio", .gauge, help: "How full our share of the team's rate limit is, from 0 to 1.",
            samples: settings.sources.flatMap { source in
                Set(source.watch.map(EndpointClass.init)).sorted { $0.rawValue < $1.rawValue }.compactMap { endpoint in
                    watch.budgetLevel(source: source.name, endpoint: endpoint).map {
                        MetricFamily.Sample($0, ["source": source.name, "endpoint": endpoint.rawValue])
                    }
                }
            })
    }

    func hint(source: String, body: [UInt8], header: String?) async -> HintVerdict {
        let verdict = watch.hint(source: source, body: body, header: header)
        if verdict != .unknownSource { counters.noteHint(source: source, verdict.rawValue) }
        return switch verdict {
        case .accepted: .accepted
        case .unknownSource: .unknownSource
        case .badSignature: .badSignature
        case .stale: .stale
        case .notConfigured: .notConfigured
        }
    }
}

/// Counts what happens, for the metrics. Labels come from the configuration alone.
final class EventCounters: Sendable {
    private struct Listing: Hashable {
        var source: String
        var kind: String

        var labels: [(name: String, value: String)] { [("source", source), ("kind", kind)] }
    }

    private struct Request: Hashable {
        var listing: Listing
        var purpose: String
        var outcome: String
    }

    private struct Counts {
        var polls: [String: [String: Double]] = [:]
        var requests: [Request: Double] = [:]
        var items: [Listing: Double] = [:]
        var throttled: [Listing: Double] = [:]
        var hints: [String: [String: Double]] = [:]
        var changes: [String: Double] = [:]
        var notifications: [String: Double] = [:]
        var attempts: [String: [String: Double]] = [:]
        var unknowns: [String: Double] = [:]
        var rows: [String: Double] = [:]
        var beats: [String: [String: Double]] = [:]
    }

    private let counts = Mutex(Counts())

    func note(_ event: EngineEvent) {
        counts.withLock { counts in
            switch event {
            case .polled(let source, let kind, let requests, let rows, _) where requests > 0:
                counts.polls[source, default: [:]]["ok", default: 0] += 1
                counts.items[Listing(source: source, kind: kind.rawValue), default: 0] += Double(rows)
            case .requested(let source, let kind, let purpose, let outcome, let waited):
                let listing = Listing(source: source, kind: kind.rawValue)
                let request = Request(listing: listing, purpose: purpose.rawValue, outcome: outcome)
                counts.requests[request, default: 0] += 1
                counts.throttled[listing, default: 0] += waited / .seconds(1)
            case .pollFailed(let source, _, _, _, _): counts.polls[source, default: [:]]["failed", default: 0] += 1
            case .change(let change) where !change.isBaseline: counts.changes[change.key.source, default: 0] += 1
            case .decided(let decided): counts.notifications[decided.notification.rule, default: 0] += 1
            case .attempt(let record, let result, _):
                counts.attempts[record.sink, default: [:]][result.outcome.name, default: 0] += 1
            case .beat(let sink, let result, _):
                counts.beats[sink, default: [:]][result.outcome.name, default: 0] += 1
            case .unknown(let unknown): counts.unknowns[unknown.rule, default: 0] += 1
            case .unreadableRow(let source, _, _, _): counts.rows[source, default: 0] += 1
            default: break
            }
        }
    }

    var families: [MetricFamily] {
        let counts = counts.withLock { $0 }
        return [
            EventCounters.family("auspex_polls_total", "Polls of listings.", counts.polls, "source", "outcome"),
            MetricFamily(
                "auspex_requests_total", .counter, help: "Requests to the watched API, by what they were for.",
                samples: counts.requests.map { request, count in
                    let labels = request.listing.labels + [("purpose", request.purpose), ("outcome", request.outcome)]
                    return MetricFamily.Sample(count, labels: labels)
                }),
            EventCounters.family("auspex_items_total", "Resources seen in answers, new or not.", counts.items),
            EventCounters.family(
                "auspex_throttled_seconds_total", "Time that requests were held back by the budget.", counts.throttled),
            EventCounters.family(
                "auspex_hints_total", "Webhooks of the watched API, by what became of them.", counts.hints, "source",
                "outcome"),
            EventCounters.family("auspex_changes_total", "Changes seen after the baseline.", counts.changes, "source"),
            EventCounters.family("auspex_notifications_total", "Notifications decided.", counts.notifications, "rule"),
            EventCounters.family(
                "auspex_attempts_total", "Attempts of deliveries.", counts.attempts, "sink", "outcome"),
            EventCounters.family("auspex_heartbeats_total", "Heartbeats sent.", counts.beats, "sink", "outcome"),
            EventCounters.family(
                "auspex_unknown_evaluations_total", "Evaluations of conditions that gave no answer.", counts.unknowns,
                "rule"),
            EventCounters.family(
                "auspex_unreadable_rows_total", "Rows that could not be understood, at each poll.", counts.rows,
                "source"),
        ]
    }

    /// One of the watched API's own webhooks arrived.
    func noteHint(source: String, _ outcome: String) {
        counts.withLock { $0.hints[source, default: [:]][outcome, default: 0] += 1 }
    }

    private static func family(_ name: String, _ help: String, _ counts: [Listing: Double]) -> MetricFamily {
        MetricFamily(name, .counter, help: help, samples: counts.map { .init($1, labels: $0.labels) })
    }

    private static func family(_ name: String, _ help: String, _ counts: [String: Double], _ label: String)
        -> MetricFamily
    {
        let samples = counts.sorted { $0.key < $1.key }.map { MetricFamily.Sample($0.value, labels: [(label, $0.key)]) }
        return MetricFamily(name, .counter, help: help, samples: samples)
    }

    private static func family(
        _ name: String, _ help: String, _ counts: [String: [String: Double]], _ outer: String, _ inner: String
    ) -> MetricFamily {
        var samples: [MetricFamily.Sample] = []
        for (first, byInner) in counts.sorted(by: { $0.key < $1.key }) {
            for (second, count) in byInner.sorted(by: { $0.key < $1.key }) {
                samples.append(MetricFamily.Sample(count, labels: [(outer, first), (inner, second)]))
            }
        }
        return MetricFamily(name, .counter, help: help, samples: samples)
    }
}
