/// Who drinks from which bucket: the budgets of all sources, with those of one team as one.
///
/// That two sources are one team is known in three ways, each of which can only join, never part:
/// - both name the same `team` in the configuration;
/// - both have used the same key;
/// - both saw the same resource at the same address: ids are unique in the API, and it shows a team no other's. Only the
///   newest few of each source are compared, which costs a look-up per poll; a wrong guess would only make us slower.
///
/// Where the budgets of one team's sources differ, the smallest counts: it is somebody's word on that team's limit.
/// Pure: time is an argument, in seconds of a clock that does not go back.
package struct BudgetLedger: Sendable {
    private struct Account {
        /// The account that this one was joined to; itself where none.
        var parent: Int
        var address: String
        var share: Double
        var buckets: [EndpointClass: TokenBucket] = [:]
        /// How many listings ask, by class.
        var listings: [EndpointClass: Int] = [:]
        /// The newest resources seen, oldest first.
        var marks: [Mark] = []
    }

    private struct Mark: Hashable {
        var address: String
        var kind: ResourceKind
        var idHash: UInt64
    }

    /// What the plan needs to know of a bucket.
    package struct View: Sendable, Equatable {
        /// How full our share is, from 0 to 1.
        package var level: Double
        /// Requests a second that our share comes back with.
        package var perSecond: Double
        /// How many listings share it.
        package var listings: Int

        package init(level: Double = 1, perSecond: Double = .infinity, listings: Int = 1) {
            self.level = level
            self.perSecond = perSecond
            self.listings = listings
        }
    }

    private var accounts: [Account] = []
    private var names: [String: Int] = [:]
    private var teams: [String: Int] = [:]
    private var keys: [Secret: Int] = [:]
    private var marks: [Mark: Int] = [:]

    /// How many resources of each source are remembered to know its team by.
    private static let marksKept = 4

    package init() {}

    /// Opens the account of a source. `address`: of the API; `team`: as the configuration names it.
    package mutating func enrol(source: String, address: String, team: String?, share: Double, kinds: [ResourceKind]) {
        guard names[source] == nil else { return }
        let index = accounts.count
        var account = Account(parent: index, address: address, share: share)
        for kind in kinds { account.listings[EndpointClass(kind), default: 0] += 1 }
        accounts.append(account)
        names[source] = index
        guard let team else { return }
        if let other = teams[team] { join(index, other, at: 0) } else { teams[team] = index }
    }

    /// The source uses this key now; with another source's key it is the same team.
    package mutating func uses(_ key: Secret, source: String, at now: Double) {
        guard let index = names[source] else { return }
        if let other = keys[key] { join(index, other, at: now) } else { keys[key] = index }
    }

    /// The source has seen this resource as the newest of its listing. Returns the source with which it is found to be
    /// one team, the first time.
    package mutating func saw(
        _ idHash: UInt64, kind: ResourceKind, source: String, at now: Double
    ) -> String? {
        guard let index = names[source] else { return nil }
        let mark = Mark(address: accounts[index].address, kind: kind, idHash: idHash)
        if let other = marks[mark] {
            guard root(other) != root(index) else { return nil }
            let partner = names.first { $0.value == other }?.key
            join(index, other, at: now)
            return partner
        }
        marks[mark] = index
        accounts[index].marks.append(mark)
        if accounts[index].marks.count > BudgetLedger.marksKept { marks[accounts[index].marks.removeFirst()] = nil }
        return nil
    }

    /// Takes one request's worth and returns zero, or says how long to wait before asking again.
    package mutating func take(
        source: String, endpoint: EndpointClass, purpose: RequestPurpose, at now: Double
    ) -> Duration {
        withBucket(source, endpoint, now) { $0.take(at: now, leaving: purpose.reserve) } ?? .zero
    }

    /// Takes in what an answer said of the team's bucket, in requests.
    package mutating func observed(
        limit: Double, remaining: Double, source: String, endpoint: EndpointClass, at now: Double
    ) {
        withBucket(source, endpoint, now) { $0.observed(limit: limit, remaining: remaining, at: now) }
    }

    /// The API has refused a request for its rate: nobody of the team asks this class again before `time`.
    package mutating func hold(source: String, endpoint: EndpointClass, until time: Double, at now: Double) {
        withBucket(source, endpoint, now) { $0.hold(until: time, at: now) }
    }

    /// Whether the API has asked for no more requests of this class just now.
    package mutating func isHeld(source: String, endpoint: EndpointClass, at now: Double) -> Bool {
        withBucket(source, endpoint, now) { $0.isHeld(at: now) } ?? false
    }

    /// What is to be kept before a request goes out; nil where what was kept before is enough.
    package mutating func dueRecord(
        source: String, endpoint: EndpointClass, at now: Double, wall: Timestamp
    ) -> BucketRecord? {
        withBucket(source, endpoint, now) { bucket in
            let heldFor = bucket.spent(at: now).heldFor
            return bucket.dueRecord(at: now).map { BucketRecord(spent: $0, at: wall, heldFor: heldFor) }
        } ?? nil
    }

    /// How the bucket stands; nil where nobody has used it.
    package mutating func record(
        source: String, endpoint: EndpointClass, at now: Double, wall: Timestamp
    ) -> BucketRecord? {
        guard let index = names[source], accounts[root(index)].buckets[endpoint] != nil else { return nil }
        return withBucket(source, endpoint, now) { bucket in
            let (requests, heldFor) = bucket.spent(at: now)
            return BucketRecord(spent: requests, at: wall, heldFor: heldFor)
        }
    }

    /// Takes in what an earlier process has left. A wall clock that went back gives nothing away.
    package mutating func restore(
        _ record: BucketRecord, source: String, endpoint: EndpointClass, at now: Double, wall: Timestamp
    ) {
        let passed = max(0, wall.duration(since: record.at) / .seconds(1))
        let heldFor =
            record.heldUntil.map { min($0.duration(since: wall) / .seconds(1), BudgetLedger.longestHold) } ?? 0
        withBucket(source, endpoint, now) { bucket in
            bucket.restore(spent: record.spent - passed * bucket.perSecond, heldFor: heldFor, at: now)
        }
    }

    /// A hold that a changed clock makes longer than any `Retry-After` counts as so long.
    private static let longestHold = 86_400.0

    package mutating func view(source: String, endpoint: EndpointClass, at now: Double) -> View {
        let listings = names[source].map { accounts[root($0)].listings[endpoint] ?? 1 } ?? 1
        return withBucket(source, endpoint, now) { bucket in
            View(level: bucket.level(at: now), perSecond: bucket.perSecond, listings: max(1, listings))
        } ?? View()
    }

    /// Whether two sources drink from the same buckets.
    package func areOneTeam(_ first: String, _ second: String) -> Bool {
        guard let one = names[first], let other = names[second] else { return false }
        return root(one) == root(other)
    }

    @discardableResult
    private mutating func withBucket<T>(
        _ source: String, _ endpoint: EndpointClass, _ now: Double, _ body: (inout TokenBucket) -> T
    ) -> T? {
        guard let index = names[source].map({ root($0) }) else { return nil }
        var bucket =
            accounts[index].buckets[endpoint]
            ?? TokenBucket(
                burst: endpoint.burst, perMinute: endpoint.perMinute, share: accounts[index].share, at: now)
        defer { accounts[index].buckets[endpoint] = bucket }
        return body(&bucket)
    }

    private mutating func join(_ first: Int, _ second: Int, at now: Double) {
        let (kept, left) = (root(second), root(first))
        guard kept != left else { return }
        accounts[left].parent = kept
        accounts[kept].share = min(accounts[kept].share, accounts[left].share)
        for (endpoint, count) in accounts[left].listings { accounts[kept].listings[endpoint, default: 0] += count }
        for endpoint in EndpointClass.allCases {
            let joined = accounts[kept].buckets[endpoint]
            let joining = accounts[left].buckets[endpoint]
            guard joined != nil || joining != nil else { continue }
            // A bucket that nobody has used yet is full, and brings its share along.
            var whole = TokenBucket(
                burst: endpoint.burst, perMinute: endpoint.perMinute, share: accounts[kept].share, at: now)
            if let joined { whole.join(joined, at: now) }
            if let joining { whole.join(joining, at: now) }
            accounts[kept].buckets[endpoint] = whole
        }
        accounts[left].buckets = [:]
    }

    private func root(_ index: Int) -> Int {
        var top = index
        while accounts[top].parent != top { top = accounts[top].parent }
        return top
    }
}
