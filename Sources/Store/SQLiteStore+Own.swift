package import Core
import GRDB

/// What a sink still owes.
package struct SinkBacklog: Sendable, Equatable {
    package var pending = 0
    package var dead = 0
    package var oldestPendingAt: Timestamp?

    package init() {}
}

extension SQLiteStore {
    /// The sources and sinks that are known as resources and not gone, whether they are configured still or not.
    package func ownResources() async throws(StoreError) -> [ResourceKey] {
        try await read { db in
            // The table of resources may be large and begins with the source's name; the one of listings is small.
            let rows = try db.rows("SELECT name, kind FROM sources WHERE kind IN ('source', 'sink')")
            return try rows.flatMap { row -> [ResourceKey] in
                let (source, kind): (String, String) = (row["name"], row["kind"])
                let ids = try db.values(
                    String.self, "SELECT id FROM snapshots WHERE source = \(source) AND kind = \(kind) AND is_gone = 0")
                return ids.compactMap { id in
                    ResourceKind(rawValue: kind).map { ResourceKey(source: source, kind: $0, id: id) }
                }
            }
        }
    }

    /// What a sink owes, without what is about sinks: an alert about a sink that is told to a sink must not become the
    /// reason of the next.
    package func backlog(ofSink sink: String) async throws(StoreError) -> SinkBacklog {
        try await read { db in
            let rows = try db.rows(
                """
                SELECT 'pending' AS phase, count(*) AS n, min(created_at) AS oldest FROM deliveries
                WHERE sink = \(sink) AND phase = 'pending'
                    AND order_key NOT IN (SELECT id FROM alerts WHERE source = \(ResourceKey.ownSource) AND kind = 'sink')
                    AND order_key NOT GLOB 'own_*'
                UNION ALL
                SELECT 'dead', count(*), NULL FROM deliveries
                WHERE sink = \(sink) AND phase = 'dead'
                    AND order_key NOT IN (SELECT id FROM alerts WHERE source = \(ResourceKey.ownSource) AND kind = 'sink')
                    AND order_key NOT GLOB 'own_*'
                """)
            var backlog = SinkBacklog()
            for row in rows {
                if row["phase"] == "dead" {
                    backlog.dead = row["n"]
                } else {
                    backlog.pending = row["n"]
                    backlog.oldestPendingAt = Rows.time(row["oldest"])
                }
            }
            return backlog
        }
    }
}
