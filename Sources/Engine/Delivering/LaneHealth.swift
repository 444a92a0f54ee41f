package import Core
import Store
import Synchronization

/// How a sink's lane fares, for all who ask: `status`, readiness, the metrics, the page, rules that watch sinks.
package final class LaneHealth: Sendable {
    package let sink: String
    private let status = Mutex(LaneStatus())

    init(sink: String) { self.sink = sink }

    package var current: LaneStatus { status.withLock { $0 } }

    func set(_ new: LaneStatus) { status.withLock { $0 = new } }

    /// The name under which the store keeps the status, for other processes and for the next start.
    package static func fact(of sink: String) -> String { "lane/\(sink)" }
}
