import Glibc
import Synchronization

/// What many stories came to.
final class Tally: Sendable {
    private struct State {
        var stories = 0
        var failed = 0
        var deaths = 0
        var ends = 0
        var notifications = 0
        var attempts = 0
        var requests = 0
        var steps = 0
        var minutes = 0.0
        /// All stories' hashes together, in whatever order they ended.
        var hash: UInt64 = 0
    }

    private let state = Mutex(State())
    private let most: Int

    init(most: Int) { self.most = most }

    var isFull: Bool { state.withLock { $0.failed >= most } }
    var hasFailed: Bool { state.withLock { $0.failed > 0 } }

    func note(_ story: Story, _ findings: [String], replay: String) {
        state.withLock { state in
            state.stories += 1
            state.deaths += story.deaths.count
            state.ends += story.restarts
            state.notifications += story.ledger.told.count
            state.attempts += story.receivers.reduce(0) { $0 + $1.attempts.count }
            state.requests += story.api.requests.count
            state.steps += story.kernel.steps
            state.minutes += story.kernel.now.inSeconds / 60
            state.hash ^= story.kernel.trace.hash
            guard !findings.isEmpty else { return }
            state.failed += 1
            print("seed \(story.plan.seed) went wrong (story \(state.stories)); tell it with: Simulation \(replay)")
            for finding in findings.prefix(8) { print("  \(finding)") }
            if findings.count > 8 { print("  … and \(findings.count - 8) more") }
            // Whoever waits for hours reads it at once.
            fflush(nil)
        }
    }

    func summary(after time: Duration) -> String {
        state.withLock { state in
            let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
            return """
                \(state.stories) stories in \((seconds * 10).rounded() / 10) s, \(state.failed) went wrong; \
                \((state.minutes / 60).rounded()) hours of virtual time, \(state.steps) steps, \(state.deaths) deaths, \
                \(state.ends) restarts, \(state.requests) requests, \(state.notifications) notifications, \
                \(state.attempts) attempts; hash \(String(state.hash, radix: 16))
                """
        }
    }
}
