import CCurl
import Glibc
import Synchronization

/// A thread that owns a libcurl multi handle, and the inbox through which others hand it exchanges.
///
/// With nothing to do it blocks in `curl_multi_poll(3)`. Exchanges beyond `capacity` wait in the inbox, in order, and
/// their timeouts have not begun.
// @unchecked Sendable: `multi` and `active` are touched only on the thread, but for `curl_multi_wakeup`, which libcurl
// allows from any and which happens only while the thread polls; all else is a Mutex or an Atomic.
final class CurlThread: @unchecked Sendable {
    private struct Inbox {
        var waiting: [Exchange] = []
        var cancelled: [Exchange] = []
        var isPolling = false
        var isShutDown = false
    }

    private let capacity: Int
    private let multi: UnsafeMutableRawPointer
    private var active: [UnsafeMutableRawPointer: Exchange] = [:]
    private let inbox = Mutex(Inbox())
    private let thread = Mutex<pthread_t?>(nil)
    private let stopSignal = Atomic<Bool>(false)

    /// Whether the thread is to end; for a callback that libcurl waits in.
    var isStopping: Bool { stopSignal.load(ordering: .relaxed) }

    init(capacity: Int, idleConnections: Int) {
        _ = Self.libraryIsReady
        guard let multi = curl_multi_init() else { preconditionFailure("libcurl is out of memory") }
        self.multi = multi
        self.capacity = capacity
        ccurl_multi_setopt_long(multi, CURLMOPT_MAXCONNECTS, idleConnections)
        ccurl_multi_setopt_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    }

    /// Once for the process, before any thread uses libcurl.
    private static let libraryIsReady: Bool = {
        precondition(curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, "libcurl cannot be initialised")
        return true
    }()

    /// Performs one exchange, and returns when it no longer belongs to libcurl.
    func perform(_ exchange: Exchange) async -> ExchangeEnding {
        await withTaskCancellationHandler {
            await withCheckedContinuation { submit(exchange, $0) }
        } onCancel: {
            cancel(exchange)
        }
    }

    private func submit(_ exchange: Exchange, _ continuation: CheckedContinuation<ExchangeEnding, Never>) {
        let isAccepted = inbox.withLock { inbox in
            guard !inbox.isShutDown, !exchange.isCancelled.load(ordering: .relaxed) else { return false }
            exchange.continuation = continuation
            exchange.thread = self
            inbox.waiting.append(exchange)
            wakeIfPolling(&inbox)
            return true
        }
        if !isAccepted { continuation.resume(returning: .cancelled) }
    }

    private func cancel(_ exchange: Exchange) {
        let unstarted = inbox.withLock { inbox -> CheckedContinuation<ExchangeEnding, Never>? in
            exchange.isCancelled.store(true, ordering: .relaxed)
            guard let index = inbox.waiting.firstIndex(where: { $0 === exchange }) else {
                inbox.cancelled.append(exchange)
                wakeIfPolling(&inbox)
                return nil
            }
            inbox.waiting.remove(at: index)
            defer {
                exchange.continuation = nil
                exchange.thread = nil
            }
            return exchange.continuation
        }
        unstarted?.resume(returning: .cancelled)
    }

    /// One wake-up for all that arrives while the thread sleeps; none while it is awake and will look anyway.
    private func wakeIfPolling(_ inbox: inout Inbox) {
        guard inbox.isPolling else { return }
        inbox.isPolling = false
        curl_multi_wakeup(multi)
    }

    /// Tells the thread to end, without waiting for it.
    func beginShutdown() {
        stopSignal.store(true, ordering: .relaxed)
        inbox.withLock { inbox in
            inbox.isShutDown = true
            wakeIfPolling(&inbox)
        }
    }

    /// Ends everything under way as cancelled, and the thread; returns when both are done. May be called again.
    func shutdown() {
        beginShutdown()
        let started = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        if let started { pthread_join(started, nil) }
    }
}

extension CurlThread {
    /// Starts the thread; it keeps `self` alive until `shutdown`.
    func start() {
        thread.withLock { thread in
            precondition(thread == nil, "a CurlThread starts once")
            var attributes = pthread_attr_t()
            pthread_attr_init(&attributes)
            defer { pthread_attr_destroy(&attributes) }
            pthread_attr_setstacksize(&attributes, TransportLimits.threadStackBytes)
            var id = pthread_t()
            let code = pthread_create(
                &id, &attributes,
                { pointer in
                    guard let pointer else { return nil }
                    Unmanaged<CurlThread>.fromOpaque(pointer).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(self).toOpaque())
            precondition(code == 0, "the system gives no more threads (error \(code))")
            thread = id
        }
    }

    private func run() {
        ThreadSignals.blockAll()
        while takeFromInbox() {
            var running: Int32 = 0
            require(curl_multi_perform(multi, &running))
            finishCompleted()
            if prepareToPoll() {
                require(curl_multi_poll(multi, nil, 0, Self.idlePollMilliseconds, nil))
            }
        }
        for exchange in Array(active.values) { finish(exchange, .cancelled) }
        curl_multi_cleanup(multi)
    }

    /// Timers of transfers cut it short; without one there is nothing to wake for.
    private static let idlePollMilliseconds: Int32 = 60 * 60 * 1000

    private func require(_ code: CURLMcode) {
        precondition(code == CURLM_OK, "libcurl: \(String(cString: curl_multi_strerror(code)))")
    }

    /// Starts what waits and stops what was cancelled; false once shut down.
    private func takeFromInbox() -> Bool {
        var started: [Exchange] = []
        var cancelled: [Exchange] = []
        let isShutDown = inbox.withLock { inbox in
            inbox.isPolling = false
            swap(&inbox.cancelled, &cancelled)
            let room = inbox.isShutDown ? .max : max(0, capacity - active.count)
            if inbox.waiting.count <= room {
                swap(&inbox.waiting, &started)
            } else if room > 0 {
                started = Array(inbox.waiting.prefix(room))
                inbox.waiting.removeFirst(room)
            }
            return inbox.isShutDown
        }
        for exchange in cancelled where active[exchange.easy.raw] === exchange { finish(exchange, .cancelled) }
        for exchange in started {
            active[exchange.easy.raw] = exchange
            if isShutDown {
                finish(exchange, .cancelled)
            } else if curl_multi_add_handle(multi, exchange.easy.raw) != CURLM_OK {
                finish(exchange, .finished(CURLE_FAILED_INIT))
            }
        }
        return !isShutDown
    }

    private func finishCompleted() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let raw = message.pointee.easy_handle,
                let exchange = active[raw]
            else { continue }
            finish(exchange, .finished(ccurl_message_result(message)))
        }
    }

    /// Takes the exchange out of libcurl's hands, closing its connection if it is under way, and gives it back.
    private func finish(_ exchange: Exchange, _ ending: ExchangeEnding) {
        active[exchange.easy.raw] = nil
        curl_multi_remove_handle(multi, exchange.easy.raw)
        let continuation = exchange.continuation
        exchange.continuation = nil
        exchange.thread = nil
        continuation?.resume(returning: ending)
    }

    /// Whether the thread may sleep: nothing has come in that could be started, stopped or ended.
    private func prepareToPoll() -> Bool {
        inbox.withLock { inbox in
            let hasRoom = active.count < capacity
            inbox.isPolling = inbox.cancelled.isEmpty && !inbox.isShutDown && (inbox.waiting.isEmpty || !hasRoom)
            return inbox.isPolling
        }
    }
}
