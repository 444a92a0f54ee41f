import CEL
package import Core
import Sinks
import Store

/// The pings of the heartbeat sinks, each at its own interval.
struct Heartbeats: Sendable {
    let sinks: [HeartbeatSink]
    let store: SQLiteStore
    let dependencies: Dependencies
    /// Why the service is not ready; empty when it is.
    let troubles: @Sendable () async -> [String]

    /// The first ping comes sooner than the others: a restart should not look like an outage.
    private static let firstWait = Duration.seconds(5)

    /// Pings until the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for sink in sinks { group.addTask { await run(sink) } }
        }
    }

    private func run(_ sink: HeartbeatSink) async {
        var isFirst = true
        var told: String?
        while !Task.isCancelled {
            let wait = isFirst ? min(Heartbeats.firstWait, sink.interval) : sink.interval
            guard (try? await dependencies.clock.sleep(for: wait)) != nil else { return }
            let isHealthy = await troubles().isEmpty
            // So early it may only not have looked yet.
            if isHealthy || !isFirst { await beat(sink, isHealthy: isHealthy, &told) }
            isFirst = false
        }
    }

    /// - Parameter told: what `status` was told last: it is told again when that is another.
    private func beat(_ sink: HeartbeatSink, isHealthy: Bool, _ told: inout String?) async {
        let now = dependencies.now()
        guard let result = await sink.beat(isHealthy: isHealthy, at: now), !Task.isCancelled else { return }
        dependencies.report(.beat(sink: sink.name, result, isHealthy: isHealthy))
        let state = HeartbeatState(since: now, problem: result.outcome.reason)
        guard told != state.problem ?? "" else { return }
        told = state.problem ?? ""
        // A note for people: the next change is told again.
        try? await store.setFact(HeartbeatState.factName(sink.name), state.document, at: now)
    }
}

/// How a heartbeat fares, for `status`.
package struct HeartbeatState: Sendable, Equatable {
    /// When it began to be so.
    package var since: Timestamp
    /// Why pings fail; nil while they arrive.
    package var problem: String?

    /// Where it stands among the store's facts.
    package static func factName(_ sink: String) -> String { "heartbeat/\(sink)" }

    init(since: Timestamp, problem: String?) {
        self.since = since
        self.problem = problem
    }

    /// Reads a fact's text; nil for any other.
    package init?(document: String) {
        guard case .map(let members)? = try? JSON.parse(document), case .string(let text)? = members["since"],
            let since = Timestamp(rfc3339: text)
        else { return nil }
        self.since = since
        if case .string(let text)? = members["problem"] { problem = text }
    }

    var document: String {
        JSON.serialize(
            .map(CELMap([("since", .string(since.rfc3339)), ("problem", problem.map { .string($0) } ?? .null)])))
    }
}
