import AurousAPI
import Core
import Store
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
    private let names: [Name]
    private let store: SQLiteStore
    private let now: @Sendable () -> Timestamp

    init(sources: [SourceSettings], store: SQLiteStore, now: @escaping @Sendable () -> Timestamp) {
        self.store = store
        self.now = now
        names = sources.flatMap { source in
            Set(source.watch.map(EndpointClass.init)).map { Name(source: source.name, endpoint: $0) }
        }
        var ledger = BudgetLedger()
        for source in sources {
            ledger.enrol(
                source: source.name, address: source.api, team: source.team, share: source.budget, kinds: source.watch)
        }
        // Those of one key are one team before anything is remembered of either.
        for source in sources { if let key = try? source.key.read() { ledger.uses(key, source: source.name, at: 0) } }
        self.ledger = Mutex(ledger)
    }

    private static func factName(_ name: Name) -> String { "budget/\(name.source)/\(name.endpoint.rawValue)" }

    /// Takes in what earlier processes have left of the buckets.
    func load(at now: Double) async throws {
        let facts = try await store.facts(prefix: "budget/")
        let documents = Dictionary(facts.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        for name in names {
            guard let record = documents[RequestBudget.factName(name)].flatMap(BucketRecord.init(document:)) else {
                continue
            }
            ledger.withLock {
                $0.restore(record, source: name.source, endpoint: name.endpoint, at: now, wall: self.now())
            }
        }
    }

    /// Keeps what a request takes, before it goes out, where a crash would otherwise give it away again.
    func keep(source: String, endpoint: EndpointClass, at now: Double) async {
        let wall = self.now()
        let record = ledger.withLock { $0.dueRecord(source: source, endpoint: endpoint, at: now, wall: wall) }
        await keep(record, Name(source: source, endpoint: endpoint), at: wall)
    }

    /// Keeps how all buckets stand, at the end.
    func keepAll(at now: Double) async {
        let wall = self.now()
        for name in names {
            let record = ledger.withLock {
                $0.record(source: name.source, endpoint: name.endpoint, at: now, wall: wall)
            }
            await keep(record, name, at: wall)
        }
    }

    private func keep(_ record: BucketRecord?, _ name: Name, at wall: Timestamp) async {
        guard let record else { return }
        // A store that cannot take it says so itself with the next commit; the request's own count goes on.
        try? await store.setFact(RequestBudget.factName(name), record.document, at: wall)
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

    /// The API has refused a request for its rate; also the next process keeps to it.
    func hold(source: String, endpoint: EndpointClass, until time: Double, at now: Double) async {
        let wall = self.now()
        let record = ledger.withLock { ledger in
            ledger.hold(source: source, endpoint: endpoint, until: time, at: now)
            return ledger.record(source: source, endpoint: endpoint, at: now, wall: wall)
        }
        await keep(record, Name(source: source, endpoint: endpoint), at: wall)
    }

    /// Whether the API has asked for no more requests just now.
    func isHeld(source: String, endpoint: EndpointClass, at now: Double) -> Bool {
        ledger.withLock { $0.isHeld(source: source, endpoint: endpoint, at: now) }
    }

    func view(source: String, endpoint: EndpointClass, at now: Double) -> BudgetLedger.View {
        ledger.withLock { $0.view(source: source, endpoint: endpoint, at: now) }
    }
}
