/// What a client may ask of the server, and for how long.
package struct AdminLimits: Sendable {
    /// The body of a webhook of the watched API.
    package static let hintBytes = 1 << 20
    /// Rows of alerts and of deliveries on the page.
    package static let rows = 50
    /// A source's name in a URL, in bytes before decoding.
    static let sourceNameBytes = 512
    /// The body of the login form.
    static let formBytes = 4 << 10
    /// All header fields of a request together.
    static let headerBytes = 32 << 10
    /// Connections at a time; others wait to be accepted.
    static let connections = 256

    /// From the head of a request until its answer is written; then the connection is cut.
    package var exchange: Duration
    /// Without a request, or between parts of one.
    package var idle: Duration
    /// How long a client may go on reading an answer after which the connection is closed.
    package var linger: Duration
    /// What requests under way may still take when the server stops.
    package var stopping: Duration

    package init(
        exchange: Duration = .seconds(20), idle: Duration = .seconds(30), linger: Duration = .seconds(1),
        stopping: Duration = .milliseconds(300)
    ) {
        self.exchange = exchange
        self.idle = idle
        self.linger = linger
        self.stopping = stopping
    }
}
