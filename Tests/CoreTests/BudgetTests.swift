import Core
import TestSupport
import Testing

@Suite struct `A team's budget` {
    private func ledger(
        _ sources: [(name: String, team: String?, share: Double)], address: String = "https://api"
    ) -> BudgetLedger {
        var ledger = BudgetLedger()
        for source in sources {
            ledger.enrol(
                source: source.name, address: address, team: source.team, share: source.share,
                kinds: [.generation, .character])
        }
        return ledger
    }

    /// How many requests the ledger gives at once.
    private func drain(
        _ ledger: inout BudgetLedger, _ source: String, _ endpoint: EndpointClass = .general,
        _ purpose: RequestPurpose = .head, at now: Double = 0
    ) -> Int {
        var count = 0
        while count < 2000, ledger.take(source: source, endpoint: endpoint, purpose: purpose, at: now) == .zero {
            count += 1
        }
        return count
    }

    @Test func `is a share of the bucket, by class`() {
        var ledger = ledger([("a", nil, 0.5)])
        #expect(drain(&ledger, "a") == 600)
        #expect(drain(&ledger, "a", .characters) == 120)
        #expect(drain(&ledger, "a", at: 10) == 50)
    }

    @Test func `leaves something for the head whatever sweeps and visits take`() {
        var ledger = ledger([("a", nil, 0.5)])
        #expect(drain(&ledger, "a", .general, .sweep) == 420)
        #expect(drain(&ledger, "a", .general, .id) == 120)
        #expect(drain(&ledger, "a", .general, .head) == 60)
    }

    @Test func `lets even the smallest bucket sweep when it is full`() {
        var ledger = ledger([("a", nil, 0.0005)])
        #expect(drain(&ledger, "a", .general, .sweep) == 1)
        #expect(drain(&ledger, "a", .general, .sweep, at: 1000) == 1)
    }

    @Test func `is shared by sources with one key, one team's name, or one resource`() {
        var ledger = ledger([("a", nil, 0.5), ("b", nil, 0.5), ("c", "x", 0.5), ("d", "x", 0.5), ("e", nil, 0.5)])
        ledger.uses(Secret("one"), source: "a", at: 0)
        ledger.uses(Secret("one"), source: "b", at: 0)
        #expect(ledger.areOneTeam("a", "b"))
        #expect(ledger.areOneTeam("c", "d"))
        #expect(!ledger.areOneTeam("a", "c"))
        #expect(ledger.saw(7, kind: .generation, source: "a", at: 0) == nil)
        #expect(ledger.saw(8, kind: .generation, source: "e", at: 0) == nil)
        #expect(!ledger.areOneTeam("a", "e"))
        #expect(ledger.saw(7, kind: .generation, source: "e", at: 0) == "a")
        #expect(ledger.saw(7, kind: .generation, source: "e", at: 0) == nil)
        #expect(ledger.areOneTeam("b", "e"))
        #expect(drain(&ledger, "a") == 600)
        #expect(drain(&ledger, "b") + drain(&ledger, "e") == 0)
    }

    @Test func `is not shared for an id of another address`() {
        var ledger = ledger([("a", nil, 0.5)])
        ledger.enrol(source: "b", address: "https://other", team: nil, share: 0.5, kinds: [.generation])
        _ = ledger.saw(7, kind: .generation, source: "a", at: 0)
        #expect(ledger.saw(7, kind: .generation, source: "b", at: 0) == nil)
        #expect(!ledger.areOneTeam("a", "b"))
    }

    @Test func `forgets nothing that was spent when two turn out to be one, and the smaller share counts`() {
        var ledger = ledger([("a", nil, 0.5), ("b", nil, 0.2)])
        for _ in 0..<100 { _ = ledger.take(source: "a", endpoint: .general, purpose: .head, at: 0) }
        for _ in 0..<50 { _ = ledger.take(source: "b", endpoint: .general, purpose: .head, at: 0) }
        ledger.uses(Secret("one"), source: "a", at: 0)
        ledger.uses(Secret("one"), source: "b", at: 0)
        #expect(drain(&ledger, "a") == 240 - 150)
    }

    @Test func `of a rotated key is the same`() {
        var ledger = ledger([("a", nil, 0.5)])
        ledger.uses(Secret("old"), source: "a", at: 0)
        _ = drain(&ledger, "a")
        ledger.uses(Secret("new"), source: "a", at: 0)
        #expect(drain(&ledger, "a") == 0)
    }

