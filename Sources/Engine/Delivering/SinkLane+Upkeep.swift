import ConfigurationFiles
import Core
import Store

/// When a lane last did what it does now and then, in seconds of the steady clock.
struct LaneUpkeep {
    var glancedAt = -Double.infinity
    var expiredAt = -Double.infinity
    /// Replays that were asked for until then are known.
    var replaysSeen: Timestamp?
    var told = LaneStatus()
}

extension SinkLane {
    /// How many deliveries one transaction of the upkeep concerns.
    private static let upkeepBatch = 500
    /// How many notifications one digest stands for at most.
    private static let digestLimit = 10_000

    /// Takes up the circuit as the last process, or the last configuration, left it: with a probe before anything else.
    mutating func restore() async {
        upkeep.replaysSeen = dependencies.now()
        let name = LaneHealth.fact(of: sinkName)
        guard let fact = try? await store.facts(prefix: name).first(where: { $0.name == name }),
            let status = LaneStatus(document: fact.value), status.circuit != .closed
        else { return }
        circuit = Circuit(.standard, restored: status)
        upkeep.told = status
        parts.health.set(status)
    }

    /// What is done now and then: deadlines, the fallback, the digest, and whether a person asked for a replay.
    mutating func keepUp() async {
        let now = parts.steadySeconds()
        guard now - upkeep.glancedAt >= SinkLane.glance.inSeconds else { return }
        upkeep.glancedAt = now
        do {
            try await lookForReplays()
            try await expire(at: now)
            try await handOver()
            try await gather()
        } catch {
            trouble("\(error)")
        }
    }

    private mutating func lookForReplays() async throws(StoreError) {
        guard circuit.state != .closed, let asked = try await store.lastReplay(sink: sinkName) else { return }
        if let seen = upkeep.replaysSeen, asked <= seen { return }
        upkeep.replaysSeen = asked
        circuit.reprieve()
    }

    private mutating func expire(at seconds: Double) async throws(StoreError) {
        let deadline = settings.effectiveDeadline
        let interval = min(max(deadline / 10, SinkLane.glance), .seconds(60))
        guard seconds - upkeep.expiredAt >= interval.inSeconds else { return }
        upkeep.expiredAt = seconds
        let now = dependencies.now()
        while !Task.isCancelled {
            let expired = try await store.expire(
                sink: sinkName, madeBefore: now.advanced(by: .zero - deadline), deadline: DurationText.text(deadline),
                excluding: claimed, fallback: settings.fallback, at: now, limit: SinkLane.upkeepBatch)
            for record in expired { dependencies.report(.expired(record)) }
            if !expired.isEmpty, let fallback = settings.fallback { parts.handedOver(fallback) }
            guard expired.count == SinkLane.upkeepBatch else { return }
        }
    }

    /// Says through the fallback what has waited for too long for a circuit to close.
    private func handOver() async throws(StoreError) {
        let now = dependencies.now()
        guard let fallback = settings.fallback, circuit.state != .closed, let since = upkeep.told.since,
            now.duration(since: since) >= settings.fallbackAfter
        else { return }
        while !Task.isCancelled {
            let count = try await store.handOver(
                sink: sinkName, to: fallback, at: now, limit: SinkLane.upkeepBatch)
            if count > 0 { parts.handedOver(fallback) }
            guard count == SinkLane.upkeepBatch else { return }
        }
    }

    private mutating func gather() async throws(StoreError) {
        guard let limit = settings.overflow, try await store.backlog(sink: sinkName) > limit else { return }
        let digest = try await store.gather(
            sink: sinkName, at: dependencies.now(), excluding: claimed, limit: SinkLane.digestLimit)
        if let digest { dependencies.report(.gathered(sink: sinkName, digest)) }
        parts.mailbox.post(.look)
    }

    /// Tells how the lane fares; loudly and durably only when its circuit turns.
    mutating func tellStatus() async {
        var status = LaneStatus()
        status.circuit = circuit.state
        status.consecutiveFailures = circuit.consecutiveFailures
        status.lastReason = circuit.lastReason
        if status.circuit != .closed {
            let now = dependencies.now()
            status.since = upkeep.told.since ?? now
            status.pausedReason = circuit.pausedReason
            let isSameWait = upkeep.told.circuit == .open && status.circuit == .open && upkeep.told.probeAt != nil
            status.probeAt =
                isSameWait && circuit.timeToProbe(at: parts.steadySeconds()) ?? .zero > .zero
                ? upkeep.told.probeAt : circuit.timeToProbe(at: parts.steadySeconds()).map { now.advanced(by: $0) }
        }
        guard status != upkeep.told else { return }
        let hasTurned = status.circuit != upkeep.told.circuit || status.pausedReason != upkeep.told.pausedReason
        upkeep.told = status
        parts.health.set(status)
        guard hasTurned else { return }
        dependencies.report(.lane(sink: sinkName, status))
        // A note for people and for the next start: if the store cannot take it, one probe finds out again.
        try? await store.setFact(LaneHealth.fact(of: sinkName), status.document, at: dependencies.now())
    }
}
