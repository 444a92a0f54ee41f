package import Core
import GRDB
import Synchronization

/// How far the listing of one kind of resource of one source has come.
package struct ListingProgress: Sendable, Equatable {
    /// Whether the first full listing is complete; until then, what it finds is the baseline.
    package var isBaselined = false
    /// Where the running full listing goes on; nil when none runs or it begins at the head.
    package var sweepCursor: String?
    package var sweepStartedAt: Timestamp?
    package var sweptAt: Timestamp?

    package init() {}
}

/// One transaction's worth of what was seen and decided.
package struct ObservationCommit: Sendable {
    package let decision: Decision
    /// The progress of listings that this page moves on.
    package var progress: [ResourceKind: ListingProgress]
    package var source: String
    /// How what is to be told reaches its sinks.
    package var routing: Routing
    /// How far windows over a listing have come, where that moves on.
    package var windows: [ResourceKind: [WindowMark]] = [:]
    /// What is told as it is stored: written down here, where no other writer waits for it.
    let documents: NotificationDocuments

    package init(
        decision: Decision, progress: [ResourceKind: ListingProgress], source: String, routing: Routing = Routing()
    ) {
        self.decision = decision
        self.progress = progress
        self.source = source
        self.routing = routing
        documents = NotificationDocuments(decision.notifications)
    }
}

/// What of a snapshot the poll plan needs.
package struct UnsettledResource: Sendable, Equatable {
    package var id: String
    package var createdAt: Timestamp?
    package var statusSince: Timestamp
}

extension SQLiteStore {
    /// Commits snapshots, changes, alerts and outbox rows together or not at all. Committing the same again changes
    /// nothing: ids are derived, and what is there stays.
    package func commit(_ commit: ObservationCommit) async throws(StoreError) {
        var numbers = conditionNumbers.withLock(\.self)
        numbers = try await write { [silenceCache, numbers] db in
            var numbers = numbers
            for snapshot in commit.decision.snapshots { try Rows.upsert(snapshot, in: db) }
            for change in commit.decision.changes { try Rows.insert(change, in: db) }
            for look in commit.decision.looks { try Rows.insert(look, &numbers, in: db) }
            let now = commit.decision.looks.first?.at ?? commit.decision.notifications.first?.notification.timestamp
            for id in commit.decision.forgotten {
                try Rows.noteForgotten(id, at: now, in: db)
                try db.execute(literal: "DELETE FROM alerts WHERE id = \(id.rawValue)")
            }
            for record in commit.decision.records { try Rows.noteStep(of: record, at: now, in: db) }
            try Rows.tell(commit.decision, by: commit.routing, silenceCache, documents: commit.documents, in: db)
            for (kind, progress) in commit.progress {
                try Rows.upsert(progress, source: commit.source, kind: kind, in: db)
            }
            for (kind, marks) in commit.windows {
                for mark in marks { try Rows.upsert(mark, source: commit.source, kind: kind, in: db) }
            }
            return numbers
        }
        // Only now: a number of what was not committed may become another's.
        conditionNumbers.withLock { $0 = numbers }
    }

    /// What is known of these resources: their snapshots, and each rule's latest alert about them.
    package func known(
        source: String, kind: ResourceKind, ids: [String]
    ) async throws(StoreError) -> [String: KnownResource] {
        try await read { db in
            let restoredAt = Rows.time(
                try Int64.fetchOne(
                    db.cachedStatement(sql: "SELECT changed_at FROM facts WHERE name = ?"),
                    arguments: [SQLiteStore.restoreFact]))
            var result: [String: KnownResource] = [:]
            for id in ids where result[id] == nil {
                result[id] = try Rows.known(
                    ResourceKey(source: source, kind: kind, id: id), restoredAt: restoredAt, in: db)
            }
            return result
        }
    }

    /// The fingerprints of the newest resources, to compare pages with without reading bodies.
    package func fingerprints(
        source: String, kind: ResourceKind, limit: Int
    ) async throws(StoreError) -> [(id: String, fingerprint: UInt64)] {
        try await read { db in
            try db.rows(
                """
                SELECT id, fingerprint FROM snapshots
                WHERE source = \(source) AND kind = \(kind.rawValue) AND is_gone = 0
                ORDER BY created_at DESC LIMIT \(limit)
                """
            ).map { row in (row["id"], UInt64(bitPattern: row["fingerprint"])) }
        }
    }

