import Core
import Synchronization

/// What tells a listing's loop to look now, from many tasks: gathered, so that a flood of hints is as good as one.
final class ListingSignals: Sendable {
    /// What was signalled since the last look.
    struct Taken: Sendable, Equatable {
        /// Ids that hints named.
        var ids: Set<String> = []
        /// A hint named nothing, or more were named than are remembered.
        var head = false
        var rules = false
        /// How many hints came, those that name the same included.
        var hints = 0

        var isEmpty: Bool { ids.isEmpty && !head && !rules }
    }

    private let pending = Mutex(Taken())
    private let bell = Mailbox<Void>()
    private let retryBell = Mailbox<Void>()
    /// Beyond so many ids the head is asked for as well, and shows most of them.
    private static let idLimit = 500

    /// A hint named this resource, or nothing.
    func hint(_ id: String?) {
        ring { taken in
            taken.hints += 1
            guard let id, taken.ids.count < ListingSignals.idLimit || taken.ids.contains(id) else {
                taken.head = true
                return
            }
            taken.ids.insert(id)
        }
    }

    /// New rules are in force.
    func rulesChanged() { ring { $0.rules = true } }

    /// What could not be looked at comes again with the next look.
    func putBack(_ taken: Taken) {
        pending.withLock { pending in
            pending.ids.formUnion(taken.ids)
            pending.head = pending.head || taken.head
            pending.rules = pending.rules || taken.rules
        }
    }

    /// Another listing of the source works again: the wait after a failure is over.
    func retry() { retryBell.post(()) }

    /// Waits out a failure, at most `limit`. Returns whether ``retry()`` cut it short.
    func waitForRetry(within limit: Duration, clock: any Clock<Duration>) async -> Bool {
        !(await retryBell.take(within: limit, clock: clock)).isEmpty
    }

    /// How many hints wait to be looked at.
    var waitingHints: Int { pending.withLock(\.hints) }

    func take() -> Taken {
        _ = retryBell.drain()
        return pending.withLock { pending in
            defer { pending = Taken() }
            return pending
        }
    }

    /// Waits for a signal, at most `limit`. Returns whether one came.
    func wait(within limit: Duration, clock: any Clock<Duration>) async -> Bool {
        _ = await bell.take(within: limit, clock: clock)
        return pending.withLock { !$0.isEmpty }
    }

    private func ring(_ note: (inout Taken) -> Void) {
        let isFirst = pending.withLock { pending in
            defer { note(&pending) }
            return pending.isEmpty
        }
        if isFirst { bell.post(()) }
    }
}
