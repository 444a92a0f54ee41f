/// At most so many starts in any stretch of so long, as `rate: 10/1m` says.
///
/// Pure: time is an argument, in seconds of a clock that does not go back.
package struct SlidingRate: Sendable, Equatable {
    private let count: Int
    private let periodSeconds: Double
    /// When the last `count` starts were, oldest first.
    private var starts: [Double] = []

    package init(count: Int, period: Duration) {
        self.count = max(1, count)
        periodSeconds = Double(period.components.seconds) + Double(period.components.attoseconds) / 1e18
    }

    /// Notes a start and returns zero, or returns how long to wait until there may be one.
    package mutating func take(at now: Double) -> Duration {
        starts.removeAll { now - $0 >= periodSeconds }
        if starts.count >= count, let oldest = starts.first { return .seconds(oldest + periodSeconds - now) }
        starts.append(now)
        return .zero
    }
}
