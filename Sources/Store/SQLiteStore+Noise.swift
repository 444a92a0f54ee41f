package import Core
import GRDB

/// What is held back, gathered, silenced and owed, in numbers.
package struct NoiseCounts: Sendable, Equatable {
    package var held: [Hold.Reason: Int] = [:]
    package var queued = 0
    /// How many ends each sink is owed.
    package var owed: [String: Int] = [:]
    package var activeSilences = 0
    package var pendingSilences = 0

    package init() {}
}

extension SQLiteStore {
    /// One for each alert and sink.
    package func noiseCounts(at now: Timestamp) async throws(StoreError) -> NoiseCounts {
        try await read { db in
            var counts = NoiseCounts()
            for row in try db.rows("SELECT hold, count(*) AS n FROM tellings WHERE is_told = 0 GROUP BY hold") {
                if let reason = Hold.Reason(rawValue: row["hold"] ?? "") {
                    counts.held[reason] = row["n"]
                } else {
                    counts.queued = row["n"]
                }
            }
            let owed = try db.rows(
                """
                SELECT told.value AS sink, count(*) AS n FROM alerts INDEXED BY alerts_owed, json_each(alerts.told) AS told
                WHERE alerts.phase = 'firing' AND alerts.owes_resolve = 1 GROUP BY 1
                """)
            for row in owed { counts.owed[row["sink"]] = row["n"] }
            let silences = try db.row(
                """
                SELECT count(*) AS n, coalesce(sum(starts_at <= \(now.microseconds)), 0) AS active FROM silences
                WHERE ends_at > \(now.microseconds)
                """)
            counts.activeSilences = silences?["active"] ?? 0
            counts.pendingSilences = (silences?["n"] ?? 0) - counts.activeSilences
            return counts
        }
    }

    /// The sinks that were not told of an alert yet, and why, by alert.
    package func untold(limit: Int) async throws(StoreError) -> [AlertID: [Telling]] {
        try await read { db in
            let tellings = try db.rows("SELECT * FROM tellings WHERE is_told = 0 ORDER BY rowid LIMIT \(limit)")
                .compactMap(Rows.telling)
            return Dictionary(grouping: tellings, by: \.alert)
        }
    }
}
