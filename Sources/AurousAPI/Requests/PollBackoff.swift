/// How long a source is left alone after failures in a row.
///
/// | failures in a row | 1 | 2 | 3 | 4 | 5 | 6 and more |
/// |---|---|---|---|---|---|---|
/// | transient | 1 s | 2 s | 4 s | 8 s | 16 s | 30 s |
/// | authentication | 10 s | 20 s | 40 s | 80 s | 160 s | 300 s |
///
/// Chance adds up to a quarter, never takes away. What the API asked for (`Retry-After`) is a floor.
package struct PollBackoff: Sendable, Hashable {
    package enum Cause: Sendable, Hashable {
        /// Passes by itself.
        case transient
        /// The key: somebody has to do something, and may do so at any time.
        case authentication
    }

    /// Failures in a row of the last cause.
    package private(set) var failures = 0
    private var cause: Cause?

    package init() {}

    /// Counts a failure and returns how long to wait; another cause than the last begins anew.
    ///
    /// - Parameters:
    ///   - chance: from 0 to 1, uniform; anything else is held to that.
    ///   - floor: what the API asked for.
    package mutating func failed(_ cause: Cause, chance: Double, floor: Duration? = nil) -> Duration {
        if self.cause != cause { failures = 0 }
        self.cause = cause
        failures = min(failures + 1, 1_000_000)
        return max(Self.delay(cause, failures: failures, chance: chance), floor ?? .zero)
    }

    package mutating func succeeded() {
        self = PollBackoff()
    }

    /// The wait after the `failures`-th failure in a row, from 1.
    package static func delay(_ cause: Cause, failures: Int, chance: Double) -> Duration {
        let (first, longest) = cause == .transient ? (1, 30) : (10, 300)
        // Five doublings pass either limit.
        let seconds = min(first << min(max(failures, 1) - 1, 5), longest)
        let share = chance.isFinite ? min(max(chance, 0), 1) : 0
        return .seconds(seconds) + .milliseconds(Int64(Double(seconds) * 250 * share))
    }
}

extension AurousError {
    /// Nil where waiting has nothing to do with it.
    package var backoffCause: PollBackoff.Cause? {
        switch kind {
        case .unauthorised, .forbidden: .authentication
        case .rateLimited, .unavailable, .notUnderstood, .bodyTooLarge: .transient
        case .notFound, .invalidRequest, .cancelled: nil
        }
    }
}
