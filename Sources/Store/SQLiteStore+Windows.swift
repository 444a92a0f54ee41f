import CEL
package import Core
import GRDB

extension SQLiteStore {
    /// How far the windows over a listing have come, by rule.
    package func windowMarks(source: String, kind: ResourceKind) async throws(StoreError) -> [String: WindowMark] {
        try await read { db in
            let rows = try db.rows("SELECT * FROM windows WHERE source = \(source) AND kind = \(kind.rawValue)")
            let marks = rows.map { row in
                WindowMark(rule: row["rule"], identity: row["identity"], clock: Rows.instant(row["clock"]))
            }
            return Dictionary(marks.map { ($0.rule, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// When a copy took the store's place; nil where none has.
    package func restoredAt() async throws(StoreError) -> Timestamp? {
        try await read { db in
            Rows.time(
                try db.value(
                    Int64.self, "SELECT changed_at FROM facts WHERE name = \(SQLiteStore.restoreFact)"))
        }
    }

    /// Forgets how far other rules than these have come: should they come back, they begin anew.
    package func forgetWindows(
        except rules: Set<String>, source: String, kind: ResourceKind
    ) async throws(StoreError) {
        let names = Rows.list(rules.sorted())
        try await write { db in
            try db.execute(
                literal: """
                    DELETE FROM windows WHERE source = \(source) AND kind = \(kind.rawValue)
                        AND rule NOT IN (SELECT value FROM json_each(\(names)))
                    """)
        }
    }

    /// The last alert of each group of each rule over a listing.
    package func groupAlerts(source: String, kind: ResourceKind) async throws(StoreError) -> [AlertRecord] {
        try await read { db in
            var latest: [String: AlertRecord] = [:]
            let rows = try db.rows(
                """
                SELECT * FROM alerts INDEXED BY alerts_of_groups
                WHERE source = \(source) AND kind = \(kind.rawValue) AND members IS NOT NULL ORDER BY activation
                """)
            for row in rows {
                guard let record = Rows.alert(row) else { continue }
                latest[record.rule + "\u{1f}" + record.resource.id] = record
            }
            return latest.values.sorted { ($0.rule, $0.resource.id) < ($1.rule, $1.resource.id) }
        }
    }

    /// Hands over the recorded changes of each resource of a listing, as far as they were observed after `time`, one
    /// resource after the other. The body runs inside one read, so nothing is missing and nothing comes twice; writers
    /// go on meanwhile.
    ///
    /// Several calls can share the work: each takes the resources of one part.
    package func histories(
        source: String, kind: ResourceKind, after time: Timestamp, part: HistoryPart = .whole,
        _ body: @escaping @Sendable (ResourceHistory) throws -> Void
    ) async throws(StoreError) {
        try await read { db in
            let changes = try db.cachedStatement(
                sql: """
                    SELECT \(Rows.changeColumns), id FROM changes WHERE observed_at > ? AND source = ? AND kind = ?
                        AND (? = 1 OR unicode(substr(id, -1)) % ? = ?)
                    ORDER BY id, number
                    """)
            var gathered: [ResourceChange] = []
            func handOver() throws {
                guard let key = gathered.first?.key else { return }
                if let snapshot = try Rows.snapshot(of: key, in: db) {
                    try body(ResourceHistory(snapshot: snapshot, changes: gathered))
                }
                gathered = []
            }
            let rows = try Row.fetchCursor(
                changes, arguments: [time.microseconds, source, kind.rawValue, part.count, part.count, part.number])
            while let row = try rows.next() {
                let key = ResourceKey(source: source, kind: kind, id: row[8])
                if let last = gathered.first?.key, last != key { try handOver() }
                if let change = Rows.change(row, key: key) { gathered.append(change) }
            }
            try handOver()
        }
    }
}

/// A part of all resources, told by the ends of their ids.
package struct HistoryPart: Sendable {
    package var number: Int
    package var count: Int

    /// `number` is below `count`.
    package init(_ number: Int, of count: Int) {
        self.number = number
        self.count = count
    }

    package static let whole = HistoryPart(0, of: 1)
}

extension SQLiteStore {
    /// Hands over the resources of a listing that are known whole and have not changed after `time`.
    package func standing(
        source: String, kind: ResourceKind, until time: Timestamp, part: HistoryPart = .whole,
        _ body: @escaping @Sendable (Snapshot) throws -> Void
    ) async throws(StoreError) {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT \(Rows.snapshotColumns), id FROM snapshots
                    WHERE source = ? AND kind = ? AND is_whole = 1 AND is_gone = 0 AND observed_at <= ?
                        AND (? = 1 OR unicode(substr(id, -1)) % ? = ?)
                    """)
            let rows = try Row.fetchCursor(
                statement,
                arguments: [source, kind.rawValue, time.microseconds, part.count, part.count, part.number])
            while let row = try rows.next() {
                try body(Rows.snapshot(row, key: ResourceKey(source: source, kind: kind, id: row[9])))
            }
        }
    }

    /// How many changes were observed after `time`, and when the first of all that are recorded was.
    package func recordedChanges(after time: Timestamp) async throws(StoreError) -> (count: Int, first: Timestamp?) {
        try await read { db in
            let count = try db.value(
                Int.self, "SELECT count(*) FROM changes WHERE observed_at > \(time.microseconds)")
            return (count ?? 0, Rows.time(try db.value(Int64.self, "SELECT min(observed_at) FROM changes")))
        }
    }

    /// The sources and kinds of which changes are recorded.
    package func recordedListings() async throws(StoreError) -> [(source: String, kind: ResourceKind)] {
        try await read { db in
            try db.rows("SELECT DISTINCT name, kind FROM sources ORDER BY name, kind").compactMap { row in
                ResourceKind(rawValue: row["kind"]).map { (row["name"], $0) }
            }
        }
    }
}

extension Rows {
    static func upsert(_ mark: WindowMark, source: String, kind: ResourceKind, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO windows (source, kind, rule, identity, clock) VALUES (?, ?, ?, ?, ?)")
        try statement.execute(arguments: [source, kind.rawValue, mark.rule, mark.identity, mark.clock.microseconds])
    }

    /// What ``change(_:key:)`` reads, by place.
    static let changeColumns = """
        nature, observed_at, old_status, new_status, paths, is_baseline, earlier, earlier_since
        """

    /// A row that begins with ``changeColumns``.
    static func change(_ row: Row, key: ResourceKey) -> ResourceChange? {
        guard let nature = ResourceChange.Nature(rawValue: row[0]) else { return nil }
        var change = ResourceChange(
            key: key, nature: nature, observedAt: instant(row[1]), oldStatus: row[2], newStatus: row[3],
            paths: list(row[4] as String), isBaseline: row[5])
        if let text = row[6] as String?, let since = time(row[7]), let members = object(text) {
            change.before = EarlierState(members: members, statusSince: since)
        }
        return change
    }

    /// A JSON object out of a column.
    static func object(_ text: String?) -> CELMap? {
        guard let text, case .map(let members)? = try? JSON.parse(text) else { return nil }
        return members
    }
}
