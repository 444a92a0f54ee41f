import CEL
import Core
import Synchronization

/// Where the loops say what has become of sources and sinks; ``SelfWatch`` looks at what is named here.
///
/// Nobody waits for anything: a burst of a thousand attempts is one look.
final class SelfSignals: Sendable {
    private struct State {
        /// What is to be looked at, and whether at once.
        var changed: [ResourceKey: Bool] = [:]
        var synced: [String: Set<ResourceKind>] = [:]
        var tallies: [String: AttemptTally] = [:]
        var lanes: [String: LaneCondition] = [:]
    }

    private let state = Mutex(State())
    private let bell = Mailbox<Void>()

    /// Takes in what the loops report.
    func note(_ event: EngineEvent) {
        switch event {
        case .polled(let source, let kind, _, _, _):
            // A balance has nothing to catch up with.
            if kind == .balance { caughtUp(source, kind) }
        case .baselined(let source, let kind, _): caughtUp(source, kind)
        case .attempt(let record, let result, _):
            state.withLock { $0.tallies[record.sink, default: AttemptTally(nil)].ended(record, result) }
            changed(.sink(record.sink))
        case .lane(let sink, let status): lane(of: sink, is: LaneCondition(status))
        case .decided(let decided): for sink in decided.sinks { changed(.sink(sink)) }
        default: break
        }
    }

    /// A lane's circuit closed or opened, or it was paused or goes on.
    func lane(of sink: String, is condition: LaneCondition) {
        state.withLock { $0.lanes[sink] = condition }
        changed(.sink(sink), isUrgent: true)
    }

    /// What is not urgent is looked at when ``SelfWatch`` comes by.
    func changed(_ key: ResourceKey, isUrgent: Bool = false) {
        state.withLock { $0.changed[key] = isUrgent || $0.changed[key] ?? false }
        if isUrgent { bell.post(()) }
    }

    /// The rules are other ones.
    func rulesChanged() { bell.post(()) }

    func caughtUp(_ source: String, _ kind: ResourceKind) {
        let isNews = state.withLock { $0.synced[source, default: []].insert(kind).inserted }
        if isNews { changed(.source(source), isUrgent: true) }
    }

    /// What the store remembers of a sink's attempts, unless some have ended since.
    func restore(_ tally: AttemptTally, of sink: String) {
        state.withLock { if $0.tallies[sink] == nil { $0.tallies[sink] = tally } }
    }

    // What SelfWatch asks

    /// Waits until there is something to look at, at most so long; returns what, and whether at once.
    func wait(within limit: Duration, clock: any Clock<Duration>) async -> [ResourceKey: Bool] {
        _ = await bell.take(within: limit, clock: clock)
        return take()
    }

    func take() -> [ResourceKey: Bool] {
        state.withLock { state in
            defer { state.changed = [:] }
            return state.changed
        }
    }

    func isSynced(_ source: String, _ kind: ResourceKind) -> Bool {
        state.withLock { $0.synced[source]?.contains(kind) ?? false }
    }

    func sink(_ name: String) -> (lane: LaneCondition, tally: AttemptTally) {
        state.withLock { ($0.lanes[name] ?? LaneCondition(), $0.tallies[name] ?? AttemptTally(nil)) }
    }
}