    @Test func `is held back whole by one refusal, to the second`() {
        var ledger = ledger([("a", "x", 0.5), ("b", "x", 0.5)])
        ledger.hold(source: "a", endpoint: .general, until: 30, at: 0)
        #expect(ledger.take(source: "b", endpoint: .general, purpose: .hint, at: 29) == .seconds(1))
        #expect(ledger.take(source: "b", endpoint: .characters, purpose: .head, at: 29) == .zero)
        let held = [(EndpointClass.general, 29.0), (.characters, 29), (.general, 30)].map {
            ledger.isHeld(source: "b", endpoint: $0.0, at: $0.1)
        }
        #expect(held == [true, false, false])
        #expect(ledger.take(source: "b", endpoint: .general, purpose: .head, at: 30) == .zero)
    }

    @Test func `gives way where others have drunk the bucket nearly empty`() {
        var ledger = ledger([("a", nil, 0.5)])
        ledger.observed(limit: 1200, remaining: 300, source: "a", endpoint: .general, at: 0)
        #expect(drain(&ledger, "a") == 0)
        var whole = self.ledger([("a", nil, 1)])
        whole.observed(limit: 1200, remaining: 5, source: "a", endpoint: .general, at: 0)
        #expect(drain(&whole, "a") == 5)
    }

    @Test func `follows a limit that is not the documented one`() {
        var ledger = ledger([("a", nil, 0.5)])
        ledger.observed(limit: 120, remaining: 120, source: "a", endpoint: .general, at: 0)
        #expect(drain(&ledger, "a") == 60)
        #expect(drain(&ledger, "a", at: 10) == 5)
    }

    @Test func `is not filled by a restart`() throws {
        var before = ledger([("a", nil, 0.5)])
        #expect(drain(&before, "a") == 600)
        let kept = before.dueRecord(source: "a", endpoint: .general, at: 0, wall: Sample.noon)
        let record = try #require(kept)
        let read = try #require(BucketRecord(document: record.document))
        #expect(read == record)
        var after = ledger([("a", nil, 0.5)])
        after.restore(read, source: "a", endpoint: .general, at: 500, wall: Sample.at(10))
        #expect(drain(&after, "a", at: 500) <= 50)
        // A clock that went back gives nothing away either.
        var early = ledger([("a", nil, 0.5)])
        early.restore(read, source: "a", endpoint: .general, at: 500, wall: Sample.at(-3600))
        #expect(drain(&early, "a", at: 500) == 0)
        #expect(BucketRecord(document: #"{"spent":-1,"at":"2026-05-04T12:00:00Z"}"#) == nil)
        #expect(BucketRecord(document: "[") == nil)
    }

    @Test func `stays held over a restart as long as the API asked`() throws {
        var before = ledger([("a", nil, 0.5)])
        before.hold(source: "a", endpoint: .general, until: 130, at: 100)
        let kept = before.record(source: "a", endpoint: .general, at: 100, wall: Sample.noon)
        let record = try #require(kept)
        var after = ledger([("a", nil, 0.5)])
        after.restore(
            try #require(BucketRecord(document: record.document)), source: "a", endpoint: .general, at: 7,
            wall: Sample.at(12))
        #expect(after.take(source: "a", endpoint: .general, purpose: .head, at: 7) == .seconds(18))
        #expect(after.take(source: "a", endpoint: .general, purpose: .head, at: 25) == .zero)
    }

    @Test func `needs no record while it is nearly full, and few where much is asked`() {
        var ledger = ledger([("a", nil, 0.5)])
        var records = 0
        func ask(at now: Double) {
            _ = ledger.take(source: "a", endpoint: .general, purpose: .head, at: now)
            if ledger.dueRecord(source: "a", endpoint: .general, at: now, wall: Sample.noon) != nil { records += 1 }
        }
        for number in 0..<5000 { ask(at: Double(number) * 2) }
        #expect(records == 1)
        for _ in 0..<600 { ask(at: 10_000) }
        #expect(records < 60)
    }

    /// In any window, whatever was lost: what is given before a crash is in the record, or in what the next start sets
    /// aside.
    @Test(arguments: 1...20) func `is kept through a loop of crashes`(seed: UInt64) {
        var chance = SeededRandom(seed: seed)
        var document: String?
        var given: [Double] = []
        var now = 0.0
        for _ in 0..<120 {
            var ledger = ledger([("a", nil, 0.5)])
            let wall = { Sample.noon.advanced(by: .seconds(now)) }
            if let record = document.flatMap(BucketRecord.init(document:)) {
                ledger.restore(record, source: "a", endpoint: .general, at: now, wall: wall())
            }
            for _ in 0..<Int.random(in: 0...80, using: &chance) {
                guard ledger.take(source: "a", endpoint: .general, purpose: .head, at: now) == .zero else { break }
                if let record = ledger.dueRecord(source: "a", endpoint: .general, at: now, wall: wall()) {
                    document = record.document
                }
                given.append(now)
            }
            now += Double.random(in: 0...6, using: &chance)
        }
        var most = 0.0
        for first in stride(from: 0, to: given.count, by: 3) {
            for last in stride(from: first, to: given.count, by: 7) {
                most = max(most, Double(last - first + 1) - 5 * (given[last] - given[first]))
            }
        }
        // A dozen: what a process may take of a nearly full bucket without a word.
        #expect(most <= 600 + 12 + 1e-6)
    }

