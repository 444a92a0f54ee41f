import AurousAPI
import Testing

@Suite struct `The back-off of a source` {
    @Test func `doubles from one second to thirty while it passes by itself`() {
        var backoff = PollBackoff()
        let waits = (1...8).map { _ in backoff.failed(.transient, chance: 0) }
        #expect(waits == [1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) })
    }

    @Test func `begins at ten seconds for the key and never passes five minutes`() {
        var backoff = PollBackoff()
        let waits = (1...6).map { _ in backoff.failed(.authentication, chance: 0) }
        #expect(waits == [10, 20, 40, 80, 160, 300].map { .seconds($0) })
    }

    @Test func `is made longer by chance, by a quarter at most, and never shorter`() {
        #expect(PollBackoff.delay(.transient, failures: 3, chance: 0.5) == .milliseconds(4500))
        #expect(PollBackoff.delay(.transient, failures: 99, chance: 1) == .milliseconds(37_500))
        for chance in [-1, .nan, -Double.infinity] {
            #expect(PollBackoff.delay(.transient, failures: 1, chance: chance) == .seconds(1))
        }
        #expect(PollBackoff.delay(.transient, failures: 1, chance: 7) == .milliseconds(1250))
        #expect(PollBackoff.delay(.transient, failures: .min, chance: 0) == .seconds(1))
        #expect(PollBackoff.delay(.transient, failures: .max, chance: 0) == .seconds(30))
    }

    @Test func `begins anew after a success, and where the cause is another`() {
        var backoff = PollBackoff()
        _ = backoff.failed(.transient, chance: 0)
        _ = backoff.failed(.transient, chance: 0)
        #expect(backoff.failed(.authentication, chance: 0) == .seconds(10))
        #expect(backoff.failed(.transient, chance: 0) == .seconds(1))
        #expect(backoff.failed(.transient, chance: 0) == .seconds(2))
        backoff.succeeded()
        #expect(backoff.failures == 0)
        #expect(backoff.failed(.transient, chance: 0) == .seconds(1))
    }

    @Test func `is at least what the API asks for`() {
        var backoff = PollBackoff()
        #expect(backoff.failed(.transient, chance: 0, floor: .seconds(17)) == .seconds(17))
        #expect(backoff.failed(.transient, chance: 0, floor: .milliseconds(1)) == .seconds(2))
    }

    @Test func `follows from the error`() {
        #expect(AurousError(.unauthorised).backoffCause == .authentication)
        #expect(AurousError(.forbidden).backoffCause == .authentication)
        #expect(AurousError(.unavailable).backoffCause == .transient)
        #expect(AurousError(.notFound).backoffCause == nil)
        #expect(AurousError(.cancelled).backoffCause == nil)
    }
}
