import CEL
import Core
import TestSupport
import Testing

@Suite struct `The schedule of retries` {
    @Test func `is 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, and then it is over`() {
        let delays = (1...10).map { RetrySchedule.standard.delay(afterAttempt: $0, floor: nil, unit: 0) }
        let expected: [Duration?] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400].map { .seconds($0) }
        #expect(delays == expected + [nil])
    }

    @Test(arguments: 1...9)
    func `is never earlier than scheduled, and later by a tenth at most`(attempt: Int) throws {
        let scheduled = RetrySchedule.standard.delays[attempt - 1]
        var chance = SeededRandom(seed: UInt64(attempt))
        for _ in 0..<100 {
            let unit = Double.random(in: 0..<1, using: &chance)
            let delay = try #require(RetrySchedule.standard.delay(afterAttempt: attempt, floor: nil, unit: unit))
            #expect(delay >= scheduled && delay <= scheduled * 1.1)
        }
    }

    @Test func `is never sooner than the sink asked, and never shortened by what it asked`() {
        let schedule = RetrySchedule(delays: [.seconds(10)])
        #expect(schedule.delay(afterAttempt: 1, floor: .seconds(60), unit: 0) == .seconds(60))
        #expect(schedule.delay(afterAttempt: 1, floor: .seconds(1), unit: 0) == .seconds(10))
    }

    @Test(arguments: [0, -1, 2]) func `has nothing for attempts that it does not know`(attempt: Int) {
        #expect(RetrySchedule(delays: [.seconds(1)]).delay(afterAttempt: attempt, floor: nil, unit: 0) == nil)
    }
}

@Suite struct `A delivery` {
    private let schedule = RetrySchedule(delays: [.seconds(5), .seconds(300)])

    private func record() -> DeliveryRecord {
        let alert = Sample.alert("img_1")
        let notification = NotificationID(alert: alert.id, sequence: 1)
        return DeliveryRecord(
            id: DeliveryID(notification: notification, sink: "team"), notification: notification, sink: "team",
            orderKey: alert.id.rawValue, sequence: 1, createdAt: Sample.at(0))
    }

    private func after(_ outcomes: AttemptOutcome...) -> DeliveryRecord {
        var record = record()
        for outcome in outcomes {
            record.attemptEnded(AttemptResult(outcome), schedule: schedule, at: Sample.at(100), unit: 0)
        }
        return record
    }

    @Test func `begins pending and may go at once`() {
        #expect(record().phase == .pending)
        #expect(record().nextAttemptAt == Sample.at(0))
        #expect(record().attempts == 0)
    }

    @Test func `that arrived is delivered`() {
        let record = after(.delivered)
        #expect(record.phase == .delivered)
        #expect(record.endedAt == Sample.at(100))
        #expect(record.lastReason == nil)
    }

    @Test func `that is refused is dead at once`() {
        let record = after(.refused(reason: "410 Gone"))
        #expect(record.phase == .dead)
        #expect(record.lastReason == "410 Gone")
    }

    @Test(arguments: [
        AttemptOutcome.failed(reason: "503", after: nil), .unknown(reason: "no answer"),
        .throttled(after: .seconds(1), reason: "429"), .failed(reason: "503", after: .seconds(4)),
    ])
    func `that did not arrive is tried again by the schedule`(outcome: AttemptOutcome) {
        let record = after(outcome)
        #expect(record.phase == .pending)
        #expect(record.nextAttemptAt == Sample.at(105))
        #expect(record.endedAt == nil)
        #expect(record.lastOutcome == outcome.name)
    }

    @Test(arguments: [
        AttemptOutcome.throttled(after: .seconds(60), reason: "429"), .failed(reason: "503", after: .seconds(60)),
    ])
    func `waits as long as the sink asks`(outcome: AttemptOutcome) {
        #expect(after(outcome).nextAttemptAt == Sample.at(160))
    }

    @Test func `is dead when its schedule is used up`() {
        let failed = AttemptOutcome.failed(reason: "503", after: nil)
        #expect(after(failed, failed).nextAttemptAt == Sample.at(400))
        let dead = after(failed, failed, failed)
        #expect(dead.phase == .dead)
        #expect(dead.attempts == 3)
    }

    @Test func `outlives any Retry-After`() {
        var record = record()
        let result = AttemptResult(.throttled(after: .seconds(Int64.max), reason: "429"))
        record.attemptEnded(result, schedule: schedule, at: Sample.at(100), unit: 0.99)
        #expect(record.phase == .pending)
        #expect(record.nextAttemptAt > Sample.at(1_000_000))
    }

