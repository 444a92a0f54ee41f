/// Performs single HTTP exchanges: one request, one response, nothing followed and nothing remembered.
///
/// A request goes out a second time only where a kept connection turns out to have been closed before the first byte of
/// an answer, as every client does that keeps connections (RFC 9112, section 9.3.1): whatever is sent may arrive twice.
/// Exchanges run concurrently and in no order. Cancelling the task that awaits one stops it: its connection is closed
/// (or its HTTP/2 stream reset) and `.cancelled` is thrown. Any status is a response, not an error.
package protocol HTTPTransport: Sendable {
    /// Sends the request and returns the final response, past any 1xx.
    ///
    /// - Throws: `TransportError`; its `mayHaveBeenReceived` tells "it did not happen" from "nobody knows".
    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse
}

/// Hands single mails to a mail server: one transaction, one recipient, so that each recipient has its own outcome.
///
/// Cancelling the awaiting task abandons the transaction, at the latest one second later.
package protocol MailTransport: Sendable {
    /// Returns once the server has taken responsibility for the message (2xx after the final dot).
    ///
    /// - Throws: `TransportError`: `.mailRefused` and `.loginDenied` carry the server's answer; where
    ///   `mayHaveBeenReceived` is true the message was handed over and the answer was lost.
    func send(_ transaction: MailTransaction) async throws(TransportError) -> MailReply
}
