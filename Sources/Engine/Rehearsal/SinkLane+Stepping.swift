import Core
import Store

extension SinkLane {
    /// When there is something to do next although nothing is put into the outbox. `oldest` is when the oldest of what
    /// waits was made.
    func nextWake(oldest: Timestamp?) async throws -> Timestamp? {
        let (now, seconds) = (dependencies.now(), parts.steadySeconds())
        // What is done now and then is not done more often than that.
        let upkeepAt = now.advanced(by: .seconds(max(0, upkeep.glancedAt + SinkLane.glance.inSeconds - seconds)))
        var wakes: [Timestamp] = []
        switch circuit.admission(at: seconds) {
        case .none(let wait): wakes.append(now.advanced(by: wait))
        case .probe, .all:
            if let next = try await store.nextAttempt(sink: sinkName, after: now) { wakes.append(next) }
            if let held = rateWait { wakes.append(now.advanced(by: held)) }
        }
        if settings.fallback != nil, circuit.state != .closed, let since = upkeep.told.since {
            let handedAt = since.advanced(by: settings.fallbackAfter)
            if handedAt > now { wakes.append(max(handedAt, upkeepAt)) }
        }
        if let oldest {
            let late = oldest.advanced(by: settings.effectiveDeadline + .milliseconds(1))
            wakes.append(max(late, upkeepAt))
        }
        return wakes.filter { $0 > now }.min()
    }
}
