/// A share of a team's rate limit: so many requests at once, refilled evenly.
///
/// In any window of `t` seconds it gives at most `capacity + t · perSecond` requests, which is the share of what the API
/// itself would give. Pure: time is an argument, in seconds of any clock that does not go back.
package struct TokenBucket: Sendable {
    /// Requests in a full bucket; at least 1.
    package private(set) var capacity: Double
    /// Requests that come back in a second.
    package private(set) var perSecond: Double
    private(set) var share: Double
    /// The size of the whole team's bucket.
    private var limit: Double
    private var tokens: Double
    /// What the API's own count leaves us above the others' part: it also knows what another process of ours, or this
    /// one before a restart, has taken.
    private var headroom: Double
    private var updatedAt: Double
    /// Until then the API has asked for no more requests.
    private var heldUntil = -Double.infinity
    /// What the record says is missing, and since when; nil until this process has made one.
    private var recorded: (spent: Double, at: Double)?

    /// A record is ahead of what was given, so that not every request needs one: of a process' first by two requests, and
    /// of each further one by twice as many, up to this part of the bucket. A crash costs about what the process had
    /// used, so that a loop of crashes does not empty the bucket.
    private static let recordedAhead = 0.02
    private static let fewest = 2.0
    private var ahead = TokenBucket.fewest
    /// Sums of doubles miss a whole number by less than this.
    private static let rounding = 1e-9

    /// The bucket of a limit of `burst` requests at once and `perMinute` sustained, of which `share` may be used.
    package init(burst: Double, perMinute: Double, share: Double, at now: Double) {
        self.share = share
        limit = max(1, burst)
        capacity = max(1, burst * share)
        perSecond = max(0.001, perMinute / 60 * share)
        tokens = capacity
        headroom = capacity
        updatedAt = now
    }

    /// Takes a token and returns zero, or takes nothing and returns how long to wait until it may be had.
    ///
    /// `reserve`: the share of the bucket, from 0 to 1, that must be left; a bucket too small for it gives all the same
    /// when it is full.
    package mutating func take(at now: Double, leaving reserve: Double = 0) -> Duration {
        refill(at: now)
        guard now >= heldUntil else { return .seconds(heldUntil - now) }
        let needed = 1 + min(capacity * reserve, capacity - 1)
        guard tokens >= needed - TokenBucket.rounding else {
            return max(.seconds((needed - tokens) / perSecond), .milliseconds(1))
        }
        guard headroom >= 1 - TokenBucket.rounding else {
            return max(.seconds((1 - headroom) / perSecond), .milliseconds(1))
        }
        tokens = max(0, tokens - 1)
        headroom = max(0, headroom - 1)
        return .zero
    }

    /// The API refused a request for its rate: nothing is given before `time`.
    package mutating func hold(until time: Double, at now: Double) {
        refill(at: now)
        tokens = min(tokens, 1)
        heldUntil = max(heldUntil, time)
    }

    /// Whether the API has asked for no more requests just now.
    package func isHeld(at now: Double) -> Bool { now < heldUntil }

    /// Takes what the API says of the whole team's bucket: what lies below the others' part of it is not ours, whoever
    /// has drunk the rest. Our part of the rate remains in any case.
    package mutating func observed(limit: Double, remaining: Double, at now: Double) {
        refill(at: now)
        guard limit >= 1, limit.isFinite else { return }
        perSecond = max(0.001, perSecond * (limit / self.limit))
        self.limit = limit
        // What a larger bucket holds more was there all along; what is missing of it stays the same.
        let added = max(0, max(1, limit * share) - capacity)
        capacity = max(1, limit * share)
        tokens = min(tokens + added, capacity)
        headroom = min(headroom + added, capacity, max(0, remaining - (limit - capacity)))
    }

    /// What must be kept before a request goes out: requests missing from the full bucket, those of the near future
    /// included. Nil while the record, refilled since, does not promise more than there is.
    ///
    /// A nearly full bucket needs none, but for the first of a process.
    package mutating func dueRecord(at now: Double) -> Double? {
        refill(at: now)
        let missing = capacity - tokens
        if let recorded {
            let promised = max(0, recorded.spent - (now - recorded.at) * perSecond)
            guard missing > promised, missing > TokenBucket.fewest else { return nil }
        }
        defer { ahead = min(2 * ahead, max(TokenBucket.fewest, capacity * TokenBucket.recordedAhead)) }
        recorded = (missing + ahead, now)
        return missing + ahead
    }

    /// Requests missing from the full bucket, and how long it is held; for a record at the end.
    package mutating func spent(at now: Double) -> (requests: Double, heldFor: Double) {
        refill(at: now)
        return (capacity - tokens, max(0, heldUntil - now))
    }

    /// Takes in what an earlier process has left: so many requests are missing, and none is given for so long.
    package mutating func restore(spent: Double, heldFor: Double, at now: Double) {
        refill(at: now)
        tokens = max(0, min(tokens, capacity - spent))
        if heldFor > 0 { heldUntil = max(heldUntil, now + heldFor) }
    }

    /// The two were one bucket all along: what either gave is missing, and the smaller share counts.
    package mutating func join(_ other: TokenBucket, at now: Double) {
        var other = other
        refill(at: now)
        other.refill(at: now)
        let spent = (capacity - tokens) + (other.capacity - other.tokens)
        if other.share < share {
            (share, capacity, perSecond, limit) = (other.share, other.capacity, other.perSecond, other.limit)
        }
        tokens = max(0, capacity - spent)
        headroom = min(headroom, other.headroom, capacity)
        heldUntil = max(heldUntil, other.heldUntil)
    }

    /// The share of the bucket that is full, by our own count and by the API's.
    package mutating func level(at now: Double) -> Double {
        refill(at: now)
        return min(tokens, headroom) / capacity
    }

    private mutating func refill(at now: Double) {
        guard now > updatedAt else { return }
        tokens = min(capacity, tokens + (now - updatedAt) * perSecond)
        headroom = min(capacity, headroom + (now - updatedAt) * perSecond)
        updatedAt = now
    }
}
