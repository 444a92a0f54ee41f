import Core
import TestSupport
import Testing

@Suite struct `A poll plan` {
    private let plan = PollPlan(pace: .init(active: .seconds(2), idle: .seconds(15), sweep: .seconds(900)))

    /// What is known 100 s after the start of the steady clock, at noon.
    private func known(
        headAskedAt: Double? = 100, onHead: Set<UInt64> = [], inFlight: [InFlight] = [],
        learned: LearnedDurations = LearnedDurations(), sweep: PollPlan.Sweep = .none(lastBegan: 100), now: Double = 100
    ) -> PollPlan.Knowledge {
        var table = InFlightTable()
        for (index, resource) in inFlight.enumerated() {
            var snapshot = Sample.snapshot(resource.id)
            snapshot.createdAt = resource.since
            var nothing = LearnedDurations()
            table.note(snapshot, idHash: UInt64(index), at: resource.askedAt, learning: &nothing)
        }
        return PollPlan.Knowledge(
            now: now, wall: Sample.noon.advanced(by: .seconds(now - 100)), headAskedAt: headAskedAt, onHead: onHead,
            inFlight: table, learned: learned, sweep: sweep)
    }

    /// Something that has been in flight for so long, last seen just now.
    private func resource(_ id: String, aged seconds: Int, askedAt: Double? = 100) -> InFlight {
        InFlight(id: id, group: "/", since: Sample.at(-seconds), createdAt: Sample.at(-seconds), askedAt: askedAt)
    }

    /// Durations of so many seconds, often enough to be believed.
    private func learned(_ seconds: ClosedRange<Int>) -> LearnedDurations {
        var learned = LearnedDurations()
        for index in 0..<100 { learned.note(Double(seconds.lowerBound + index % seconds.count), group: "/") }
        return learned
    }

    @Test func `asks for the head at once when nothing is known`() {
        #expect(plan.orders(known(headAskedAt: nil)).head)
        #expect(plan.wake(known(headAskedAt: nil)) == 100)
    }

    @Test func `is at ease while nothing is in flight`() {
        #expect(plan.wake(known()) == 115)
        #expect(plan.orders(known(now: 114)) == .init(head: false))
        #expect(plan.orders(known(now: 115)).head)
    }

    @Test func `asks for the head alone while all that is in flight is on it`() {
        let many = (0..<60).map { resource("img_\($0)", aged: 5) }
        let knowledge = known(onHead: Set(0..<60), inFlight: many, now: 102)
        #expect(plan.wake(known(onHead: Set(0..<60), inFlight: many)) == 102)
        #expect(plan.orders(knowledge) == .init(head: true))
    }

    @Test func `visits what has left the head, and leaves the head at ease`() {
        let knowledge = known(inFlight: [resource("img_0", aged: 5)], now: 102)
        #expect(plan.orders(knowledge) == .init(head: false, visits: ["img_0"]))
    }

    @Test func `is never tighter than active`() {
        for age in [0, 1, 10, 100, 1000, 100_000] {
            let knowledge = known(onHead: [0], inFlight: [resource("img_0", aged: age), resource("img_1", aged: age)])
            #expect(plan.wake(knowledge) >= 102)
        }
    }

    /// Ages at the last look, and how long the next one waits when others took from 150 to 200 s.
    @Test(arguments: [
        (0, 15.0...15.0), (60, 15...15), (110, 2...9), (130, 2...2), (180, 2...2), (200, 2...2), (400, 15...15),
    ])
    func `looks closely only at ages at which others ended`(age: Int, wait: ClosedRange<Double>) {
        let knowledge = known(onHead: [0], inFlight: [resource("img_0", aged: age)], learned: learned(150...200))
        #expect(wait.contains(plan.wake(knowledge) - 100))
    }

    @Test func `looks closely where an early failure is as likely as a late success`() {
        var learned = learned(150...200)
        for _ in 0..<20 { learned.note(4, group: "/") }
        let early = known(onHead: [0], inFlight: [resource("img_0", aged: 4)], learned: learned)
        let between = known(onHead: [0], inFlight: [resource("img_0", aged: 30)], learned: learned)
        #expect(plan.wake(early) == 102)
        #expect(plan.wake(between) == 115)
    }

    @Test func `gives what never ends its turn ever more seldom, but not more seldom than idle`() {
        let stuck = known(onHead: [0], inFlight: [resource("img_0", aged: 86_400)])
        #expect(plan.wake(stuck) == 115)
        let young = known(onHead: [0], inFlight: [resource("img_0", aged: 60)])
        #expect(plan.wake(young) == 102)
    }

    @Test func `visits first what has missed most turns`() {
        let knowledge = known(
            inFlight: [resource("img_a", aged: 5, askedAt: 95), resource("img_b", aged: 5, askedAt: 80)], now: 102)
        #expect(plan.orders(knowledge).visits == ["img_b", "img_a"])
    }

    @Test func `begins a sweep where the head ends, and goes on with it a page at a time`() {
        #expect(plan.orders(known(sweep: .none(lastBegan: -800))) == .init(head: true, sweepPages: 1))
        var running = known(sweep: .running(lastAsked: 77))
        running.sweepNeedsHead = false
        #expect(plan.orders(running) == .init(head: false, sweepPages: 1))
        var early = known(sweep: .running(lastAsked: 90))
        early.sweepNeedsHead = false
        #expect(plan.orders(early).sweepPages == 0)
    }

