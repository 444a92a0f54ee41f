import Core
import AurousAPI
import Synchronization

/// The rate limits of the watched API, per endpoint class. Source: the API's pages on rate limits.
enum EndpointClass: String, Sendable {
    /// Lists and single GETs of generations, and the balance.
    case general
    /// The bucket `characters_get`.
    case characters

    init(_ kind: ResourceKind) { self = kind == .character ? .characters : .general }

    var burst: Double { self == .general ? 1200 : 240 }
    var perMinute: Double { self == .general ? 600 : 120 }
}

/// The share of the teams' rate limits that all sources together may use. Sources with the same key share a bucket.
package final class RequestBudget: Sendable {
    private struct Name: Hashable {
        var key: Secret
        var endpoint: EndpointClass
    }

    private let buckets = Mutex<[Name: TokenBucket]>([:])

    package init() {}

    /// Takes one request's worth, or says how long to wait before asking again. `now` is in seconds of a steady clock.
    func take(key: Secret, endpoint: EndpointClass, share: Double, at now: Double) -> Duration {
        withBucket(key, endpoint, share, now) { $0.take(at: now) }
    }

    /// Takes in what an answer said of the team's bucket.
    func observed(_ reading: RateLimitReading, key: Secret, endpoint: EndpointClass, share: Double, at now: Double) {
        guard let limit = reading.limit, let remaining = reading.remaining else { return }
        withBucket(key, endpoint, share, now) {
            $0.observed(limit: Double(limit), remaining: Double(remaining), at: now)
        }
    }

    /// How full our share is, from 0 to 1.
    func level(key: Secret, endpoint: EndpointClass, share: Double, at now: Double) -> Double {
        withBucket(key, endpoint, share, now) { $0.level(at: now) }
    }

    private func withBucket<T: Sendable>(
        _ key: Secret, _ endpoint: EndpointClass, _ share: Double, _ now: Double, _ body: (inout TokenBucket) -> T
    ) -> T {
        buckets.withLock { buckets in
            let name = Name(key: key, endpoint: endpoint)
            var bucket =
                buckets[name]
                ?? TokenBucket(burst: endpoint.burst, perMinute: endpoint.perMinute, share: share, at: now)
            defer { buckets[name] = bucket }
            return body(&bucket)
        }
    }
}
