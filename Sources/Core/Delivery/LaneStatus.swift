import CEL

/// How a sink's circuit stands.
package enum CircuitState: String, Sendable {
    case closed, open
    case halfOpen = "half_open"
}

/// How a sink's lane fares: for `status`, the metrics, the page, and rules that watch sinks.
package struct LaneStatus: Sendable, Equatable {
    package var circuit = CircuitState.closed
    /// Why the sink is taken to be set up wrongly; only while the circuit is not closed.
    package var pausedReason: String?
    /// Since when the circuit has not been closed; nil while it is.
    package var since: Timestamp?
    /// Attempts that failed, or got no answer, since the last that did neither.
    package var consecutiveFailures = 0
    /// Why the last of them failed.
    package var lastReason: String?
    /// When the next probe may go; nil while closed and while one is under way.
    package var probeAt: Timestamp?

    package init() {}

    /// The form in which it is stored.
    package var document: String {
        JSON.serialize(
            .map(
                CELMap([
                    ("circuit", .string(circuit.rawValue)),
                    ("paused_reason", pausedReason.map(CELValue.string) ?? .null),
                    ("since", since.map { .string($0.rfc3339) } ?? .null),
                    ("consecutive_failures", .int(Int64(consecutiveFailures))),
                    ("last_reason", lastReason.map(CELValue.string) ?? .null),
                    ("probe_at", probeAt.map { .string($0.rfc3339) } ?? .null),
                ])))
    }

    /// Reads what ``document`` wrote; nil for anything else.
    package init?(document: String) {
        guard case .map(let members)? = try? JSON.parse(document), case .string(let name)? = members["circuit"],
            let circuit = CircuitState(rawValue: name)
        else { return nil }
        func text(_ name: String) -> String? { if case .string(let text)? = members[name] { text } else { nil } }
        self.circuit = circuit
        pausedReason = text("paused_reason")
        since = text("since").flatMap { Timestamp(rfc3339: $0) }
        if case .int(let count)? = members["consecutive_failures"] { consecutiveFailures = Int(count) }
        lastReason = text("last_reason")
        probeAt = text("probe_at").flatMap { Timestamp(rfc3339: $0) }
    }
}
