package import Core
import GRDB

/// What a sink's backlog came to when it was gathered.
package struct GatheredDigest: Sendable, Equatable {
    package var delivery: DeliveryID
    /// How many notifications it stands for.
    package var count: Int
}

extension SQLiteStore {
    /// How many deliveries wait for the sink on their own, not in a digest.
    package func backlog(sink: String) async throws(StoreError) -> Int {
        try await read { db in
            try db.value(
                Int.self,
                """
                SELECT count(*) FROM deliveries
                WHERE sink = \(sink) AND phase = 'pending' AND digest IS NULL AND resource != 'digest'
                """) ?? 0
        }
    }

    /// Gathers what waits for the sink into one delivery, in the order in which it was decided: at most `limit`, and
    /// nothing of what concerns the same resources as the `claimed`, which are being sent. Nil where less than two
    /// wait.
    ///
    /// What is gathered stays, waits with the digest and ends as it does; what comes later about the same resources
    /// waits for it.
    package func gather(
        sink: String, at now: Timestamp, excluding claimed: Set<DeliveryID>, limit: Int
    ) async throws(StoreError) -> GatheredDigest? {
        let waiting = try await read { db in try Waiting(sink: sink, excluding: claimed, limit: limit, in: db) }
        guard waiting.ids.count > 1, let first = waiting.ids.first, let last = waiting.ids.last else { return nil }
        let id = NotificationID(rawValue: "ntf_" + DerivedID.text(of: ["digest", sink, first, last]))
        let notification = DigestComposer.digest(
            id: id, sink: sink, items: waiting.items, alerts: waiting.views, at: now)
        let subject = LaneSubject(orderKey: id.rawValue, resource: "digest", rule: "")
        let delivery = subject.delivery(of: id, to: sink, sequence: 1, at: now)
        return try await write { db in
            try Rows.insert(notification, in: db)
            try Rows.insert(delivery, about: subject, in: db)
            // It goes out with the digest or not at all: never due by itself.
            let statement = try db.cachedStatement(
                sql: "UPDATE deliveries SET digest = ?, next_attempt_at = ? WHERE id = ? AND phase = 'pending'")
            for member in waiting.ids {
                try statement.execute(arguments: [delivery.id.rawValue, Int64.max, member])
            }
            return GatheredDigest(delivery: delivery.id, count: waiting.ids.count)
        }
    }
}

/// What waits for a sink and may be gathered, oldest first.
private struct Waiting {
    var ids: [String] = []
    var items: [DigestItem] = []
    /// The alerts of the newest of them.
    var views: [AlertView] = []

    /// How many notifications are shown with all that is known of their alerts.
    private static let shown = 50

    init(sink: String, excluding claimed: Set<DeliveryID>, limit: Int, in db: Database) throws {
        var busy: Set<String> = []
        for id in claimed {
            busy.formUnion(
                try String.fetchAll(db, sql: "SELECT resource FROM deliveries WHERE id = ?", arguments: [id.rawValue]))
        }
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT d.id, d.resource, d.rule, n.title, n.id,
                    json_extract(CAST(n.document AS TEXT), '$.reason'),
                    json_extract(CAST(n.document AS TEXT), '$.severity')
                FROM deliveries d JOIN notifications n ON n.id = d.notification
                WHERE d.sink = ? AND d.phase = 'pending' AND d.digest IS NULL AND d.resource != 'digest'
                ORDER BY d.rowid LIMIT ?
                """, arguments: [sink, limit])
        var notifications: [String] = []
        while let row = try rows.next() {
            guard !busy.contains(row[1]) else { continue }
            ids.append(row[0])
            notifications.append(row[4])
            items.append(
                DigestItem(
                    rule: row[2], reason: NotificationReason(rawValue: row[5]) ?? .fired,
                    severity: Severity(rawValue: row[6]) ?? .info, title: row[3]))
        }
        for id in notifications.suffix(Waiting.shown) {
            let document = try Row.fetchOne(
                db, sql: "SELECT document FROM notifications WHERE id = ?", arguments: [id])
            guard let document, let notification = NotificationCodec.decode(Blob.bytes(document[0])) else { continue }
            views += notification.alerts
        }
    }
}
