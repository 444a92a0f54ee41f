package import Core
import GRDB

/// What the poll plan asks of the store. Each question is bounded, whatever the size of the store.
extension SQLiteStore {
    /// What is in flight, with its body, newest first.
    package func inFlight(
        source: String, kind: ResourceKind, limit: Int
    ) async throws(StoreError) -> [Snapshot] {
        try await read { db in
            try db.rows(
                """
                SELECT \(sql: Rows.snapshotColumns), id FROM snapshots
                WHERE source = \(source) AND kind = \(kind.rawValue) AND is_settled = 0
                ORDER BY created_at DESC LIMIT \(limit)
                """
            ).map { Rows.snapshot($0, key: ResourceKey(source: source, kind: kind, id: $0[9])) }
        }
    }

    /// Ids as the listing has them, newest first: one row above `time`, if there is one, and what follows.
    package func listingOrder(
        source: String, kind: ResourceKind, from time: Timestamp, limit: Int
    ) async throws(StoreError) -> [String] {
        try await read { db in
            let above = try db.values(
                String.self,
                """
                SELECT id FROM snapshots WHERE source = \(source) AND kind = \(kind.rawValue) AND is_gone = 0
                    AND created_at > \(time.microseconds) ORDER BY created_at, id LIMIT 1
                """)
            let below = try db.values(
                String.self,
                """
                SELECT id FROM snapshots WHERE source = \(source) AND kind = \(kind.rawValue) AND is_gone = 0
                    AND created_at <= \(time.microseconds) ORDER BY created_at DESC, id DESC LIMIT \(limit)
                """)
            return above + below
        }
    }

    /// The row just above this one in the listing, as far as it is known.
    package func neighbour(above id: String, source: String, kind: ResourceKind) async throws(StoreError) -> String? {
        try await read { db in
            try db.value(
                String.self,
                """
                SELECT id FROM snapshots WHERE source = \(source) AND kind = \(kind.rawValue) AND is_gone = 0
                    AND created_at > (SELECT created_at FROM snapshots
                        WHERE source = \(source) AND kind = \(kind.rawValue) AND id = \(id))
                ORDER BY created_at LIMIT 1
                """)
        }
    }
}
