package import Core
import Synchronization

/// A clock that stands still until a test moves it: what sleeps wakes in the order of its deadlines.
package final class TestClock: Clock, Sendable {
    package typealias Duration = Swift.Duration

    package struct Instant: InstantProtocol, Sendable {
        package var offset: Swift.Duration

        package func advanced(by duration: Swift.Duration) -> Instant { Instant(offset: offset + duration) }
        package func duration(to other: Instant) -> Swift.Duration { other.offset - offset }
        package static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        var number: Int
        var deadline: Instant
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var offset = Swift.Duration.zero
        var sleepers: [Sleeper] = []
        var cancelled: Set<Int> = []
        var nextNumber = 0
    }

    private let start: Timestamp
    private let state = Mutex(State())

    /// `start` is what the wall clock shows before the clock was moved.
    package init(start: Timestamp = Sample.noon) { self.start = start }

    package var now: Instant { state.withLock { Instant(offset: $0.offset) } }
    package var minimumResolution: Swift.Duration { .zero }

    /// What a wall clock that goes with this one shows.
    package var wall: Timestamp { start.advanced(by: now.offset) }
    /// Seconds of a steady clock that goes with this one.
    package var seconds: Double { now.offset / .seconds(1) }
    /// How long until the next one wakes; nil when none sleeps.
    package var untilNextDeadline: Swift.Duration? {
        state.withLock { state in state.sleepers.map { $0.deadline.offset }.min().map { $0 - state.offset } }
    }
    /// How many are asleep.
    package var sleepers: Int { state.withLock { $0.sleepers.count } }

    package func sleep(until deadline: Instant, tolerance: Swift.Duration?) async throws {
        let number = state.withLock { state -> Int in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let verdict = state.withLock { state -> Result<Void, any Error>? in
                    if state.cancelled.remove(number) != nil { return .failure(CancellationError()) }
                    if deadline.offset <= state.offset { return .success(()) }
                    state.sleepers.append(Sleeper(number: number, deadline: deadline, continuation: continuation))
                    return nil
                }
                if let verdict { continuation.resume(with: verdict) }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                guard let index = state.sleepers.firstIndex(where: { $0.number == number }) else {
                    state.cancelled.insert(number)
                    return nil
                }
                return state.sleepers.remove(at: index)
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Moves on and wakes whoever is due.
    package func advance(by duration: Swift.Duration) {
        let woken = state.withLock { state -> [Sleeper] in
            state.offset += duration
            let now = state.offset
            let due = state.sleepers.filter { $0.deadline.offset <= now }
            state.sleepers.removeAll { $0.deadline.offset <= now }
            return due.sorted { ($0.deadline, $0.number) < ($1.deadline, $1.number) }
        }
        for sleeper in woken { sleeper.continuation.resume() }
    }
}
