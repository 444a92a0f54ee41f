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
        let phases: [AlertPhase] = includingResolved ? [.pending, .firing, .resolved] : [.pending, .firing]
        return try await read { db in
            // One walk along the index for each phase and severity; their newest are the newest of all.
            let statement = try db.cachedStatement(
                sql: """
                    SELECT *, coalesce(resolved_at, fired_at, since) AS listed_at FROM alerts
                    WHERE phase = ? AND severity = ? ORDER BY coalesce(resolved_at, fired_at, since) DESC LIMIT ?
                    """)
            var listed: [AlertRecord] = []
            for severity in [Severity.critical, .warning, .info] where listed.count < limit {
                var alike: [(at: Int64, record: AlertRecord)] = []
                for phase in phases {
                    let rows = try Row.fetchAll(statement, arguments: [phase.rawValue, severity.rawValue, limit])
                    alike += rows.compactMap { row in Rows.alert(row).map { (row["listed_at"], $0) } }
                }
                alike.sort { ($0.at, $1.record.id.rawValue) > ($1.at, $0.record.id.rawValue) }
                listed += alike.prefix(limit - listed.count).map(\.record)
            }
            return listed
        }
    }

    /// How many alerts are in each phase.
    package func alertCounts() async throws(StoreError) -> [AlertPhase: Int] {
        try await read { db in
            var counts: [AlertPhase: Int] = [:]
            for row in try db.rows("SELECT name, count FROM tallies WHERE what = 'alerts' AND count > 0") {
                if let phase = AlertPhase(rawValue: row["name"]) { counts[phase] = row["count"] }
            }
            return counts
        }
    }

    /// Deliveries, newest first.
    package func deliveries(sink: String?, deadOnly: Bool, limit: Int) async throws(StoreError) -> [DeliveryLine] {
        var conditions: [SQL] = []
        // The dead are few among a sink's: they are found as such, not by their sink.
        if let sink { conditions.append(deadOnly ? "+d.sink = \(sink)" : "d.sink = \(sink)") }
        if deadOnly { conditions.append("d.phase = 'dead'") }
        let chosen: SQL = conditions.isEmpty ? "1" : conditions.joined(separator: " AND ")
        // Rows are numbered as they were made.
        let order: SQL = conditions.isEmpty ? "d.rowid DESC" : "d.created_at DESC, d.rowid DESC"
        return try await read { db in
            try db.rows(
                """
                SELECT d.*, n.title FROM deliveries d JOIN notifications n ON n.id = d.notification
                WHERE \(chosen) ORDER BY \(order) LIMIT \(limit)
                """
            ).map { DeliveryLine(record: Rows.delivery($0), title: $0["title"]) }
        }
    }

    /// How many resources of each source and kind are known, and how many of them are unsettled.
    package func resourceCounts() async throws(StoreError) -> [(
        source: String, kind: ResourceKind, all: Int, unsettled: Int
    )] {
        try await read { db in
            try db.rows(
                """
                SELECT name, detail, count, (SELECT count(*) FROM snapshots INDEXED BY snapshots_unsettled
                    WHERE source = name AND kind = detail AND is_settled = 0) AS unsettled
                FROM tallies WHERE what = 'present' AND count > 0 ORDER BY name, detail
                """
            ).compactMap { row in
                ResourceKind(rawValue: row["detail"]).map { (row["name"], $0, row["count"], row["unsettled"]) }
            }
        }
    }

    package func setFact(_ name: String, _ value: String, at now: Timestamp) async throws(StoreError) {
        try await write { db in
            try db.execute(
                literal: """
                    INSERT OR REPLACE INTO facts (name, value, changed_at)
                    VALUES (\(name), \(value), \(now.microseconds))
                    """)
        }
    }

    package func facts(prefix: String) async throws(StoreError) -> [Fact] {
        try await read { db in
            try db.rows(
                """
                SELECT * FROM facts WHERE name >= \(prefix) AND name < \(prefix + "\u{10FFFF}") ORDER BY name
                """
            ).map { Fact(name: $0["name"], value: $0["value"], changedAt: Rows.instant($0["changed_at"])) }
        }
    }
}
