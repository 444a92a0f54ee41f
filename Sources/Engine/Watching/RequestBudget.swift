import AurousAPI
import Core
import Synchronization

/// The shares of the teams' rate limits that all sources of this process together may use: see ``BudgetLedger``.
package final class RequestBudget: Sendable {
    private struct Name: Hashable {
        var source: String
        var endpoint: EndpointClass
    }

    private let ledger: Mutex<BudgetLedger>
    /// What the API last said to each source.
    private let readings = Mutex<[Name: RateLimitReading]>([:])

    package init(sources: [SourceSettings]) {
        var ledger = BudgetLedger()
        for source in sources {
            ledger.enrol(
                source: source.name, address: source.api, team: source.team, share: source.budget, kinds: source.watch)
        }
        self.ledger = Mutex(ledger)
    }

    func uses(_ key: Secret, source: String, at now: Double) {
        ledger.withLock { $0.uses(key, source: source, at: now) }
    }

    /// See ``BudgetLedger/saw(_:kind:source:at:)``.
    func saw(_ idHash: UInt64, kind: ResourceKind, source: String, at now: Double) -> String? {
        ledger.withLock { $0.saw(idHash, kind: kind, source: source, at: now) }
    }

    /// Takes one request's worth and returns zero, or says how long to wait before asking again.
    func take(source: String, endpoint: EndpointClass, purpose: RequestPurpose, at now: Double) -> Duration {
        ledger.withLock { $0.take(source: source, endpoint: endpoint, purpose: purpose, at: now) }
    }

    /// Takes in what an answer said of the team's bucket.
    func observed(_ reading: RateLimitReading, source: String, endpoint: EndpointClass, at now: Double) {
        guard let limit = reading.limit, let remaining = reading.remaining else { return }
        readings.withLock { $0[Name(source: source, endpoint: endpoint)] = reading }
        ledger.withLock {
            $0.observed(
                limit: Double(limit), remaining: Double(remaining), source: source, endpoint: endpoint, at: now)
        }
    }

    /// What the API last said of the team's bucket.
    func reading(source: String, endpoint: EndpointClass) -> RateLimitReading? {
        readings.withLock { $0[Name(source: source, endpoint: endpoint)] }
    }

    func hold(source: String, endpoint: EndpointClass, until time: Double, at now: Double) {
        ledger.withLock { $0.hold(source: source, endpoint: endpoint, until: time, at: now) }
    }

    func view(source: String, endpoint: EndpointClass, at now: Double) -> BudgetLedger.View {
        ledger.withLock { $0.view(source: source, endpoint: endpoint, at: now) }
    }
}
