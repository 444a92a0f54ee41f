import AdminServer
import CEL
import Core
import Store

extension AlertRecord {
    /// A row of `auspex alerts --json`.
    func json(untold: [Telling]) -> CELValue {
        .map(
            CELMap([
                ("id", .string(id.rawValue)), ("state", .string(phase.rawValue)), ("rule", .string(rule)),
                ("severity", .string(severity.rawValue)), ("source", .string(resource.source)),
                ("kind", .string(resource.kind.rawValue)), ("resource_id", .string(resource.id)),
                ("since", .string(since.rfc3339)), ("fired_at", firedAt.json), ("resolved_at", resolvedAt.json),
                ("title", .string(title)), ("notified", .list(told.map(CELValue.string))),
                ("not_notified", .list(untold.map(\.json))),
            ]))
    }
}

extension Telling {
    /// Why a sink was not told yet.
    fileprivate var json: CELValue {
        .map(
            CELMap([
                ("sink", .string(sink)), ("reason", .string(hold?.reason.rawValue ?? "grouped")),
                ("by", hold.map { $0.holder.isEmpty ? .null : .string($0.holder) } ?? .null),
                ("until", (hold?.until).json), ("since", .string(since.rfc3339)),
            ]))
    }
}

extension [Telling] {
    /// The same for people, each reason once.
    var words: String {
        var words: [String] = []
        for telling in self {
            let word =
                switch telling.hold?.reason {
                case .silenced: "silenced by \(telling.hold?.holder ?? "")"
                case .inhibited: "inhibited by \(telling.hold?.holder ?? "")"
                case .muted: "muted until \(telling.hold?.until?.rfc3339 ?? "")"
                case nil: "in the next digest"
                }
            if !words.contains(word) { words.append(word) }
        }
        return words.joined(separator: ", ")
    }
}

extension NoiseCounts {
    /// `2 silenced`, `1 in a digest`.
    var words: [String] {
        Hold.Reason.allCases.compactMap { reason in held[reason].map { "\($0) \(reason.rawValue)" } }
            + (queued == 0 ? [] : ["\(queued) in a digest"])
    }

    var overview: Overview.Noise {
        var noise = Overview.Noise()
        (noise.held, noise.queued, noise.owed) = (held, queued, owed)
        (noise.activeSilences, noise.pendingSilences) = (activeSilences, pendingSilences)
        return noise
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
