/// A share of a team's rate limit: so many requests at once, refilled evenly.
///
/// Pure: time is an argument, in seconds of any clock that does not go back.
package struct TokenBucket: Sendable, Equatable {
    package private(set) var capacity: Double
    package private(set) var perSecond: Double
    private let share: Double
    /// The size of the whole team's bucket.
    private var limit: Double
    private var tokens: Double
    private var updatedAt: Double

    /// The bucket of a limit of `burst` requests at once and `perMinute` sustained, of which `share` may be used.
    package init(burst: Double, perMinute: Double, share: Double, at now: Double) {
        self.share = share
        limit = max(1, burst)
        capacity = max(1, burst * share)
        perSecond = max(0.001, perMinute / 60 * share)
        tokens = capacity
        updatedAt = now
    }

    /// Takes a token and returns zero, or returns how long to wait until there is one.
    package mutating func take(at now: Double) -> Duration {
        refill(at: now)
        guard tokens >= 1 else { return .seconds((1 - tokens) / perSecond) }
        tokens -= 1
        return .zero
    }

    /// Takes what the API says of the whole team's bucket: when others have drunk it nearly empty, we hold back until
    /// it has filled up to what is not ours.
    package mutating func observed(limit: Double, remaining: Double, at now: Double) {
        refill(at: now)
        guard limit >= 1, limit.isFinite else { return }
        perSecond = max(0.001, perSecond * (limit / self.limit))
        self.limit = limit
        capacity = max(1, limit * share)
        let reserved = limit - capacity
        let ours = max(0, remaining - reserved)
        if remaining < reserved { tokens = min(tokens, ours) }
        tokens = min(tokens, capacity)
    }

    /// The share of the bucket that is full.
    package mutating func level(at now: Double) -> Double {
        refill(at: now)
        return tokens / capacity
    }

    private mutating func refill(at now: Double) {
        guard now > updatedAt else { return }
        tokens = min(capacity, tokens + (now - updatedAt) * perSecond)
        updatedAt = now
    }
}
