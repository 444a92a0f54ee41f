import Synchronization

/// Hands values from many tasks to one that waits for them, in order, and as many at once as there are.
package final class Mailbox<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var waiter: CheckedContinuation<Void, Never>?
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
                    if !state.items.isEmpty || Task.isCancelled { return true }
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
        return await withTaskGroup(of: [Item]?.self) { group in
            group.addTask { await self.take() }
            group.addTask {
                try? await clock.sleep(for: limit)
                return nil
            }
            var taken: [Item] = []
            if let first = await group.next(), let items = first { taken = items }
            group.cancelAll()
            for await late in group { taken += late ?? [] }
            return taken
        }
    }
}
