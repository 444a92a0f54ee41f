import CEL
import ConfigurationFiles
package import Logging
import Core
import Store
import Synchronization

/// Turns what happens into log lines: `info` tells the story of a day, `debug` that of an hour.
package final class EventLog: Sendable {
    private let logger: Logger
    /// Rows and fields that were complained of already: they come again with every poll.
    private let complaints = Mutex<Set<String>>([])
    private let failingHeartbeats = Mutex<Set<String>>([])
    /// What was said to be wrong with the store since it last worked.
    private let storeTroubles = Mutex<Set<String>>([])
    private static let complaintLimit = 10_000

    package init(_ logger: Logger) { self.logger = logger }

    private func isNews(_ complaint: String) -> Bool {
        complaints.withLock { complaints in
            if complaints.count >= EventLog.complaintLimit { complaints = [] }
            return complaints.insert(complaint).inserted
        }
    }

    package func note(_ event: EngineEvent) {
        switch event {
        case .change(let change): note(change)
        case .decided(let decided): note(decided)
        case .unknown(let unknown):
            logger.debug(
                "condition is unknown",
                metadata: [
                    "rule": "\(unknown.rule)", "source": "\(unknown.resource.source)",
                    "resource.id": "\(unknown.resource.id)", "reason": "\(unknown.reason)",
                ])
        case .misfits(let key, let paths):
            logger.warning(
                "documented fields are of another type; conditions on them are unknown",
                metadata: [
                    "source": "\(key.source)", "resource.id": "\(key.id)", "fields": "\(paths.joined(separator: ", "))",
                ])
        case .unreadableRow(let source, let kind, let id, let problem):
            guard isNews("\(source) \(kind) \(id ?? problem)") else { return }
            logger.warning(
                "row cannot be understood and is passed over",
                metadata: [
                    "source": "\(source)", "kind": "\(kind.rawValue)", "resource.id": "\(id ?? "unknown")",
                    "problem": "\(problem)",
                ])
        case .attempt(let record, let result, let title): note(record, result, title)
        case .lane(let sink, let status): note(sink, status)
        case .expired(let record):
            logger.error(
                "delivery is dead; `auspex replay` sends it again",
                metadata: [
                    "delivery.id": "\(record.id.rawValue)", "sink": "\(record.sink)", "attempt": "\(record.attempts)",
                    "outcome": "expired", "reason": "\(record.lastReason ?? "")",
                ])
        case .gathered(let sink, let digest):
            logger.warning(
                "what waited for a sink was gathered into a digest",
                metadata: [
                    "sink": "\(sink)", "notifications": "\(digest.count)", "delivery.id": "\(digest.delivery.rawValue)",
                ])
        case .said(let said):
            logger.info(
                "told what was gathered or held back",
                metadata: ["sink": "\(said.sink)", "alerts": "\(said.alerts)", "title": "\(said.title)"])
        case .polled(let source, let kind, let requests, let rows, let changed):
            logger.debug(
                "polled",
                metadata: [
                    "source": "\(source)", "kind": "\(kind.rawValue)", "requests": "\(requests)", "rows": "\(rows)",
                    "changed": "\(changed)",
                ])
        case .requested: break
        case .oddListing(let source, let kind, let problem):
            logger.error(
                "the listing is odd",
                metadata: ["source": "\(source)", "kind": "\(kind.rawValue)", "problem": "\(problem)"])
        case .sameTeam(let source, let other):
            logger.info(
                "two sources are one team and share its budget",
                metadata: ["source": "\(source)", "other": "\(other)"])
        case .pollFailed(let source, let kind, let reason, let isLoud, let retryIn):
            logger.log(
                level: isLoud ? .error : .warning, "poll failed",
                metadata: [
                    "source": "\(source)", "kind": "\(kind.rawValue)", "reason": "\(reason)",
                    "retry_in": "\(DurationText.text(retryIn))",
                ])
        case .recovered(let source, let kind):
            logger.info("polling works again", metadata: ["source": "\(source)", "kind": "\(kind.rawValue)"])
        case .baselining:
            // Comes with every page: it is for whoever shows progress.
            return
        case .baselined(let source, let kind, let resources):
            logger.info(
                "baseline is complete; changes from here on are news",
                metadata: ["source": "\(source)", "kind": "\(kind.rawValue)", "resources": "\(resources)"])
        case .beat(let sink, let result, let isHealthy): note(beatOf: sink, result, isHealthy)
        case .storeFailed(let reason):
            // Every loop that needs the store comes across it, again and again.
            guard storeTroubles.withLock({ $0.insert(reason).inserted }) else { return }
            logger.error("store failed; nothing is lost, it is tried again", metadata: ["reason": "\(reason)"])
        case .storeRecovered:
            storeTroubles.withLock { $0 = [] }
            logger.info("store works again")
        }
    }

    private func note(_ sink: String, _ status: LaneStatus) {
        var metadata: Logger.Metadata = ["sink": "\(sink)", "consecutive_failures": "\(status.consecutiveFailures)"]
        if let reason = status.pausedReason ?? status.lastReason { metadata["reason"] = "\(reason)" }
        if let probe = status.probeAt { metadata["next_probe_at"] = "\(probe.rfc3339)" }
        switch status.circuit {
        case .closed: logger.info("sink works again", metadata: metadata)
        case .halfOpen: logger.debug("sink is probed", metadata: metadata)
        case .open where status.pausedReason != nil:
            logger.error(
                "sink is paused: it is set up wrongly; mend its settings, or replay a delivery to try at once",
                metadata: metadata)
        case .open:
            logger.error("sink keeps failing; its deliveries wait without spending attempts", metadata: metadata)
        }
    }

    private func note(_ change: ResourceChange) {
        guard !change.isBaseline else { return }
        logger.debug(
            "resource changed",
            metadata: [
                "source": "\(change.key.source)", "kind": "\(change.key.kind.rawValue)",
                "resource.id": "\(change.key.id)", "nature": "\(change.nature.rawValue)",
                "from": "\(change.oldStatus ?? "")", "to": "\(change.newStatus)",
                "fields": "\(change.paths.prefix(20).joined(separator: ", "))",
            ])
    }

    private func note(_ decided: DecidedNotification) {
        let notification = decided.notification
        guard let alert = notification.alerts.first else { return }
        logger.info(
            "alert \(notification.reason.verb)",
            metadata: [
                "rule": "\(notification.rule)", "alert.id": "\(alert.id.rawValue)",
                "notification.id": "\(notification.id.rawValue)", "severity": "\(notification.severity.rawValue)",
                "source": "\(alert.resource.source)", "resource.id": "\(alert.resource.id)",
                "sinks": "\(decided.sinks.joined(separator: ", "))",
            ])
    }

    /// A failure is said once, and its end.
    private func note(beatOf sink: String, _ result: AttemptResult, _ isHealthy: Bool) {
        var metadata: Logger.Metadata = ["sink": "\(sink)", "healthy": "\(isHealthy)"]
        guard case .delivered = result.outcome else {
            guard failingHeartbeats.withLock({ $0.insert(sink).inserted }) else { return }
            metadata["reason"] = "\(result.outcome.reason ?? result.outcome.name)"
            logger.warning("heartbeat failed; it is sent again at the next interval", metadata: metadata)
            return
        }
        let isRecovery = failingHeartbeats.withLock { $0.remove(sink) } != nil
        logger.log(level: isRecovery ? .info : .debug, "heartbeat", metadata: metadata)
    }

    private func note(_ record: DeliveryRecord, _ result: AttemptResult, _ title: String) {
        var metadata: Logger.Metadata = [
            "delivery.id": "\(record.id.rawValue)", "sink": "\(record.sink)", "attempt": "\(record.attempts)",
            "outcome": "\(result.outcome.name)",
        ]
        if let reason = result.outcome.reason { metadata["reason"] = "\(reason)" }
        switch record.phase {
        case .delivered: logger.info("delivered", metadata: metadata)
        case .dead: logger.error("delivery is dead; `auspex replay` sends it again", metadata: metadata)
        case .pending:
            metadata["next_attempt_at"] = "\(record.nextAttemptAt.rfc3339)"
            logger.warning("attempt failed; it is tried again", metadata: metadata)
        }
    }
}

extension NotificationReason {
    /// As a word in a sentence.
    package var verb: String {
        switch self {
        case .fired: "fired"
        case .resolved: "resolved"
        case .reminder: "still fires"
        }
    }
}