    @Test func `leaves visits and sweeps until the bucket has something for them`() {
        var knowledge = known(inFlight: [resource("img_0", aged: 5, askedAt: 90)], sweep: .urgent, now: 102)
        knowledge.headAskedAt = 101
        knowledge.sweepNeedsHead = false
        (knowledge.visitsNotBefore, knowledge.sweepNotBefore) = (104, 108)
        #expect(plan.orders(knowledge) == .init(head: false))
        #expect(plan.wake(knowledge) == 104)
    }

    @Test func `slows its heads when the bucket comes back too slowly for them`() {
        var knowledge = known(onHead: [0], inFlight: [resource("img_0", aged: 5)])
        knowledge.budget = .init(level: 0.2, perSecond: 0.1, listings: 1)
        #expect(plan.wake(knowledge) > 116)
        knowledge.budget.level = 0.9
        #expect(plan.wake(knowledge) == 102)
    }

    @Test func `looks at alerts in time, but not one poll for each`() {
        var knowledge = known()
        knowledge.timer = 107
        #expect(plan.wake(knowledge) == 107)
        knowledge.timer = 100.001
        #expect(plan.wake(knowledge) == 102)
        knowledge.headAskedAt = 90
        knowledge.timersLookedAt = 99.5
        #expect(plan.wake(knowledge) == 101.5)
    }

    @Test func `leaves a part of a scarce budget to the rest, also when an alert is due`() {
        var knowledge = known(now: 104)
        knowledge.timer = 101
        #expect(plan.orders(knowledge).timers)
        // One request in ten seconds, of which heads may have six tenths.
        knowledge.budget = BudgetLedger.View(level: 0.2, perSecond: 0.1, listings: 1)
        #expect(plan.orders(knowledge) == .init(head: false))
        #expect(abs(plan.wake(knowledge) - (100 + 1 / 0.06)) < 1e-9)
    }

    @Test func `asks for nothing where an alert that is due is about something settled`() {
        var knowledge = known(headAskedAt: 95)
        knowledge.timer = 99
        knowledge.timerNeedsHead = false
        #expect(plan.orders(knowledge) == .init(head: false, timers: true))
        knowledge.timerNeedsHead = true
        #expect(plan.orders(knowledge) == .init(head: true, timers: true))
    }

    @Test(arguments: 1...300) func `always makes progress and keeps its bounds, whatever is known`(seed: UInt64) {
        var chance = SeededRandom(seed: seed)
        let resources = (0..<Int.random(in: 0...8, using: &chance)).map { index in
            resource(
                "img_\(index)", aged: Int.random(in: 0...100_000, using: &chance),
                askedAt: chance.oneIn(5) ? nil : Double.random(in: 0...100, using: &chance))
        }
        var knowledge = known(
            headAskedAt: chance.oneIn(5) ? nil : Double.random(in: 0...100, using: &chance),
            onHead: Set((0..<4).filter { _ in chance.oneIn(2) }), inFlight: resources,
            learned: chance.oneIn(2) ? learned(10...30) : LearnedDurations())
        if chance.oneIn(2) { knowledge.timer = Double.random(in: 0...200, using: &chance) }
        knowledge.timersLookedAt = 100
        let wake = plan.wake(knowledge)
        #expect(wake >= knowledge.now)
        #expect(wake <= knowledge.now + 15)
        // At the time of waking there is something to do, so that no loop turns in place.
        knowledge.now = wake
        knowledge.wall = Sample.noon.advanced(by: .seconds(wake - 100))
        let orders = plan.orders(knowledge)
        #expect(orders.head || !orders.visits.isEmpty || orders.sweepPages > 0 || orders.timers, "seed \(seed)")
    }
}

@Suite struct `Visits below the head` {
    private let order = (0..<1000).map { "img_\($0)" }

    @Test func `to forty rows on two pages take two requests`() {
        let wanted = (0..<40).map { "img_\(150 + $0 * 5)" }
        let requests = VisitPlan.requests(for: wanted, order: order, pageSize: 100)
        #expect(requests == [.page(after: "img_149"), .page(after: "img_249")])
    }

    @Test func `to rows that lie far apart go by id`() {
        let requests = VisitPlan.requests(for: ["img_900", "img_300"], order: order, pageSize: 100)
        #expect(requests == [.id("img_900"), .id("img_300")])
    }

    @Test func `mix pages and ids, the most urgent first`() {
        let requests = VisitPlan.requests(
            for: ["img_700", "img_210", "img_205"], order: order, pageSize: 100)
        #expect(requests == [.id("img_700"), .page(after: "img_204")])
    }

    @Test func `to what nobody knows the place of go by id`() {
        #expect(
            VisitPlan.requests(for: ["vid_x", "img_0"], order: order, pageSize: 100) == [.id("vid_x"), .id("img_0")])
        #expect(VisitPlan.requests(for: ["a", "b"], order: [], pageSize: 100) == [.id("a"), .id("b")])
    }

    @Test(arguments: 1...200) func `show everything, with no more requests than ids or pages alone`(seed: UInt64) {
        var chance = SeededRandom(seed: seed)
        let wanted = (0..<Int.random(in: 1...60, using: &chance)).map { _ in
            "img_\(Int.random(in: 1...999, using: &chance))"
        }
        let requests = VisitPlan.requests(for: wanted, order: order, pageSize: 100)
        var shown: Set<String> = []
        for request in requests {
            switch request {
            case .id(let id): shown.insert(id)
            case .page(let anchor):
                let place = Int(anchor.dropFirst(4)) ?? 0
                shown.formUnion(order[(place + 1)..<min(place + 101, 1000)])
            }
        }
        #expect(shown.isSuperset(of: wanted))
        #expect(requests.count <= Set(wanted).count)
        #expect(requests.count <= 10)
    }
}
