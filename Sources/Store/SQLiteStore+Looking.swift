package import Core
import GRDB

/// A line of the table of deliveries.
package struct DeliveryLine: Sendable {
    package var record: DeliveryRecord
    package var title: String
}

/// A note about something that is not a resource, such as a source's health, as JSON.
package struct Fact: Sendable {
    package var name: String
    package var value: String
    package var changedAt: Timestamp
}

extension SQLiteStore {
    /// Alerts that are open, and those that ended: the gravest first, and among these the newest.
    package func alerts(includingResolved: Bool, limit: Int) async throws(StoreError) -> [AlertRecord] {
        try await read { db in
            let phases = includingResolved ? "'pending', 'firing', 'resolved'" : "'pending', 'firing'"
            return try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM alerts WHERE phase IN (\(phases))
                    ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,
                        coalesce(resolved_at, fired_at, since) DESC, id LIMIT ?
                    """, arguments: [limit]
            ).compactMap(Rows.alert)
        }
    }

    /// How many alerts are in each phase.
    package func alertCounts() async throws(StoreError) -> [AlertPhase: Int] {
        try await read { db in
            var counts: [AlertPhase: Int] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT phase, count(*) AS n FROM alerts GROUP BY phase") {
                if let phase = AlertPhase(rawValue: row["phase"]) { counts[phase] = row["n"] }
            }
            return counts
        }
    }

    /// Deliveries, newest first.
    package func deliveries(sink: String?, deadOnly: Bool, limit: Int) async throws(StoreError) -> [DeliveryLine] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT d.*, n.title FROM deliveries d JOIN notifications n ON n.id = d.notification
                    WHERE (?1 IS NULL OR d.sink = ?1) AND (NOT ?2 OR d.phase = 'dead')
                    ORDER BY d.created_at DESC, d.order_key, d.sequence DESC LIMIT ?3
                    """, arguments: [sink, deadOnly, limit]
            ).map { DeliveryLine(record: Rows.delivery($0), title: $0["title"]) }
        }
    }

    /// How many resources of each source and kind are known, and how many of them are unsettled.
    package func resourceCounts() async throws(StoreError) -> [(
        source: String, kind: ResourceKind, all: Int, unsettled: Int
    )] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT source, kind, count(*) AS n, sum(is_settled = 0) AS unsettled FROM snapshots
                    WHERE is_gone = 0 GROUP BY source, kind ORDER BY source, kind
                    """
            ).compactMap { row in
                ResourceKind(rawValue: row["kind"]).map { (row["source"], $0, row["n"], row["unsettled"]) }
            }
        }
    }

    package func setFact(_ name: String, _ value: String, at now: Timestamp) async throws(StoreError) {
        try await write { db in
            try db.execute(
                literal: """
                    INSERT OR REPLACE INTO facts (name, value, changed_at) VALUES (\(name), \(value), \(now.microseconds))
                    """)
        }
    }

    package func facts(prefix: String) async throws(StoreError) -> [Fact] {
        try await read { db in
            try db.rows(
                "SELECT * FROM facts WHERE substr(name, 1, \(prefix.count)) = \(prefix) ORDER BY name"
            ).map { Fact(name: $0["name"], value: $0["value"], changedAt: Rows.instant($0["changed_at"])) }
        }
    }

    /// Removes what ended before `time`: deliveries, their notifications, changes and resolved alerts, a limited number
    /// of each so that nobody waits long for the writer. Returns whether there is more to remove.
    package func prune(endedBefore time: Timestamp, limit: Int) async throws(StoreError) -> Bool {
        try await write { db in
            let steps = [
                // What was said about an alert whose end is owed tells who is owed it.
                """
                DELETE FROM deliveries WHERE rowid IN (SELECT d.rowid FROM deliveries d WHERE d.ended_at < ?1
                    AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.id = d.order_key AND a.phase = 'firing'
                        AND a.owes_resolve) LIMIT ?2)
                """,
                """
                DELETE FROM notifications WHERE rowid IN (SELECT n.rowid FROM notifications n WHERE n.created_at < ?1
                    AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notification = n.id) LIMIT ?2)
                """,
                "DELETE FROM changes WHERE number IN (SELECT number FROM changes WHERE observed_at < ?1 LIMIT ?2)",
                """
                DELETE FROM alerts WHERE id IN (SELECT a.id FROM alerts a WHERE a.phase = 'resolved' AND a.resolved_at < ?1
                    AND EXISTS (SELECT 1 FROM alerts b WHERE b.source = a.source AND b.kind = a.kind
                        AND b.resource = a.resource AND b.rule = a.rule AND b.activation > a.activation) LIMIT ?2)
                """,
                """
                DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE phase = 'firing' AND owes_resolve = 0
                    AND due_at IS NULL AND fired_at < ?1 LIMIT ?2)
                """,
            ]
            var hasMore = false
            for sql in steps {
                try db.execute(sql: sql, arguments: [time.microseconds, limit])
                if db.changesCount >= limit { hasMore = true }
            }
            return hasMore
        }
    }
}
