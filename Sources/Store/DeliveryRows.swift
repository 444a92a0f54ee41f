import Core
import GRDB

extension Rows {
    /// Adds a notification and its deliveries to the outbox. What is there already stays: ids are derived.
    static func enqueue(_ decided: DecidedNotification, in db: Database) throws {
        let notification = decided.notification
        let notifications = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO notifications (id, created_at, title, document) VALUES (?, ?, ?, ?)")
        try notifications.execute(arguments: [
            notification.id.rawValue, notification.timestamp.microseconds,
            String(notification.title.plain.prefix(NotificationLimits.titleCharacters)),
            Blob.value(NotificationCodec.encode(notification)),
        ])
        let deliveries = try db.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO deliveries (id, notification, sink, order_key, sequence, phase, attempts, created_at,
                    next_attempt_at, last_answer, kept)
                VALUES (?, ?, ?, ?, ?, 'pending', 0, ?, ?, '', '{}')
                """)
        let orderKey = notification.alerts.first?.id.rawValue ?? notification.id.rawValue
        for sink in decided.sinks {
            let id = DeliveryID(notification: notification.id, sink: sink)
            try deliveries.execute(arguments: [
                id.rawValue, notification.id.rawValue, sink, orderKey, decided.sequence,
                notification.timestamp.microseconds, notification.timestamp.microseconds,
            ])
            if decided.sequence > 1 {
                try buryUntold(
                    sink: sink, orderKey: orderKey, from: decided.sequence, at: notification.timestamp, in: db)
            }
        }
    }

    static func delivery(_ row: Row) -> DeliveryRecord {
        var record = DeliveryRecord(
            id: DeliveryID(rawValue: row["id"]), notification: NotificationID(rawValue: row["notification"]),
            sink: row["sink"], orderKey: row["order_key"], sequence: row["sequence"],
            createdAt: instant(row["created_at"]))
        record.phase = DeliveryPhase(rawValue: row["phase"]) ?? .dead
        record.attempts = row["attempts"]
        record.nextAttemptAt = instant(row["next_attempt_at"])
        record.endedAt = time(row["ended_at"])
        record.lastOutcome = row["last_outcome"]
        record.lastReason = row["last_reason"]
        record.lastAnswer = row["last_answer"]
        record.kept = dictionary(row["kept"] as String)
        record.mayHaveArrived = row["may_have_arrived"]
        return record
    }

    static func update(_ record: DeliveryRecord, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE deliveries SET phase = ?, attempts = ?, next_attempt_at = ?, ended_at = ?, last_outcome = ?,
                    last_reason = ?, last_answer = ?, kept = ?, may_have_arrived = ? WHERE id = ?
                """)
        try statement.execute(arguments: [
            record.phase.rawValue, record.attempts, record.nextAttemptAt.microseconds, record.endedAt?.microseconds,
            record.lastOutcome, record.lastReason, record.lastAnswer, dictionary(record.kept), record.mayHaveArrived,
            record.id.rawValue,
        ])
    }

    /// What the sink kept from the deliveries about the same alert that came before this one.
    static func kept(before record: DeliveryRecord, in db: Database) throws -> [String: String] {
        let statement = try db.cachedStatement(
            sql: "SELECT kept FROM deliveries WHERE sink = ? AND order_key = ? AND sequence < ? ORDER BY sequence")
        var merged: [String: String] = [:]
        for text in try String.fetchAll(statement, arguments: [record.sink, record.orderKey, record.sequence]) {
            merged.merge(dictionary(text)) { _, later in later }
        }
        return merged
    }

    /// Buries what is pending about an alert, from the `sequence`-th notification on, where all before it is dead and
    /// certainly never arrived: nobody is told the end of what they were not told. Where nothing is known of what came
    /// before (a sink named only later, a firing long pruned), nothing is buried.
    static func buryUntold(
        sink: String, orderKey: String, from sequence: Int, at now: Timestamp, in db: Database
    ) throws {
        let isUntold = try db.value(
            Bool.self,
            """
            SELECT EXISTS (SELECT 1 FROM deliveries WHERE sink = \(sink) AND order_key = \(orderKey)
                    AND sequence < \(sequence) AND phase = 'dead')
                AND NOT EXISTS (SELECT 1 FROM deliveries WHERE sink = \(sink) AND order_key = \(orderKey)
                    AND (may_have_arrived OR (phase = 'pending' AND sequence < \(sequence))))
            """)
        guard isUntold == true else { return }
        let reason = "not sent: the alert's firing is in the dead letters; replay that and this goes too"
        try db.execute(
            literal: """
                UPDATE deliveries SET phase = 'dead', ended_at = \(now.microseconds), last_outcome = 'refused',
                    last_reason = \(reason)
                WHERE sink = \(sink) AND order_key = \(orderKey) AND sequence >= \(sequence)
                    AND phase = 'pending' AND attempts = 0
                """)
    }
}
