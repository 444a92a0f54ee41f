import Core
import GRDB

/// What happens to deliveries whose sink does not take them: buried, handed to another sink, gathered in a digest.
extension Rows {
    /// Buries what is pending about an alert, from the `sequence`-th notification on, where all before it is dead and
    /// certainly never arrived: nobody is told the end of what they were not told. Where nothing is known of what came
    /// before (a sink named only later, a firing long pruned), nothing is buried.
    static func buryUntold(
        sink: String, orderKey: String, from sequence: Int, at now: Timestamp, in db: Database
    ) throws {
        guard !AlertGroup.isEpisode(orderKey) else { return }
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
                    AND phase = 'pending' AND attempts = 0 AND digest IS NULL
                """)
    }

    /// The sinks that were told something about an alert instead of this one.
    static func toldInstead(of sink: String, orderKey: String, in db: Database) throws -> [String] {
        let statement = try db.cachedStatement(
            sql: "SELECT DISTINCT handed_to FROM deliveries WHERE sink = ? AND order_key = ? AND handed_to IS NOT NULL")
        return try String.fetchAll(statement, arguments: [sink, orderKey])
    }

    /// What came of an ended attempt beyond the row itself.
    static func followUp(_ record: DeliveryRecord, fallback: String?, in db: Database) throws {
        guard record.phase != .pending, let endedAt = record.endedAt else { return }
        if record.isDigest { try endMembers(of: record, in: db) }
        guard record.phase == .dead else { return }
        try buryUntold(sink: record.sink, orderKey: record.orderKey, from: record.sequence + 1, at: endedAt, in: db)
        guard let fallback else { return }
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT id, notification, order_key, sequence, resource, rule FROM deliveries
                WHERE sink = ? AND order_key = ? AND sequence >= ? AND phase = 'dead' AND handed_to IS NULL
                ORDER BY rowid
                """, arguments: [record.sink, record.orderKey, record.sequence])
        for row in rows { try handOver(row, to: fallback, at: endedAt, in: db) }
    }

    /// Makes the delivery to another sink; once for each delivery, whatever becomes of it there.
    static func handOver(_ row: Row, to fallback: String, at now: Timestamp, in db: Database) throws {
        let subject = LaneSubject(orderKey: row[2], resource: row[4], rule: row[5])
        let delivery = subject.delivery(
            of: NotificationID(rawValue: row[1]), to: fallback, sequence: row[3], at: now)
        try insert(delivery, about: subject, in: db)
        let statement = try db.cachedStatement(sql: "UPDATE deliveries SET handed_to = ? WHERE id = ?")
        try statement.execute(arguments: [fallback, row[0] as String])
    }

    /// Those that a digest stands for end with it.
    private static func endMembers(of digest: DeliveryRecord, in db: Database) throws {
        try db.execute(
            literal: """
                UPDATE deliveries SET phase = \(digest.phase.rawValue), ended_at = \(digest.endedAt?.microseconds),
                    last_outcome = \(digest.lastOutcome), last_reason = \("in digest \(digest.id.rawValue)"),
                    may_have_arrived = may_have_arrived OR \(digest.mayHaveArrived)
                WHERE digest = \(digest.id.rawValue)
                """)
    }
}
