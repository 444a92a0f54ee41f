import Core
import Store

/// Tells what was held back when nothing holds it any more, and what was gathered when its time has come.
///
/// What is due when is in the store, so that a restart loses none of it, and each is told in the transaction that notes
/// it. Silences are made and ended by other processes, so the store is looked at now and then even if nobody calls.
struct Herald {
    let store: SQLiteStore
    let rules: RuleBook
    let dependencies: Dependencies
    /// Something was committed that may be held or gathered.
    let calls: Mailbox<Void>
    /// Called after something was put into the outbox.
    let outboxFilled: @Sendable () -> Void

    /// The edition of the rules by which everything held was looked at.
    private var rulesLookedAt = 0
    /// When the next of what is held back or gathered is due.
    private(set) var nextDue: Timestamp?

    init(
        store: SQLiteStore, rules: RuleBook, dependencies: Dependencies, calls: Mailbox<Void>,
        outboxFilled: @escaping @Sendable () -> Void
    ) {
        self.store = store
        self.rules = rules
        self.dependencies = dependencies
        self.calls = calls
        self.outboxFilled = outboxFilled
    }

    /// The store is looked at at least this often.
    static let glance = Duration.seconds(2)

    mutating func run() async {
        while !Task.isCancelled {
            let wait = await pass(isLast: false)
            _ = await calls.take(within: wait, clock: dependencies.clock)
        }
    }

    /// Tells all that is due now.
    mutating func step() async { _ = await pass(isLast: false) }

    /// Tells all that is due, and what waits only for more of its kind: nobody will look again soon.
    mutating func once() async { _ = await pass(isLast: true) }

    /// Returns how long there is nothing to do.
    private mutating func pass(isLast: Bool) async -> Duration {
        do {
            let generation = rules.read().generation
            if generation != rulesLookedAt {
                try await store.reconsiderHeld()
                // For whoever plans another configuration.
                try await store.setFact(
                    RulesInForce.fact, RulesInForce(rules.read().engine.rules).document, at: dependencies.now())
                rulesLookedAt = generation
            }
            while !Task.isCancelled {
                let now = dependencies.now()
                let pass = try await store.route(rules.routing, at: now, isLast: isLast)
                for said in pass.said { dependencies.report(.said(said)) }
                if !pass.said.isEmpty { outboxFilled() }
                if pass.hasMore { continue }
                nextDue = pass.nextDue
                guard let next = pass.nextDue else { return Herald.glance }
                return min(max(next.duration(since: now), .milliseconds(1)), Herald.glance)
            }
        } catch {
            if !Task.isCancelled { dependencies.report(.storeFailed(reason: "\(error)")) }
        }
        return Herald.glance
    }
}
