/// HTTP and mail over libcurl: one thread for all HTTP, with kept connections, and a few for mail (`MailThreads`).
package final class CurlTransport: HTTPTransport, MailTransport {
    package struct Options: Sendable {
        /// How many HTTP exchanges may be under way at once; more wait their turn, and their timeouts begin with it.
        package var concurrentExchanges: Int
        /// Connections kept for reuse, over all hosts.
        package var idleConnections: Int
        /// How many mails may be under way at once; more wait their turn, and their timeouts begin with it.
        package var concurrentMails: Int

        package init(concurrentExchanges: Int = 512, idleConnections: Int = 128, concurrentMails: Int = 4) {
            self.concurrentExchanges = concurrentExchanges
            self.idleConnections = idleConnections
            self.concurrentMails = concurrentMails
        }
    }

    private let pool = EasyHandlePool()
    private let http: CurlThread
    private let mail: MailThreads

    package init(options: Options) {
        mail = MailThreads(limit: max(1, options.concurrentMails))
        http = CurlThread(
            capacity: max(1, options.concurrentExchanges), idleConnections: max(1, options.idleConnections))
        http.start()
    }

    deinit { shutdown() }

    /// Ends everything under way as `.cancelled`, closes all connections and joins the threads. Whatever is sent
    /// afterwards is `.cancelled` at once. Blocks its caller, with mail under way for as much as a second. May be
    /// called again.
    package func shutdown() {
        http.beginShutdown()
        mail.shutdown()
        http.shutdown()
    }

    package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let parts = try request.validated()
        guard let easy = pool.take() else { throw TransportError(kind: .internalFailure, endpoint: parts.origin) }
        defer { pool.put(easy) }
        let exchange = HTTPExchange(request, endpoint: parts.origin, easy: easy)
        let ending = await http.perform(exchange)
        return try exchange.response(after: ending)
    }

    package func send(_ transaction: MailTransaction) async throws(TransportError) -> MailReply {
        let server = try transaction.validated()
        guard let easy = pool.take() else { throw TransportError(kind: .internalFailure, endpoint: server.origin) }
        defer { pool.put(easy) }
        let exchange = MailExchange(transaction, server: server, easy: easy)
        let ending = await mail.perform(exchange)
        return try exchange.reply(after: ending)
    }
}
