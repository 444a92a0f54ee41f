package import Core
import GRDB

/// One delivery as it was put into the outbox.
package struct OutboxEntry: Sendable {
    /// Grows with each.
    package var number: Int64
    package var sink: String
    package var notification: AlertNotification
    /// Whether another sink was to say it, and did not.
    package var isHandedOver: Bool
}

/// What a rehearsal of rules wants to see of a small store: everything.
extension SQLiteStore {
    /// Empties a store of the moment, for the next rehearsal: making another takes longer.
    package func empty() async throws(StoreError) {
        try await write { db in
            try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
            let tables = try String.fetchAll(
                db.cachedStatement(
                    sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
                ))
            // What is counted by triggers is emptied after what it counts.
            for table in tables.filter({ $0 != "tallies" }) + ["tallies"] {
                try db.cachedStatement(sql: "DELETE FROM \(table)").execute()
            }
        }
    }

    /// Every alert that there is, whatever its phase, without timers.
    package func everyAlert() async throws(StoreError) -> [AlertRecord] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT * FROM alerts WHERE phase IN ('pending', 'firing', 'resolved')")
            return try Row.fetchAll(statement).compactMap(Rows.alert)
        }
    }

    /// Every look at a resource that is kept.
    package func everyLook() async throws(StoreError) -> [ResourceLook] {
        try await read { db in
            try db.rows("SELECT * FROM looks ORDER BY number").compactMap { try Rows.look($0, in: db) }
        }
    }

    /// What was put into the outbox after the delivery of this number, in order.
    package func tellings(after number: Int64) async throws(StoreError) -> [OutboxEntry] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT d.rowid AS number, d.sink, n.document, EXISTS (SELECT 1 FROM deliveries o
                        WHERE o.notification = d.notification AND o.handed_to = d.sink AND o.rowid < d.rowid) AS handed
                    FROM deliveries d JOIN notifications n ON n.id = d.notification
                    WHERE d.rowid > ? ORDER BY d.rowid
                    """)
            return try Row.fetchAll(statement, arguments: [number]).compactMap { row in
                NotificationCodec.decode(Blob.bytes(row["document"])).map {
                    OutboxEntry(number: row["number"], sink: row["sink"], notification: $0, isHandedOver: row["handed"])
                }
            }
        }
    }

    /// The number of the newest delivery; 0 where there is none.
    package func lastTelling() async throws(StoreError) -> Int64 {
        try await read { db in
            let statement = try db.cachedStatement(sql: "SELECT max(rowid) FROM deliveries")
            return try Int64.fetchOne(statement) ?? 0
        }
    }

    /// What has become of a notification at each of its sinks.
    package func deliveries(of notification: NotificationID) async throws(StoreError) -> [DeliveryRecord] {
        try await read { db in
            try db.rows("SELECT * FROM deliveries WHERE notification = \(notification.rawValue) ORDER BY rowid")
                .map(Rows.delivery)
        }
    }
}
