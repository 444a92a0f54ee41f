/// A rate limit: a bucket of requests that refills steadily.
package struct TokenBucket: Sendable {
    /// Requests in a full bucket.
    package let capacity: Int64
    private let perMinute: Int64
    /// In 60,000ths of a request, so that a millisecond refills a whole number.
    private var level: Int64
    private var filledAt: WorldTime

    private static let unit: Int64 = 60_000

    /// A full bucket; both rates are in requests and above zero.
    package init(perMinute: Int64, burst: Int64, at now: WorldTime) {
        capacity = burst
        self.perMinute = perMinute
        level = burst * Self.unit
        filledAt = now
    }

    /// List and single GETs: 600 a minute, 1200 at once.
    static func general(at now: WorldTime) -> TokenBucket { TokenBucket(perMinute: 600, burst: 1200, at: now) }
    /// Both GETs of characters: 120 a minute, 240 at once.
    static func characters(at now: WorldTime) -> TokenBucket { TokenBucket(perMinute: 120, burst: 240, at: now) }

    private mutating func refill(at now: WorldTime) {
        guard now > filledAt else { return }
        // A full bucket's worth of time is all that can matter.
        let elapsed = min(now.since(filledAt), capacity * Self.unit / perMinute + 1)
        level = min(capacity * Self.unit, level + elapsed * perMinute)
        filledAt = now
    }

    /// Takes one request out. False if there is none left.
    package mutating func take(at now: WorldTime) -> Bool {
        refill(at: now)
        guard level >= Self.unit else { return false }
        level -= Self.unit
        return true
    }

    /// Empties it down to so many requests, as the team's own application might.
    package mutating func drain(to remaining: Int64, at now: WorldTime) {
        refill(at: now)
        level = min(level, max(0, remaining) * Self.unit)
    }

    /// Whole requests left.
    package var remaining: Int64 { level / Self.unit }
    /// Whole seconds, at least one, until there is a request again.
    package var retryAfter: Int64 { max(1, (max(0, Self.unit - level) + perMinute * 1000 - 1) / (perMinute * 1000)) }
    /// The epoch second at which it is full again.
    package var reset: Int64 {
        let wait = (capacity * Self.unit - level + perMinute - 1) / perMinute
        return filledAt.adding(milliseconds: wait + 999).seconds
    }
}

/// How a response tells the state of its bucket; the API does it in both ways.
package enum RateHeaders: Sendable {
    /// `X-RateLimit-*`, the reset an epoch second.
    case prefixed
    /// `RateLimit-*`, the reset in seconds from now, as the IETF's draft has it.
    case plain

    func headers(for bucket: TokenBucket, at now: WorldTime) -> [(name: String, value: String)] {
        let prefix = self == .prefixed ? "X-RateLimit" : "RateLimit"
        let reset = self == .prefixed ? bucket.reset : max(0, bucket.reset - now.seconds)
        return [
            ("\(prefix)-Limit", String(bucket.capacity)), ("\(prefix)-Remaining", String(bucket.remaining)),
            ("\(prefix)-Reset", String(reset)),
        ]
    }
}
