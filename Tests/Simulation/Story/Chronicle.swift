import Core
import Engine

/// What the processes reported, as it happened: what a person would have in the log.
// Safe because only the thread that drives the story touches it.
final class Chronicle: @unchecked Sendable {
    struct Decided {
        var at: Kernel.Time
        var life: Int
        var notification: AlertNotification
        var sinks: [String]
        var sequence: Int
    }

    /// The end of an attempt was on disk.
    struct Recorded {
        var at: Kernel.Time
        var phase: DeliveryPhase
        var attempts: Int
    }

    struct Address: Hashable {
        var sink: String
        var notification: String
    }

    private(set) var decided: [String: Decided] = [:]
    private(set) var recorded: [Address: [Recorded]] = [:]
    private(set) var baselinedAt: [ResourceKind: Kernel.Time] = [:]
    private(set) var storeFailures: [String] = []
    private(set) var polls = 0
    /// Everything that went wrong with the processes themselves.
    var defects: [String] = []

    func note(_ event: EngineEvent, life: Life) {
        guard life.isAlive else { return }
        let kernel = life.kernel
        switch event {
        case .decided(let one):
            let id = one.notification.id.rawValue
            kernel.note("decided \(id) \(one.notification.reason.rawValue) \(one.notification.rule)")
            if let before = decided[id], before.notification != one.notification {
                defects.append("\(id) was decided twice, and not the same: \(before.notification) \(one.notification)")
            }
            guard decided[id] == nil else { return }
            decided[id] = Decided(
                at: kernel.now, life: life.number, notification: one.notification, sinks: one.sinks,
                sequence: one.sequence)
        case .attempt(let record, let result, _):
            kernel.note(
                "recorded \(record.sink) \(record.notification.rawValue) \(result.outcome.name) \(record.phase)")
            recorded[Address(sink: record.sink, notification: record.notification.rawValue), default: []].append(
                Recorded(at: kernel.now, phase: record.phase, attempts: record.attempts))
        case .baselined(_, let kind, _):
            kernel.note("baselined \(kind)")
            if baselinedAt[kind] == nil { baselinedAt[kind] = kernel.now }
        case .polled(_, let kind, _, _, _):
            polls += 1
            if kind == .balance, baselinedAt[kind] == nil { baselinedAt[kind] = kernel.now }
        case .storeFailed(let reason):
            kernel.note("store failed \(reason)")
            storeFailures.append(reason)
        case .pollFailed(_, let kind, let reason, _, _): kernel.note("poll of \(kind) failed: \(reason)")
        case .lane(let sink, let status): kernel.note("lane \(sink) \(status.circuit)")
        case .expired(let record): defects.append("\(record.id.rawValue) has expired within minutes")
        case .change(let change): kernel.note("change \(change.key.id) \(change.newStatus) \(change.nature)")
        default: break
        }
    }
}