    /// The stored fingerprints of just these resources; those that are unknown or gone are missing.
    package func fingerprints(
        source: String, kind: ResourceKind, ids: [String]
    ) async throws(StoreError) -> [String: UInt64] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT fingerprint FROM snapshots WHERE source = ? AND kind = ? AND id = ? AND is_gone = 0")
            var result: [String: UInt64] = [:]
            for id in ids {
                let found = try Int64.fetchOne(statement, arguments: [source, kind.rawValue, id])
                if let found { result[id] = UInt64(bitPattern: found) }
            }
            return result
        }
    }

    /// Resources of which more is expected, oldest first.
    package func unsettled(
        source: String, kind: ResourceKind, limit: Int
    ) async throws(StoreError) -> [UnsettledResource] {
        try await read { db in
            try db.rows(
                """
                SELECT id, created_at, status_since FROM snapshots INDEXED BY snapshots_unsettled
                WHERE source = \(source) AND kind = \(kind.rawValue) AND is_settled = 0
                ORDER BY created_at LIMIT \(limit)
                """
            ).map { row in
                UnsettledResource(
                    id: row["id"], createdAt: Rows.time(row["created_at"]),
                    statusSince: Rows.instant(row["status_since"]))
            }
        }
    }

    /// As deep as ``count(source:kind:since:)`` looks.
    private static var deepest: Int { 20_000 }

    /// How many resources are at least as new as `time`, up to 20,000; tells how deep in the listing something lies.
    package func count(source: String, kind: ResourceKind, since time: Timestamp) async throws(StoreError) -> Int {
        try await read { db in
            try db.value(
                Int.self,
                """
                SELECT count(*) FROM (SELECT 1 FROM snapshots
                    WHERE source = \(source) AND kind = \(kind.rawValue) AND is_gone = 0
                        AND created_at >= \(time.microseconds) LIMIT \(SQLiteStore.deepest))
                """) ?? 0
        }
    }

    /// The ids of all resources that are not gone, in batches by id; `after` is the last id of the batch before.
    package func presentIDs(
        source: String, kind: ResourceKind, after: String, limit: Int
    ) async throws(StoreError) -> [String] {
        try await read { db in
            try db.values(
                String.self,
                """
                SELECT id FROM snapshots
                WHERE source = \(source) AND kind = \(kind.rawValue) AND is_gone = 0 AND id > \(after)
                ORDER BY id LIMIT \(limit)
                """)
        }
    }

    /// The same of resources that are known whole: what a rule that is new can look at.
    package func wholeIDs(
        source: String, kind: ResourceKind, after: String, limit: Int
    ) async throws(StoreError) -> [String] {
        try await read { db in
            try db.values(
                String.self,
                """
                SELECT id FROM snapshots
                WHERE source = \(source) AND kind = \(kind.rawValue) AND is_whole = 1 AND is_gone = 0 AND id > \(after)
                ORDER BY id LIMIT \(limit)
                """)
        }
    }

    /// How many resources are not gone. Not counted, but known.
    package func presentCount(source: String, kind: ResourceKind) async throws(StoreError) -> Int {
        try await read { db in
            try db.value(
                Int.self,
                """
                SELECT count FROM tallies
                WHERE what = 'present' AND name = \(source) AND detail = \(kind.rawValue)
                """) ?? 0
        }
    }

    package func progress(source: String, kind: ResourceKind) async throws(StoreError) -> ListingProgress {
        try await read { db in
            let row = try db.row("SELECT * FROM sources WHERE name = \(source) AND kind = \(kind.rawValue)")
            guard let row else { return ListingProgress() }
            var progress = ListingProgress()
            progress.isBaselined = row["is_baselined"]
            progress.sweepCursor = row["sweep_cursor"]
            progress.sweepStartedAt = Rows.time(row["sweep_started_at"])
            progress.sweptAt = Rows.time(row["swept_at"])
            return progress
        }
    }

    /// The resources whose alerts are due to be evaluated again, with the rules concerned, earliest first. Alerts about
    /// groups are not among them: their windows keep their timers.
    package func due(
        source: String, kind: ResourceKind, at now: Timestamp, limit: Int
    ) async throws(StoreError) -> [(key: ResourceKey, rules: Set<String>)] {
        try await read { db in
            let rows = try db.rows(
                """
                SELECT resource, rule FROM alerts
                WHERE source = \(source) AND kind = \(kind.rawValue) AND due_at <= \(now.microseconds)
                    AND members IS NULL
                ORDER BY due_at LIMIT \(limit)
                """)
            var rules: [ResourceKey: Set<String>] = [:]
            var order: [ResourceKey] = []
            for row in rows {
                let key = ResourceKey(source: source, kind: kind, id: row["resource"])
                if rules[key] == nil { order.append(key) }
                rules[key, default: []].insert(row["rule"])
            }
            return order.map { ($0, rules[$0] ?? []) }
        }
    }

    /// When the next alert of the source that is due after `now` is due.
    package func nextDue(
        source: String, kind: ResourceKind, after now: Timestamp
    ) async throws(StoreError) -> Timestamp? {
        try await read { db in
            let due = try db.value(
                Int64.self,
                """
                SELECT min(due_at) FROM alerts
                WHERE source = \(source) AND kind = \(kind.rawValue) AND due_at > \(now.microseconds)
                    AND members IS NULL
                """)
            return Rows.time(due)
        }
    }
}
