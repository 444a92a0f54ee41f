import Engine
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `A mailbox` {
    @Test func `gives what was posted, in order and at once`() async {
        let mailbox = Mailbox<Int>()
        for number in 1...3 { mailbox.post(number) }
        #expect(await mailbox.take() == [1, 2, 3])
    }

    @Test func `waits for the first post`() async {
        let mailbox = Mailbox<Int>()
        async let taken = mailbox.take()
        mailbox.post(7)
        #expect(await taken == [7])
    }

    @Test func `loses nothing of many posters`() async {
        let mailbox = Mailbox<Int>()
        await withTaskGroup(of: Void.self) { group in
            for poster in 0..<20 {
                group.addTask { for number in 0..<50 { mailbox.post(poster * 50 + number) } }
            }
            var taken: Set<Int> = []
            while taken.count < 1000 { taken.formUnion(await mailbox.take()) }
            #expect(taken == Set(0..<1000))
        }
    }

    @Test func `lets a cancelled task go with empty hands`() async {
        let mailbox = Mailbox<Int>()
        let waiting = Task { await mailbox.take() }
        waiting.cancel()
        #expect(await waiting.value == [])
        mailbox.post(1)
        #expect(await mailbox.take() == [1])
    }

    @Test func `waits no longer than its limit`() async throws {
        let (mailbox, clock) = (Mailbox<Int>(), TestClock())
        let waiting = Task { await mailbox.take(within: .seconds(5), clock: clock) }
        try await eventually("asleep") { clock.sleepers == 1 }
        clock.advance(by: .seconds(5))
        #expect(await waiting.value == [])
    }

    @Test func `does not wait for its limit when something is posted`() async throws {
        let (mailbox, clock) = (Mailbox<Int>(), TestClock())
        let waiting = Task { await mailbox.take(within: .seconds(5), clock: clock) }
        try await eventually("asleep") { clock.sleepers == 1 }
        mailbox.post(1)
        #expect(await waiting.value == [1])
        #expect(clock.sleepers == 0)
    }

    @Test func `loses nothing that comes just as its limit is over`() async {
        for _ in 0..<200 {
            let (mailbox, clock) = (Mailbox<Int>(), TestClock())
            let waiting = Task { await mailbox.take(within: .seconds(1), clock: clock) }
            async let advanced: Void = clock.advance(by: .seconds(1))
            mailbox.post(1)
            await advanced
            var taken = await waiting.value
            if taken.isEmpty { taken = await mailbox.take() }
            #expect(taken == [1])
        }
    }
}
