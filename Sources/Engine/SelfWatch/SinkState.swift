import CEL
package import Core
package import Store

/// What a sink's lane does about its troubles.
package struct LaneCondition: Sendable, Equatable {
    /// Closed: deliveries go out.
    package enum Circuit: String, Sendable { case closed, open, halfOpen = "half_open" }

    package var circuit: Circuit = .closed
    /// Whether it waits for somebody to mend its settings.
    package var isPaused = false
    /// Since when its circuit is not closed.
    package var since: Timestamp?

    package init() {}

    init(_ status: LaneStatus) {
        circuit = Circuit(rawValue: status.circuit.rawValue) ?? .closed
        isPaused = status.pausedReason != nil
        since = status.since
    }
}

/// How a sink's attempts fare.
package struct AttemptTally: Sendable, Equatable {
    var consecutiveFailures = 0
    var lastSuccessAt: Timestamp?
    var lastError: String?

    /// Takes in the end of an attempt.
    package mutating func ended(_ record: DeliveryRecord, _ result: AttemptResult) {
        if case .delivered = result.outcome {
            consecutiveFailures = 0
            lastSuccessAt = record.endedAt ?? lastSuccessAt
            lastError = nil
        } else {
            consecutiveFailures += 1
            lastError = result.outcome.reason
        }
    }

    /// What the stored resource remembers; nothing where it is gone.
    package init(_ snapshot: Snapshot?) {
        guard let snapshot, !snapshot.isGone, case .map(let members)? = try? JSON.parse(snapshot.body) else { return }
        if case .int(let count)? = members["consecutive_failures"] { consecutiveFailures = Int(count) }
        if case .string(let text)? = members["last_success_at"] { lastSuccessAt = Timestamp(rfc3339: text) }
        if case .string(let text)? = members["last_error"] { lastError = text }
    }
}

/// How a sink fares now.
package struct SinkState: Sendable, Equatable {
    /// A change of one of these is worth a row in the store.
    static let essential = ["circuit", "paused"]

    var name: String
    var kind: String
    var lane: LaneCondition
    var backlog: SinkBacklog
    var tally: AttemptTally

    package init(
        name: String, kind: String, lane: LaneCondition, backlog: SinkBacklog, tally: AttemptTally = AttemptTally(nil)
    ) {
        self.name = name
        self.kind = kind
        self.lane = lane
        self.backlog = backlog
        self.tally = tally
    }

    /// In the form in which rules look at it.
    package var sight: Sight {
        Sight(
            status: lane.isPaused ? "paused" : lane.circuit == .closed ? "" : "failing",
            members: [
                ("name", .string(name)),
                ("kind", .string(kind)),
                ("circuit", .string(lane.circuit.rawValue)),
                ("paused", .bool(lane.isPaused)),
                ("open_since", lane.since.json),
                ("pending", .int(Int64(backlog.pending))),
                ("dead", .int(Int64(backlog.dead))),
                ("oldest_pending_at", backlog.oldestPendingAt.json),
                ("consecutive_failures", .int(Int64(tally.consecutiveFailures))),
                ("last_success_at", tally.lastSuccessAt.json),
                ("last_error", tally.lastError.json),
            ],
            essential: SinkState.essential)
    }
}
