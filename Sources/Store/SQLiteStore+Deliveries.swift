package import Core
import GRDB

/// A delivery that is due, with all that its attempt needs.
package struct DueDelivery: Sendable {
    package var record: DeliveryRecord
    package var notification: AlertNotification
    /// What the sink kept from earlier deliveries about the same alert and earlier attempts of this one.
    package var earlier: [String: String]
}

extension SQLiteStore {
    /// Deliveries of one sink whose time has come, earliest first. One is held back while an earlier one that `order`
    /// makes it wait for is pending, so that a resolve never overtakes its firing.
    package func dueDeliveries(
        sink: String, at now: Timestamp, order: DeliveryOrder = .alert, limit: Int, excluding claimed: Set<DeliveryID>
    ) async throws(StoreError) -> [DueDelivery] {
        let (due, unreadable) = try await read { db in
            let statement = try db.cachedStatement(sql: SQLiteStore.dueQuery(order))
            let rows = try Row.fetchCursor(
                statement, arguments: ["sink": sink, "now": now.microseconds, "limit": limit + claimed.count])
            var due: [DueDelivery] = []
            var unreadable: [DeliveryRecord] = []
            while due.count < limit, let row = try rows.next() {
                guard !claimed.contains(DeliveryID(rawValue: row[0])) else { continue }
                let record = Rows.placedDelivery(row)
                guard let notification = NotificationCodec.decode(Blob.bytes(row[15])) else {
                    unreadable.append(record)
                    continue
                }
                var earlier: [String: String] = [:]
                if record.sequence > 1 { earlier = try Rows.kept(before: record, in: db) }
                earlier.merge(record.kept) { _, own in own }
                due.append(DueDelivery(record: record, notification: notification, earlier: earlier))
            }
            return (due, unreadable)
        }
        // If the store cannot take it now, they are come across again.
        if !unreadable.isEmpty { try? await record(unreadable.map { $0.lost(at: now) }) }
        return due
    }

    private static func dueQuery(_ order: DeliveryOrder) -> String {
        let held =
            switch order {
            case .alert:
                """
                NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.sink = d.sink AND e.resource = d.resource
                    AND e.phase = 'pending' AND e.rowid < d.rowid AND e.rule = d.rule)
                """
            case .resource:
                """
                NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.sink = d.sink AND e.resource = d.resource
                    AND e.phase = 'pending' AND e.rowid < d.rowid)
                """
            case .strict:
                """
                d.rowid = (SELECT min(e.rowid) FROM deliveries e
                    WHERE e.sink = :sink AND e.phase = 'pending' AND e.digest IS NULL)
                """
            }
        return """
            SELECT \(Rows.deliveryColumns), n.document
            FROM deliveries d JOIN notifications n ON n.id = d.notification
            WHERE d.sink = :sink AND d.phase = 'pending' AND d.next_attempt_at <= :now AND \(held)
            ORDER BY d.next_attempt_at, d.rowid LIMIT :limit
            """
    }

    /// When the next pending delivery of the sink, among those that may go, is due; nil when none is pending.
    package func nextAttempt(sink: String, after now: Timestamp) async throws(StoreError) -> Timestamp? {
        try await read { db in
            let next = try db.value(
                Int64.self,
                """
                SELECT min(next_attempt_at) FROM deliveries
                WHERE sink = \(sink) AND phase = 'pending' AND next_attempt_at > \(now.microseconds)
                """)
            return Rows.time(next)
        }
    }

    /// Records ended attempts. When a firing dies without ever having been delivered, what follows it about the same
    /// alert dies with it: nobody is told the end of what they were not told. A replay sends them again in order.
    ///
    /// What died is handed to `fallback`, where the sink has one: once, with the same notification id.
    /// `now` is when they ended; without it each attempt is noted at the time that its record has.
    package func record(
        _ ended: [DeliveryRecord], fallback: String? = nil, at now: Timestamp? = nil
    ) async throws(StoreError) {
        try await write { db in
            for record in ended {
                try Rows.update(record, in: db)
                if record.phase == .pending {
                    try Rows.noteAttempt(of: record, at: now ?? record.nextAttemptAt, in: db)
                }
                try Rows.followUp(record, fallback: fallback, in: db)
            }
        }
    }