    @Test(arguments: [(AttemptOutcome.unknown(reason: "no answer"), true), (.failed(reason: "503", after: nil), false)])
    func `remembers that it may have arrived, whatever comes after`(outcome: AttemptOutcome, expected: Bool) {
        #expect(after(outcome, .refused(reason: "410")).mayHaveArrived == expected)
        #expect(after(outcome, .delivered).mayHaveArrived)
    }

    @Test func `that is replayed keeps its id, and has its whole schedule before it`() {
        let failed = AttemptOutcome.failed(reason: "503", after: nil)
        var record = after(failed, failed, failed)
        let id = record.id
        record.replay(at: Sample.at(900))
        #expect(record.id == id)
        #expect(record.phase == .pending)
        #expect(record.attempts == 0)
        #expect(record.nextAttemptAt == Sample.at(900))
        #expect(record.endedAt == nil)
    }

    @Test func `keeps what its sink wants to know later; newer values win`() {
        var record = record()
        for kept in [["message": "1", "thread": "a"], ["message": "2"]] {
            let result = AttemptResult(.failed(reason: "503", after: nil), kept: kept)
            record.attemptEnded(result, schedule: schedule, at: Sample.at(0), unit: 0)
        }
        #expect(record.kept == ["message": "2", "thread": "a"])
    }
}

@Suite struct `A token bucket` {
    private func bucket(share: Double = 0.5) -> TokenBucket {
        TokenBucket(burst: 20, perMinute: 60, share: share, at: 0)
    }

    @Test func `gives its share of the burst at once and then one after the other`() {
        var bucket = bucket()
        for _ in 0..<10 { #expect(bucket.take(at: 0) == .zero) }
        #expect(bucket.take(at: 0) == .seconds(2))
        #expect(bucket.take(at: 1) == .seconds(1))
        #expect(bucket.take(at: 2) == .zero)
        #expect(bucket.take(at: 2) == .seconds(2))
    }

    @Test func `never holds more than its share`() {
        var bucket = bucket()
        #expect(bucket.level(at: 1_000_000) == 1)
        for _ in 0..<10 { #expect(bucket.take(at: 1_000_000) == .zero) }
        #expect(bucket.take(at: 1_000_000) > .zero)
    }

    @Test func `is not filled by a clock that goes back`() {
        var bucket = bucket()
        for _ in 0..<10 { _ = bucket.take(at: 100) }
        #expect(bucket.take(at: 50) == .seconds(2))
    }

    @Test func `holds back while others have drunk the team's bucket nearly empty`() {
        var bucket = bucket()
        bucket.observed(limit: 20, remaining: 3, at: 0)
        #expect(bucket.take(at: 0) > .zero)
    }

    @Test func `takes the team's real limit for its measure`() {
        var bucket = bucket()
        bucket.observed(limit: 10, remaining: 10, at: 0)
        #expect(bucket.capacity == 5)
        #expect(bucket.perSecond == 0.25)
    }

    @Test func `is as full of a larger limit as it was of the smaller one`() {
        var bucket = bucket()
        for _ in 0..<4 { #expect(bucket.take(at: 0) == .zero) }
        bucket.observed(limit: 2000, remaining: 2000, at: 0)
        #expect(bucket.level(at: 0) == 996.0 / 1000)
        #expect(bucket.take(at: 0, leaving: 0.9) == .zero)
    }

    @Test func `gets nothing from a limit that is smaller for a while but what the API says remains`() {
        var bucket = bucket()
        for _ in 0..<10 { #expect(bucket.take(at: 0) == .zero) }
        for _ in 0..<3 {
            bucket.observed(limit: 4, remaining: 4, at: 0)
            bucket.observed(limit: 20, remaining: 10, at: 0)
        }
        #expect(bucket.take(at: 0) > .zero)
    }

    @Test(arguments: [0.001, 0.03, 0.5, 1]) func `keeps its pace however often it is told the same`(share: Double) {
        var bucket = bucket(share: share)
        let pace = bucket.perSecond
        for second in 0..<2000 { bucket.observed(limit: 20, remaining: 20, at: Double(second)) }
        #expect(abs(bucket.perSecond - pace) < 1e-9)
    }

    @Test(arguments: [0, 1, -5, 1e300, Double(Int.max)]) func `survives whatever limit it is told`(limit: Double) {
        var bucket = bucket()
        for _ in 0..<3 {
            bucket.observed(limit: limit, remaining: 0, at: 1)
            bucket.observed(limit: 20, remaining: limit, at: 2)
        }
        _ = bucket.take(at: 3)
        #expect(bucket.take(at: 1e12) == .zero)
    }
}
