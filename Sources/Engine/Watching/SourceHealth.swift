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
        /// Nil while the last poll worked.
        package var failure: PollFailure?
        /// When the first of the failed polls in a row was.
        package var failingSince: Timestamp?

        package init(lastSuccessAt: Timestamp? = nil) { self.lastSuccessAt = lastSuccessAt }

        /// Reads what was written to the store.
        package init(document: String) {
            guard case .map(let members)? = try? JSON.parse(document) else { return }
            if case .string(let text)? = members["last_success_at"] { lastSuccessAt = Timestamp(rfc3339: text) }
            if case .int(let count)? = members["consecutive_failures"] { consecutiveFailures = Int(count) }
            if case .string(let text)? = members["last_error"] { lastError = text }
            if case .int(let count)? = members["requests_last_hour"] { requestsLastHour = Int(count) }
            if case .int(let count)? = members["changes_last_hour"] { changesLastHour = Int(count) }
        }

        /// After a poll that worked.
        package func polled(at now: Timestamp) -> State { State(lastSuccessAt: now) }

        /// After a poll that failed.
        package func failed(reason: String, failure: PollFailure, at now: Timestamp) -> State {
            var after = self
            after.consecutiveFailures += 1
            after.lastError = reason
            after.failure = failure
            after.failingSince = failingSince ?? now
            return after
        }

        /// Whether this process has polled it.
        var isPolled: Bool { lastSuccessAt != nil || consecutiveFailures > 0 }
    }

    /// The name under which the store keeps the state of one listing.
    package static func factName(_ source: String, _ kind: ResourceKind) -> String {
        "source/\(source)/\(kind.rawValue)"
    }

    package let source: String
    private let store: SQLiteStore
    private let states: Mutex<[ResourceKind: State]>
    private let tallies = Mutex<[ResourceKind: RequestTally]>([:])
    private let steadySeconds: @Sendable () -> Double
    private let writtenAt = Mutex<[ResourceKind: Timestamp]>([:])
    private static let writeInterval = Duration.seconds(60)
    /// Is told of the end of every poll, and whether it is news.
    private let changed: @Sendable (_ isNews: Bool) -> Void

    init(
        source: String, kinds: [ResourceKind], store: SQLiteStore, steadySeconds: @escaping @Sendable () -> Double,
        changed: @escaping @Sendable (_ isNews: Bool) -> Void = { _ in }
    ) {
        self.source = source
        self.changed = changed
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
            states[kind] = before.polled(at: now)
            return before.consecutiveFailures > 0 || before.lastSuccessAt == nil
        }
        changed(wasFailing)
        await write(kind, isUrgent: wasFailing, at: now)
    }

    func failed(_ kind: ResourceKind, reason: String, failure: PollFailure, at now: Timestamp) async {
        let isNews = states.withLock { states in
            let before = states[kind] ?? State()
            states[kind] = before.failed(reason: reason, failure: failure, at: now)
            return before.lastError != reason
        }
        changed(true)
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
        try? await store.setFact(SourceHealth.factName(source, kind), document, at: now)
    }
}
