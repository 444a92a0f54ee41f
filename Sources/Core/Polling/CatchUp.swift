/// Which of a source's listings tells what next, when several have something to catch up with: after an outage what
/// happened first is told first, also across them.
///
/// A listing that reads is waited for, within limits; one that fails is not. Pure: time is an argument, in seconds of a
/// clock that does not go back.
package struct CatchUp: Sendable {
    private enum Stage: Equatable {
        /// It has told what it had, and what it finds now is told at once.
        case current
        case failing
        case reading(since: Double)
        /// It knows what it has to tell; the next of it happened then, if that is known.
        case telling(next: Timestamp?)
    }

    package enum Turn: Sendable, Equatable {
        /// What happened no later than the time, or anything where it is nil, may be told.
        case now(until: Timestamp?)
        /// Another is first; look again after so many seconds at the latest.
        case wait(Double)
    }

    private var stages: [ResourceKind: Stage] = [:]

    /// How long a listing is waited for that reads what it has missed.
    package static let patience = 10.0
    /// How soon to look again whether another has told what it had: its end is also signalled.
    private static let glance = 1.0

    /// At the start every listing has something to catch up with.
    package init(_ kinds: [ResourceKind], at now: Double) {
        for kind in kinds { stages[kind] = .reading(since: now) }
    }

    /// A listing begins to read what it has missed.
    package mutating func began(_ kind: ResourceKind, at now: Double) {
        if case .reading = stages[kind] { return }
        stages[kind] = .reading(since: now)
    }

    /// A listing could not be read, or not kept.
    package mutating func failed(_ kind: ResourceKind) { stages[kind] = .failing }

    /// A listing has read all that it missed. Returns those that fail still: as this one works again, they are worth
    /// a try, and are waited for.
    package mutating func read(_ kind: ResourceKind, first: Timestamp?, at now: Double) -> [ResourceKind] {
        stages[kind] = .telling(next: first)
        let failing = stages.filter { $0.value == .failing }.map(\.key).sorted { $0.rawValue < $1.rawValue }
        for other in failing { stages[other] = .reading(since: now) }
        return failing
    }

    /// A listing has told a part of what it has.
    package mutating func told(_ kind: ResourceKind, next: Timestamp?) { stages[kind] = .telling(next: next) }

    /// A listing has told everything.
    package mutating func ended(_ kind: ResourceKind) { stages[kind] = .current }

    /// Whether it is a listing's turn, whose next was at `moment`. What tells no time comes before all that does.
    package func turn(of kind: ResourceKind, moment: Timestamp?, at now: Double) -> Turn {
        var until: Timestamp?
        var wait = 0.0
        for (other, stage) in stages where other != kind {
            switch stage {
            case .current, .failing: continue
            case .reading(let since): wait = max(wait, since + CatchUp.patience - now)
            case .telling(let next):
                guard let next, let moment, (next, other.rawValue) > (moment, kind.rawValue) else {
                    // Without a time of its own it is nobody's turn before; of two such the names decide.
                    let isFirst = moment == nil && (next != nil || kind.rawValue < other.rawValue)
                    if !isFirst { wait = max(wait, CatchUp.glance) }
                    if isFirst, let next { until = min(until ?? next, next) }
                    continue
                }
                until = min(until ?? next, next)
            }
        }
        return wait > 0 ? .wait(wait) : .now(until: until)
    }
}
