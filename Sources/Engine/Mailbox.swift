import Synchronization

/// Hands values from many tasks to one that waits for them, in order, and as many at once as there are.
package final class Mailbox<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var waiter: CheckedContinuation<Void, Never>?
        /// A take with a limit has come to it.
        var isTimeUp = false
    }

    private let state = Mutex(State())

    package init() {}

    package func post(_ item: Item) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.items.append(item)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// All that was posted since the last call; waits for the first. Empty when the task is cancelled. One task takes.
    package func take() async -> [Item] {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state -> Bool in
                    if !state.items.isEmpty || state.isTimeUp || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
        return drain()
    }

    /// All that was posted since the last call, without waiting for any.
    package func drain() -> [Item] {
        state.withLock { state in
            defer { state.items = [] }
            return state.items
        }
    }

    /// As ``take()``, but waits at most `limit`.
    package func take(within limit: Duration, clock: any Clock<Duration>) async -> [Item] {
        // What is there, or comes as soon as others have had their turn, needs no timer.
        var waiting = drain()
        if waiting.isEmpty {
            await Task.yield()
            waiting = drain()
        }
        if !waiting.isEmpty { return waiting }
        // The group waits for the end of its task, so that afterwards nobody says any more that the time is up.
        defer { state.withLock { $0.isTimeUp = false } }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Cut short, it is not wanted any more.
                guard (try? await clock.sleep(for: limit)) != nil else { return }
                self.endWait()
            }
            // In this task: an idle service does hardly anything else.
            let taken = await self.take()
            group.cancelAll()
            return taken
        }
    }

    private func endWait() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isTimeUp = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