    /// Ends deliveries that were made before `time` and wait still, but for those that are `claimed`: at most `limit`.
    /// `deadline` is what was configured, for the reason. Returns them.
    package func expire(
        sink: String, madeBefore time: Timestamp, deadline: String, excluding claimed: Set<DeliveryID>,
        fallback: String?, at now: Timestamp, limit: Int
    ) async throws(StoreError) -> [DeliveryRecord] {
        let late = try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Rows.deliveryColumns) FROM deliveries d WHERE d.sink = ? AND d.phase = 'pending'
                        AND d.digest IS NULL AND d.created_at < ? ORDER BY d.rowid LIMIT ?
                    """, arguments: [sink, time.microseconds, limit + claimed.count]
            ).map(Rows.placedDelivery)
        }
        let expired = late.filter { !claimed.contains($0.id) }.prefix(limit).map { record in
            var record = record
            record.expire(deadline: deadline, at: now)
            return record
        }
        if !expired.isEmpty { try await record(expired, fallback: fallback) }
        return expired
    }

    /// Says what waits for a sink through another one too, oldest first and each only once: at most `limit`. They go on
    /// waiting. Returns how many were handed over.
    package func handOver(
        sink: String, to fallback: String, at now: Timestamp, limit: Int
    ) async throws(StoreError) -> Int {
        try await write { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT id, notification, order_key, sequence, resource, rule FROM deliveries
                    WHERE sink = ? AND phase = 'pending' AND handed_to IS NULL ORDER BY rowid LIMIT ?
                    """, arguments: [sink, limit])
            for row in rows { try Rows.handOver(row, to: fallback, at: now, in: db) }
            return rows.count
        }
    }

    /// When a person last asked for a replay of deliveries to the sink.
    package func lastReplay(sink: String) async throws(StoreError) -> Timestamp? {
        try await read { db in
            Rows.time(
                try db.value(Int64.self, "SELECT changed_at FROM facts WHERE name = \(SQLiteStore.replayFact(sink))"))
        }
    }

    private static func replayFact(_ sink: String) -> String { "replay/\(sink)" }

    /// Puts dead or delivered deliveries back on their way, with what died after them. Returns those that go again.
    package func replay(_ ids: [DeliveryID], at now: Timestamp) async throws(StoreError) -> [DeliveryID] {
        try await write { db in
            var revived: [DeliveryID] = []
            for id in ids {
                guard let row = try db.row("SELECT * FROM deliveries WHERE id = \(id.rawValue)")
                else { continue }
                let first = Rows.delivery(row)
                let followers = try db.rows(
                    """
                    SELECT * FROM deliveries WHERE sink = \(first.sink) AND order_key = \(first.orderKey)
                        AND sequence > \(first.sequence) AND phase = 'dead' AND attempts = 0
                    """)
                for var record in [first] + followers.map(Rows.delivery) where record.phase != .pending {
                    // Its row goes on to tell of the next attempt.
                    try Rows.noteAttempt(of: record, at: record.endedAt ?? record.nextAttemptAt, in: db)
                    record.replay(at: now)
                    try Rows.update(record, in: db)
                    try db.execute(literal: "UPDATE deliveries SET digest = NULL WHERE id = \(record.id.rawValue)")
                    revived.append(record.id)
                }
                // A lane that leaves its sink alone hears of it.
                try db.execute(
                    literal: """
                        INSERT OR REPLACE INTO facts (name, value, changed_at)
                        VALUES (\(SQLiteStore.replayFact(first.sink)), '', \(now.microseconds))
                        """)
            }
            return revived
        }
    }

    /// The dead letters, of one sink or of all, oldest first.
    package func deadDeliveries(sink: String?) async throws(StoreError) -> [DeliveryID] {
        try await read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT id FROM deliveries WHERE phase = 'dead' AND (?1 IS NULL OR sink = ?1)
                    ORDER BY created_at, sequence
                    """, arguments: [sink]
            ).map(DeliveryID.init(rawValue:))
        }
    }

    /// How many deliveries each sink has in each phase, and the oldest pending one.
    package func deliveryCounts() async throws(StoreError) -> [String: DeliveryCounts] {
        try await read { db in
            var counts: [String: DeliveryCounts] = [:]
            let rows = try db.rows(
                """
                SELECT name AS sink, detail AS phase, count AS n, CASE detail WHEN 'pending' THEN
                    (SELECT min(created_at) FROM deliveries WHERE sink = name AND phase = 'pending') END AS oldest
                FROM tallies WHERE what = 'deliveries' AND count > 0
                """)
            for row in rows {
                let sink: String = row["sink"]
                var entry = counts[sink] ?? DeliveryCounts()
                switch DeliveryPhase(rawValue: row["phase"]) {
                case .pending:
                    entry.pending = row["n"]
                    entry.oldestPendingAt = Rows.time(row["oldest"])
                case .delivered: entry.delivered = row["n"]
                case .dead: entry.dead = row["n"]
                case nil: continue
                }
                counts[sink] = entry
            }
            return counts
        }
    }

    /// Whether anything of these sinks could be attempted at `now`.
    package func hasDueDeliveries(at now: Timestamp) async throws(StoreError) -> Bool {
        try await read { db in
            try db.value(
                Bool.self,
                """
                SELECT EXISTS (SELECT 1 FROM deliveries WHERE phase = 'pending' AND next_attempt_at <= \(now.microseconds))
                """) ?? false
        }
    }
}

/// A sink's deliveries, counted.
package struct DeliveryCounts: Sendable, Equatable {
    package var pending = 0
    package var delivered = 0
    package var dead = 0
    package var oldestPendingAt: Timestamp?

    package init() {}
}

extension DeliveryRecord {
    /// Dead, because its row is damaged: said where the dead letters are looked at, and never passed over in silence.
    fileprivate func lost(at now: Timestamp) -> DeliveryRecord {
        var record = self
        record.phase = .dead
        record.endedAt = now
        record.lastOutcome = "refused"
        record.lastReason = "what it says cannot be read from the store any more; `auspex doctor` looks at the file"
        return record
    }
}
