import CEL
import Core
import Engine
import SimulatedAurous
import Sinks
import Synchronization

/// Prints what happens in the demo, a line each, and counts it.
final class DemoScreen: Sendable {
    private struct Counts {
        var changes = 0
        var alerts = 0
        var deliveries = 0
        var verified = 0
    }

    private let palette: Palette
    private let counts = Mutex(Counts())

    init(palette: Palette) { self.palette = palette }

    func introduce(_ stage: DemoStage) {
        Console.output(
            """
            A simulated Aurous API lives at   http://127.0.0.1:\(stage.apiPort)
            Callbacks are received at         http://127.0.0.1:\(stage.receiverPort)
            The rules are those that `auspex init` writes. Ctrl-C ends it.

            """)
    }

    func pageIsAt(port: Int) {
        line("page", .green, "http://127.0.0.1:\(port) shows all of this in a browser")
    }

    func note(_ event: EngineEvent) {
        switch event {
        case .change(let change) where !change.isBaseline: note(change)
        case .baselined(_, let kind, let resources):
            line("baseline", .faint, "\(resources) \(kind.rawValue)s were there already; changes from here on are news")
        case .decided(let decided): note(decided)
        case .attempt(let record, let result, _): note(record, result)
        case .pollFailed(_, let kind, let reason, _, _): line("trouble", .red, "\(kind.rawValue): \(reason)")
        case .storeFailed(let reason): line("trouble", .red, reason)
        default: return
        }
    }

    /// A callback arrived at the demo's own receiver.
    func note(_ callback: ReceivedCallback) {
        let isGenuine = callback.verdict == .verified
        counts.withLock { $0.verified += isGenuine ? 1 : 0 }
        line(
            "received", isGenuine ? .green : .red,
            "POST \(callback.target), \(callback.body.count) bytes, "
                + (isGenuine ? "signature verified" : "signature wrong")
                + ", \(callback[header: "webhook-id"] ?? "no id")")
    }

    func sum() {
        let sum = counts.withLock { $0 }
        Console.output(
            """

            \(sum.changes) changes, \(sum.alerts) notifications, \(sum.deliveries) delivered, \
            \(sum.verified) received with a good signature.
            Next: `auspex init`, then `auspex run` with a key of your own.
            """)
    }

    private func note(_ change: ResourceChange) {
        counts.withLock { $0.changes += 1 }
        let how =
            switch change.nature {
            case .firstSeen: "new, \(change.newStatus)"
            case .gone: "gone"
            case .changed:
                change.oldStatus == change.newStatus
                    ? change.paths.prefix(3).joined(separator: ", ")
                    : "\(change.oldStatus ?? "?") → \(change.newStatus)"
            }
        line("change", .cyan, "\(change.key.id)  \(how)")
    }

    private func note(_ decided: DecidedNotification) {
        counts.withLock { $0.alerts += 1 }
        let notification = decided.notification
        let tint: Palette.Tint =
            switch notification.severity {
            case .info: .blue
            case .warning: .yellow
            case .critical: .red
            }
        let what = notification.reason == .resolved ? "resolved" : "alert"
        line(what, tint, "\(notification.rule): \(notification.title.plain)")
    }

    private func note(_ record: DeliveryRecord, _ result: AttemptResult) {
        guard case .delivered = result.outcome else {
            return line("failed", .red, "\(record.sink): \(result.outcome.reason ?? "")")
        }
        counts.withLock { $0.deliveries += 1 }
        line("sent", .faint, "\(record.id.rawValue) to \(record.sink), attempt \(record.attempts)")
    }

    private func line(_ what: String, _ tint: Palette.Tint, _ text: String) {
        let time = Composition.now().rfc3339.dropFirst(11).prefix(8)
        Console.output(
            "\(palette.paint(String(time), .faint)) \(palette.paint(what.padded(to: 9), tint)) \(Table.harmless(text, limit: 160))"
        )
    }
}
