package import Core

/// A destination for notifications, with its settings resolved and checked.
///
/// Promises of every sink:
/// - `attempt` sends at most once for each recipient and never throws: what happened is its result. It neither waits
///   between tries nor tries again; that is the delivery lane's part.
/// - The same delivery attempted twice carries the same ids; only a timestamp and what is signed with it may differ.
/// - No secret of the sink appears in a preview, an answer or a reason.
/// - Several attempts may run at once. Order per alert is kept by the caller.
/// - Cancelling the task stops the exchange; the result then says whether it may have arrived.
package protocol Sink: Sendable {
    /// The name in the configuration.
    var name: String { get }
    /// The name of the kind, such as `webhook`.
    var kind: String { get }

    /// Exactly what an attempt would send: a `curl` line, a mail's source, or a line of text. Secrets are masked.
    func preview(_ delivery: OutgoingDelivery, at now: Timestamp) -> String

    /// Sends it once. `now` stamps and signs this attempt and is what a `Retry-After` date is measured from.
    func attempt(_ delivery: OutgoingDelivery, at now: Timestamp) async -> AttemptResult
}

/// One notification on its way to one sink, as an attempt needs it.
package struct OutgoingDelivery: Sendable {
    package var id: DeliveryID
    package var notification: AlertNotification
    /// Which attempt this is, from 1.
    package var attempt: Int
    /// What this sink ``AttemptResult/kept`` from earlier attempts of this delivery and, for what those did not keep,
    /// from earlier deliveries about the same alert. Later values win.
    package var earlier: [String: String]
    /// Whether a person asked for it with `auspex sink test`.
    package var isTest: Bool

    package init(
        id: DeliveryID, notification: AlertNotification, attempt: Int = 1, earlier: [String: String] = [:],
        isTest: Bool = false
    ) {
        self.id = id
        self.notification = notification
        self.attempt = attempt
        self.earlier = earlier
        self.isTest = isTest
    }
}
