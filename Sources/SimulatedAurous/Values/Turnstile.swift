import Synchronization

/// Counts what came through, and lets others wait until so many have: tests await arrivals instead of sleeping.
final class Turnstile: Sendable {
    private struct Waiter {
        var count: Int
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var passed = 0
        var nextWaiter = 0
        var waiters: [Int: Waiter] = [:]
    }

    private let state = Mutex(State())

    func pass() {
        let woken = state.withLock { state -> [Waiter] in
            state.passed += 1
            let due = state.waiters.filter { $0.value.count <= state.passed }
            for key in due.keys { state.waiters[key] = nil }
            return Array(due.values)
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Returns when so many have passed since the beginning, or when the task is cancelled.
    func wait(for count: Int) async {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    if state.passed >= count || Task.isCancelled { return true }
                    state.waiters[number] = Waiter(count: count, continuation: continuation)
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
            waiter?.continuation.resume()
        }
    }
}
