import Core
import Synchronization

/// The time of a rehearsal: it stands still until the timeline moves it.
final class RehearsalTime: Sendable {
    private struct State {
        var now: Timestamp
        /// What requests have waited for their budget: nobody else's time passes by it.
        var leapt = Duration.zero
    }

    let start: Timestamp
    private let state: Mutex<State>

    init(start: Timestamp) {
        self.start = start
        state = Mutex(State(now: start))
    }

    var now: Timestamp { state.withLock { $0.now } }
    func move(to time: Timestamp) { state.withLock { $0.now = time } }

    /// Seconds of the steady clock; with `leaps`, of the one that requests wait by.
    func steadySeconds(leaps: Bool) -> Double {
        state.withLock { state in
            (state.now.duration(since: start) + (leaps ? state.leapt : .zero)).inSeconds
        }
    }

    fileprivate func leap(by duration: Duration) { state.withLock { $0.leapt += max(duration, .zero) } }
}

/// To wait in a rehearsal: either nobody wakes before being told to, or waiting is over at once.
struct RehearsalClock: Clock {
    typealias Duration = Swift.Duration

    struct Instant: InstantProtocol {
        var offset: Swift.Duration

        func advanced(by duration: Swift.Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Swift.Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    let time: RehearsalTime
    let leaps: Bool

    var now: Instant { Instant(offset: .seconds(time.steadySeconds(leaps: leaps))) }
    var minimumResolution: Swift.Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Swift.Duration?) async throws {
        guard leaps else {
            // Whoever sleeps here is woken by a message, or told to stop.
            _ = await Mailbox<Void>().take()
            throw CancellationError()
        }
        time.leap(by: deadline.offset - now.offset)
        try Task.checkCancellation()
    }
}
