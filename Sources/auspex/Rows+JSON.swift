import CEL
import Core
import Store

extension AlertRecord {
    /// A row of `auspex alerts --json`.
    var json: CELValue {
        .map(
            CELMap([
                ("id", .string(id.rawValue)), ("state", .string(phase.rawValue)), ("rule", .string(rule)),
                ("severity", .string(severity.rawValue)), ("source", .string(resource.source)),
                ("kind", .string(resource.kind.rawValue)), ("resource_id", .string(resource.id)),
                ("since", .string(since.rfc3339)), ("fired_at", firedAt.json), ("resolved_at", resolvedAt.json),
                ("title", .string(title)), ("notified", .list(told.map(CELValue.string))),
            ]))
    }
}

extension DeliveryLine {
    /// A row of `auspex deliveries --json`.
    var json: CELValue {
        .map(
            CELMap([
                ("id", .string(record.id.rawValue)), ("notification_id", .string(record.notification.rawValue)),
                ("alert_id", .string(record.orderKey)), ("sink", .string(record.sink)),
                ("state", .string(record.phase.rawValue)), ("attempts", .int(Int64(record.attempts))),
                ("created_at", .string(record.createdAt.rfc3339)),
                ("next_attempt_at", record.phase == .pending ? .string(record.nextAttemptAt.rfc3339) : .null),
                ("ended_at", record.endedAt.json), ("last_outcome", record.lastOutcome.map(CELValue.string) ?? .null),
                ("last_reason", record.lastReason.map(CELValue.string) ?? .null),
                ("last_answer", .string(record.lastAnswer)), ("title", .string(title)),
            ]))
    }
}

extension Timestamp? {
    /// RFC 3339, or null.
    var json: CELValue { map { .string($0.rfc3339) } ?? .null }
}
