/// Decides what of a listing to ask for, and when: from what is known to the next requests. Pure.
///
/// The head is one request and shows the newest hundred, so what is in flight there is never asked for by itself. What
/// has left it is asked for as soon as its end is plausible. A sweep reads on, a page at a time, and can always wait.
package struct PollPlan: Sendable {
    /// The intervals of the configuration, in seconds.
    package struct Pace: Sendable, Equatable {
        package var active: Double
        package var idle: Double
        package var sweep: Double

        /// `idle` below `active` counts as `active`: nothing is asked for more often than that.
        package init(active: Duration, idle: Duration, sweep: Duration) {
            self.active = active / .seconds(1)
            self.idle = max(active, idle) / .seconds(1)
            self.sweep = sweep / .seconds(1)
        }
    }

    /// How far full listings have come.
    package enum Sweep: Sendable, Equatable {
        /// None runs; the last one began at this time of the steady clock.
        case none(lastBegan: Double)
        /// One runs, and has last asked at this time.
        case running(lastAsked: Double)
        /// Something may have been missed, or the baseline is incomplete: on with it.
        case urgent
        /// There is nothing to sweep.
        case never
    }

    /// What is known; times are of the steady clock, in seconds, but for `wall`.
    package struct Knowledge: Sendable {
        package var now: Double
        package var wall: Timestamp
        /// When the head was last asked for; nil where it is wanted at once.
        package var headAskedAt: Double?
        /// What stood on the head then, by the hashes of ids.
        package var onHead: Set<UInt64>
        package var inFlight: InFlightTable
        package var learned: LearnedDurations
        package var sweep: Sweep
        /// Whether a sweep that is due begins where the head ends.
        package var sweepNeedsHead: Bool
        /// Whether the listing is longer than its head, and changes below it: characters.
        package var changesBelow: Bool
        /// When the next alert must be looked at again, and when alerts last were.
        package var timer: Double?
        package var timersLookedAt: Double?
        /// Whether what is due wants a fresh look: not so for a generation in a final state, which never changes.
        package var timerNeedsHead: Bool
        package var budget: BudgetLedger.View
        /// Before then the bucket has nothing left for visits, and for sweeps.
        package var visitsNotBefore = -Double.infinity
        package var sweepNotBefore = -Double.infinity

        package init(
            now: Double, wall: Timestamp, headAskedAt: Double?, onHead: Set<UInt64> = [],
            inFlight: InFlightTable = InFlightTable(), learned: LearnedDurations = LearnedDurations(),
            sweep: Sweep, sweepNeedsHead: Bool = true, changesBelow: Bool = false, timer: Double? = nil,
            timersLookedAt: Double? = nil,
            timerNeedsHead: Bool = true, budget: BudgetLedger.View = BudgetLedger.View()
        ) {
            self.now = now
            self.wall = wall
            self.headAskedAt = headAskedAt
            self.onHead = onHead
            self.inFlight = inFlight
            self.learned = learned
            self.sweep = sweep
            self.sweepNeedsHead = sweepNeedsHead
            self.changesBelow = changesBelow
            self.timer = timer
            self.timersLookedAt = timersLookedAt
            self.timerNeedsHead = timerNeedsHead
            self.budget = budget
        }
    }

    /// What to ask for now.
    package struct Orders: Sendable, Equatable {
        package var head: Bool
        /// What is in flight below the head and due, the likeliest to change first.
        package var visits: [String]
        /// Pages of a full listing.
        package var sweepPages: Int
        /// Whether alerts whose time has come are evaluated.
        package var timers: Bool

        package init(head: Bool, visits: [String] = [], sweepPages: Int = 0, timers: Bool = false) {
            self.head = head
            self.visits = visits
            self.sweepPages = sweepPages
            self.timers = timers
        }
    }

    package var pace: Pace

    /// A sweep of a listing takes this part of `sweep` for a page, so that forty pages take just that long.
    package static let sweepPart = 1.0 / 40
    private static let urgentPages = 5
    /// The part of what the bucket gives that heads may use up, once it is not full any more.
    private static let headPart = 0.6
    private static let easyLevel = 0.5
    /// What is due within this part of `active` is due now: two wakings for what one would do help nobody.
    private static let slack = 0.05

    package init(pace: Pace) { self.pace = pace }

    /// What to ask for at `known.now`.
    package func orders(_ known: Knowledge) -> Orders {
        let soon = known.now + pace.active * PollPlan.slack
        let pages = sweepDue(known) <= soon ? sweepPages(known) : 0
        let begins = pages > 0 && known.sweepNeedsHead
        let isTimersTurn = known.timer != nil && timersDue(known) <= soon
        let head = headDue(known) <= soon || begins || (isTimersTurn && known.timerNeedsHead)
        let hasTimer = known.timer.map { $0 <= soon } ?? false
        return Orders(
            head: head, visits: visits(known, by: soon), sweepPages: pages,
            timers: hasTimer && (head || isTimersTurn))
    }

    /// What is on the head is never visited: the head is due with the first of it.
    private func visits(_ known: Knowledge, by soon: Double) -> [String] {
        guard known.visitsNotBefore <= soon else { return [] }
        let due = known.inFlight.entries.compactMap { hash, resource -> (id: String, turns: Double)? in
            guard !known.onHead.contains(hash) else { return nil }
            let interval = interval(resource, known)
            guard (resource.askedAt ?? -.infinity) + interval <= soon else { return nil }
            return (resource.id, waited(resource, known) / interval)
        }
        // Whoever has missed the most turns comes first: likely changes have short ones, and each gets its own.
        return due.sorted { $0.turns == $1.turns ? $0.id < $1.id : $0.turns > $1.turns }.map(\.id)
    }

    /// When to look at the plan again.
    package func wake(_ known: Knowledge) -> Double {
        var next = min(headDue(known), sweepDue(known), timersDue(known))
        for (hash, resource) in known.inFlight.entries where !known.onHead.contains(hash) {
            let due = (resource.askedAt ?? known.now) + interval(resource, known)
            next = min(next, max(due, known.visitsNotBefore))
        }
        return max(next, known.now)
    }

    /// Alerts whose time has come are looked at with a poll, and polls are never tighter than `active`, nor than what
    /// leaves a part of a scarce budget to the rest: those who are below the head would never have their turn.
    private func timersDue(_ known: Knowledge) -> Double {
        guard let timer = known.timer else { return .infinity }
        let head = (known.headAskedAt ?? -.infinity) + max(pace.active, sustainable(known.budget))
        return max(timer, head, (known.timersLookedAt ?? -.infinity) + pace.active)
    }

    /// The head is due when something on it may have changed, and otherwise, for what is new, at ease.
    private func headDue(_ known: Knowledge) -> Double {
        guard let asked = known.headAskedAt else { return known.now }
        var interval = pace.idle
        known.inFlight.forEach(among: known.onHead) { interval = min(interval, self.interval($0, known)) }
        return asked + max(interval, sustainable(known.budget))
    }

    /// With a bucket that is half empty, heads leave a part of what comes back to the rest.
    private func sustainable(_ budget: BudgetLedger.View) -> Double {
        guard budget.level < PollPlan.easyLevel, budget.perSecond > 0 else { return 0 }
        return Double(budget.listings) / (budget.perSecond * PollPlan.headPart)
    }

    private func sweepDue(_ known: Knowledge) -> Double {
        let due: Double
        switch known.sweep {
        case .never: return .infinity
        case .urgent: due = known.now
        case .running(let asked):
            due = asked + (known.changesBelow ? pace.idle : max(pace.active, pace.sweep * PollPlan.sweepPart))
        case .none(let began): due = began + (known.changesBelow ? min(pace.idle, pace.sweep) : pace.sweep)
        }
        return max(due, known.sweepNotBefore)
    }

    private func sweepPages(_ known: Knowledge) -> Int {
        if case .urgent = known.sweep { return PollPlan.urgentPages }
        return 1
    }

    private func interval(_ resource: InFlight, _ known: Knowledge) -> Double {
        // The age at the last look: what was not plausible then may be by now.
        let waited = waited(resource, known)
        let age = resource.age(at: known.wall) - (waited.isFinite ? waited : 0)
        return known.learned.interval(
            group: resource.group, age: max(0, age), active: pace.active, idle: pace.idle)
    }

    private func waited(_ resource: InFlight, _ known: Knowledge) -> Double {
        resource.askedAt.map { max(0, known.now - $0) } ?? .infinity
    }
}
