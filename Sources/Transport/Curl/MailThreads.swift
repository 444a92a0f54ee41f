import Synchronization

/// The threads for mail, started as they are needed: each has one mail under way at a time.
///
/// libcurl 7.88 waits inside `curl_multi_perform` for the answers to the final dot and to QUIT (`smtp_done` and
/// `smtp_disconnect` in its `smtp.c`). A slow mail server must delay neither HTTP nor the other mails' timeouts.
final class MailThreads: Sendable {
    private struct Lane {
        let thread: CurlThread
        var outstanding = 0
    }

    private struct State {
        var lanes: [Lane] = []
        var isShutDown = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// Performs one exchange on the thread with the least to do.
    func perform(_ exchange: Exchange) async -> ExchangeEnding {
        guard let thread = takeLeastLoaded() else { return .cancelled }
        defer { giveBack(thread) }
        return await thread.perform(exchange)
    }

    /// Ends all mails under way as cancelled, which may take a second, and the threads.
    func shutdown() {
        let lanes = state.withLock { state in
            state.isShutDown = true
            defer { state.lanes = [] }
            return state.lanes
        }
        for lane in lanes { lane.thread.beginShutdown() }
        for lane in lanes { lane.thread.shutdown() }
    }

    private func takeLeastLoaded() -> CurlThread? {
        state.withLock { state in
            guard !state.isShutDown else { return nil }
            let best = state.lanes.indices.min { state.lanes[$0].outstanding < state.lanes[$1].outstanding }
            if let best, state.lanes[best].outstanding == 0 || state.lanes.count >= limit {
                state.lanes[best].outstanding += 1
                return state.lanes[best].thread
            }
            let thread = CurlThread(capacity: 1, idleConnections: 1)
            thread.start()
            state.lanes.append(Lane(thread: thread, outstanding: 1))
            return thread
        }
    }

    private func giveBack(_ thread: CurlThread) {
        state.withLock { state in
            guard let index = state.lanes.firstIndex(where: { $0.thread === thread }) else { return }
            state.lanes[index].outstanding -= 1
        }
    }
}