    @Test func `is not emptied by crashes themselves: each costs about what was used`() {
        var document: String?
        for life in 0..<600 {
            var ledger = ledger([("a", nil, 1)])
            let (now, wall) = (Double(life), Sample.noon.advanced(by: .seconds(life)))
            if let record = document.flatMap(BucketRecord.init(document:)) {
                ledger.restore(record, source: "a", endpoint: .general, at: now, wall: wall)
            }
            for _ in 0..<4 {
                #expect(ledger.take(source: "a", endpoint: .general, purpose: .head, at: now) == .zero)
                document =
                    ledger.dueRecord(source: "a", endpoint: .general, at: now, wall: wall)?.document ?? document
            }
        }
    }

    @Test(arguments: 1...40) func `is kept in any window`(seed: UInt64) {
        var chance = SeededRandom(seed: seed)
        let share = chance.pick([0.05, 0.3, 0.5, 1])
        var ledger = ledger([("a", "x", share), ("b", "x", share)])
        var now = 0.0
        var given: [Double] = []
        for _ in 0..<3000 {
            now += Double.random(in: 0...(chance.oneIn(50) ? 200 : 0.2), using: &chance)
            let source = chance.pick(["a", "b"])
            let wait = ledger.take(
                source: source, endpoint: .general, purpose: chance.pick(RequestPurpose.allCases), at: now)
            if wait == .zero { given.append(now) } else if chance.oneIn(3) { now += wait / .seconds(1) }
        }
        let (burst, rate) = (max(1, 1200 * share), 10 * share)
        for first in stride(from: 0, to: given.count, by: 17) {
            for last in stride(from: first, to: given.count, by: 13) {
                #expect(Double(last - first + 1) <= burst + rate * (given[last] - given[first]) + 1e-6)
            }
        }
    }
}

@Suite struct `Durations that were seen` {
    @Test func `say nothing before there are enough of them`() {
        var sketch = DurationSketch()
        for _ in 0..<(DurationSketch.enough - 1) { sketch.note(20) }
        #expect(sketch.outlook(at: 1) == .now)
        sketch.note(20)
        #expect(sketch.outlook(at: 1) != .now)
        #expect(sketch.outlook(at: 20) == .now)
        #expect(sketch.outlook(at: 60) == .overdue)
    }

    @Test func `fade when things change`() {
        var sketch = DurationSketch()
        for _ in 0..<400 { sketch.note(200) }
        for _ in 0..<4000 { sketch.note(10) }
        #expect(sketch.outlook(at: 60) == .overdue)
        #expect(sketch.outlook(at: 10) == .now)
    }

    @Test func `are kept by group, survive being stored, and take bounded room`() {
        var learned = LearnedDurations()
        for number in 0..<5000 { learned.note(Double(number % 40), group: "group \(number % 500)") }
        #expect(learned.isDirty)
        let document = learned.document()
        #expect(!learned.isDirty)
        #expect(document.utf8.count < 200_000)
        let read = LearnedDurations(document: document)
        for age in [0.0, 5, 39, 200] {
            for group in ["group 3", "group 400", "never seen"] {
                #expect(
                    read.interval(group: group, age: age, active: 2, idle: 15)
                        == learned.interval(group: group, age: age, active: 2, idle: 15))
            }
        }
        #expect(LearnedDurations(document: "[damaged") == LearnedDurations())
    }
}

@Suite struct `The tally of an hour` {
    @Test func `forgets what is older`() {
        var tally = RequestTally()
        for minute in 0..<90 { tally.note(requests: 2, changes: 1, at: Double(minute * 60)) }
        #expect(tally.sums(at: 89 * 60) == (120, 60))
        #expect(tally.sums(at: 120 * 60) == (58, 29))
        #expect(tally.sums(at: 1000 * 60) == (0, 0))
    }
}

@Suite struct `First polls of many sources` {
    @Test func `are spread, and that of a single one is not put off`() {
        #expect(PollSpread.first(sources: 1, active: .seconds(2), chance: 0.9) == .zero)
        #expect(PollSpread.first(sources: 1000, active: .seconds(2), chance: 0.5) == .seconds(1))
        #expect(PollSpread.first(sources: 3, active: .seconds(2), chance: 1) == .milliseconds(10))
        #expect(PollSpread.wait(.seconds(2), chance: 0) == .seconds(2))
        #expect(PollSpread.wait(.seconds(2), chance: 1) == .milliseconds(2100))
    }
}
