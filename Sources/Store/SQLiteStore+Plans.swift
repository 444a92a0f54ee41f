package import Core
import GRDB

/// What a plan for another configuration asks of the store.
extension SQLiteStore {
    /// One kind of resource of one source.
    package struct Listing: Sendable, Hashable {
        package var source: String
        package var kind: ResourceKind
    }

    /// The listings that were ever read.
    package func listings() async throws(StoreError) -> [Listing] {
        try await read { db in
            try db.rows("SELECT name, kind FROM sources ORDER BY name, kind").compactMap { row in
                ResourceKind(rawValue: row["kind"]).map { Listing(source: row["name"], kind: $0) }
            }
        }
    }

    /// The ids of a listing's resources in batches: all that are known whole, and those with unfinished alerts.
    package func idsToPlan(
        _ listing: Listing, isWhole: Bool, after: String, limit: Int
    ) async throws(StoreError) -> [String] {
        try await read { db in
            let open = try db.values(
                String.self,
                """
                SELECT DISTINCT resource FROM alerts WHERE phase <> 'resolved' AND source = \(listing.source)
                    AND kind = \(listing.kind.rawValue) AND resource > \(after) ORDER BY resource LIMIT \(limit)
                """)
            guard isWhole else { return open }
            let whole = try db.values(
                String.self,
                """
                SELECT id FROM snapshots WHERE source = \(listing.source) AND kind = \(listing.kind.rawValue)
                    AND is_whole = 1 AND is_gone = 0 AND id > \(after) ORDER BY id LIMIT \(limit)
                """)
            return Array(Set(open + whole).sorted().prefix(limit))
        }
    }

    /// What is not told yet, as another routing would have it.
    package struct Prospect: Sendable {
        package var telling: Telling
        /// What would hold it.
        package var hold: Hold?
        /// When its group speaks.
        package var dueAt: Timestamp?
    }

    package func prospects(
        of routing: Routing, at now: Timestamp, limit: Int
    ) async throws(StoreError) -> [Prospect] {
        try await read { [silenceCache] db in
            let router = CommitRouter(routing, silences: try silenceCache.lasting(at: now, in: db))
            let rows = try db.rows(
                """
                SELECT t.*, g.due_at AS group_due FROM tellings t LEFT JOIN alert_groups g ON g.id = t.alert_group
                WHERE t.is_told = 0 ORDER BY t.rowid LIMIT \(limit)
                """)
            return try rows.compactMap { row in
                guard let telling = Rows.telling(row) else { return nil }
                var prospect = Prospect(telling: telling, hold: nil, dueAt: Rows.time(row["group_due"]))
                if telling.state == .held, let id = telling.notification,
                    let notification = try Rows.notification(id, in: db)
                {
                    prospect.hold = try router.hold(notification, at: now, in: db)
                }
                return prospect
            }
        }
    }
}
