import CEL
package import Core
import Store
import Synchronization

/// How a source's polls fare, for `status`, readiness and the metrics.
///
/// Written to the store when it changes in kind, and at most once a minute otherwise: an idle watch writes nothing else.
package final class SourceHealth: Sendable {
    package struct State: Sendable, Equatable {
        package var lastSuccessAt: Timestamp?
        package var consecutiveFailures = 0
        package var lastError: String?
        /// Requests of the last hour, and the changes that they found.
        package var requestsLastHour = 0
        package var changesLastHour = 0
    }

    package let source: String
    private let store: SQLiteStore
    private let states: Mutex<[ResourceKind: State]>
    private let tallies = Mutex<[ResourceKind: RequestTally]>([:])
    private let steadySeconds: @Sendable () -> Double
    private let writtenAt = Mutex<[ResourceKind: Timestamp]>([:])
    private static let writeInterval = Duration.seconds(60)

    init(
        source: String, kinds: [ResourceKind], store: SQLiteStore, steadySeconds: @escaping @Sendable () -> Double
    ) {
        self.source = source
        self.store = store
        self.steadySeconds = steadySeconds
        states = Mutex(Dictionary(kinds.map { ($0, State()) }, uniquingKeysWith: { first, _ in first }))
    }

    package var current: [ResourceKind: State] {
        let now = steadySeconds()
        let tallies = tallies.withLock { $0 }
        return states.withLock { $0 }.reduce(into: [:]) { result, entry in
            var state = entry.value
            if let sums = tallies[entry.key]?.sums(at: now) {
                (state.requestsLastHour, state.changesLastHour) = (sums.requests, sums.changes)
            }
            result[entry.key] = state
        }
    }

    /// A request was made, at a time of the steady clock.
    func asked(_ kind: ResourceKind, at now: Double) {
        tallies.withLock { $0[kind, default: RequestTally()].note(requests: 1, at: now) }
    }

    /// Changes were found.
    func found(_ changes: Int, _ kind: ResourceKind, at now: Double) {
        tallies.withLock { $0[kind, default: RequestTally()].note(changes: changes, at: now) }
    }

    /// Whether every listing has been read at least once and none fails.
    package var isReady: Bool {
        current.values.allSatisfy { $0.lastSuccessAt != nil && $0.consecutiveFailures == 0 }
    }

    func polled(_ kind: ResourceKind, at now: Timestamp) async {
        let wasFailing = states.withLock { states in
            let before = states[kind] ?? State()
            states[kind] = State(lastSuccessAt: now)
            return before.consecutiveFailures > 0 || before.lastSuccessAt == nil
        }
        await write(kind, isUrgent: wasFailing, at: now)
    }

    func failed(_ kind: ResourceKind, reason: String, at now: Timestamp) async {
        let isNews = states.withLock { states in
            var state = states[kind] ?? State()
            let isNews = state.lastError != reason
            state.consecutiveFailures += 1
            state.lastError = reason
            states[kind] = state
            return isNews
        }
        await write(kind, isUrgent: isNews, at: now)
    }

    private func write(_ kind: ResourceKind, isUrgent: Bool, at now: Timestamp) async {
        let isDue = writtenAt.withLock { written in
            let last = written[kind]
            guard isUrgent || last.map({ now.duration(since: $0) >= SourceHealth.writeInterval }) ?? true else {
                return false
            }
            written[kind] = now
            return true
        }
        guard isDue, let state = current[kind] else { return }
        let document = JSON.serialize(
            .map(
                CELMap([
                    ("last_success_at", state.lastSuccessAt.map { .string($0.rfc3339) } ?? .null),
                    ("consecutive_failures", .int(Int64(state.consecutiveFailures))),
                    ("last_error", state.lastError.map(CELValue.string) ?? .null),
                    ("requests_last_hour", .int(Int64(state.requestsLastHour))),
                    ("changes_last_hour", .int(Int64(state.changesLastHour))),
                ])))
        // A note for people: if the store cannot take it, the loops say so themselves.
        try? await store.setFact("source/\(source)/\(kind.rawValue)", document, at: now)
    }
}
