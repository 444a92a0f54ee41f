import Core
import Synchronization

/// Lets the listings of one source tell what they have missed in the order in which it happened: see ``CatchUp``.
final class SourceCatchUp: Sendable {
    private let state: Mutex<CatchUp>
    private let bells: [ResourceKind: Mailbox<Void>]
    private let signals: [ResourceKind: ListingSignals]
    private let clock: any Clock<Duration>
    private let steadySeconds: @Sendable () -> Double

    /// - Parameter signals: of each listing; a single one has nobody to wait for.
    init(
        _ signals: [ResourceKind: ListingSignals], clock: any Clock<Duration>,
        steadySeconds: @escaping @Sendable () -> Double
    ) {
        self.signals = signals
        self.clock = clock
        self.steadySeconds = steadySeconds
        bells = signals.mapValues { _ in Mailbox<Void>() }
        state = Mutex(CatchUp(Array(signals.keys), at: steadySeconds()))
    }

    func began(_ kind: ResourceKind) { state.withLock { $0.began(kind, at: steadySeconds()) } }

    func failed(_ kind: ResourceKind) { move(kind) { $0.failed(kind) } }

    /// The listing has read all that it missed: those that wait out a failure try again now.
    func read(_ kind: ResourceKind, first: Timestamp?) {
        var failing: [ResourceKind] = []
        move(kind) { failing = $0.read(kind, first: first, at: steadySeconds()) }
        for other in failing { signals[other]?.retry() }
    }

    func told(_ kind: ResourceKind, next: Timestamp?) { move(kind) { $0.told(kind, next: next) } }

    func ended(_ kind: ResourceKind) { move(kind) { $0.ended(kind) } }

    /// Waits until it is the listing's turn. Returns the time up to which it may tell; nil for everything.
    func turn(of kind: ResourceKind, moment: Timestamp?) async -> Timestamp? {
        while !Task.isCancelled {
            switch state.withLock({ $0.turn(of: kind, moment: moment, at: steadySeconds()) }) {
            case .now(let until): return until
            case .wait(let seconds): _ = await bells[kind]?.take(within: .seconds(seconds), clock: clock)
            }
        }
        return nil
    }

    private func move(_ kind: ResourceKind, _ change: (inout CatchUp) -> Void) {
        state.withLock { change(&$0) }
        for (other, bell) in bells where other != kind { bell.post(()) }
    }
}
