import CEL
import Core
import GRDB

/// The store's rows, written and read in one place each.
enum Rows {
    static func instant(_ microseconds: Int64) -> Timestamp { Timestamp(microseconds: microseconds) }
    static func time(_ microseconds: Int64?) -> Timestamp? { microseconds.map(Timestamp.init(microseconds:)) }

    static func list(_ items: [String]) -> String { JSON.serialize(.list(items.map(CELValue.string))) }

    static func list(_ text: String) -> [String] {
        guard case .list(let items)? = try? JSON.parse(text) else { return [] }
        return items.compactMap { if case .string(let item) = $0 { item } else { nil } }
    }

    static func dictionary(_ items: [String: String]) -> String {
        JSON.serialize(.map(CELMap(items.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })))
    }

    static func dictionary(_ text: String) -> [String: String] {
        guard case .map(let members)? = try? JSON.parse(text) else { return [:] }
        var result: [String: String] = [:]
        for (name, value) in members.stringEntries {
            if case .string(let item) = value { result[name] = item }
        }
        return result
    }

    // Snapshots

    static func upsert(_ snapshot: Snapshot, in db: Database) throws {
        // Seen before, and most likely at the same place of its listing.
        if snapshot.observedAt > snapshot.firstSeen, try update(snapshot, in: db) { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO snapshots (source, kind, id, body, fingerprint, status, created_at, status_since, first_seen,
                    observed_at, is_settled, is_gone, is_whole)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (source, kind, id) DO UPDATE SET body = excluded.body, fingerprint = excluded.fingerprint,
                    status = excluded.status, created_at = excluded.created_at, status_since = excluded.status_since,
                    observed_at = excluded.observed_at, is_settled = excluded.is_settled, is_gone = excluded.is_gone,
                    is_whole = excluded.is_whole
                """)
        try statement.execute(arguments: [
            snapshot.key.source, snapshot.key.kind.rawValue, snapshot.key.id,
            Blob.value(snapshot.isWhole ? snapshot.body : []),
            Int64(bitPattern: snapshot.fingerprint), snapshot.status, snapshot.createdAt?.microseconds,
            snapshot.statusSince.microseconds, snapshot.firstSeen.microseconds, snapshot.observedAt.microseconds,
            snapshot.isSettled, snapshot.isGone, snapshot.isWhole,
        ])
    }

    /// Writes a new state of a resource that has kept its place in the listing; false where there is none such. The
    /// index of places is then left alone: of old resources each would be another page to read and write.
    private static func update(_ snapshot: Snapshot, in db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE snapshots SET body = ?, fingerprint = ?, status = ?, status_since = ?, observed_at = ?,
                    is_settled = ?, is_whole = ?
                WHERE source = ? AND kind = ? AND id = ? AND created_at IS ? AND is_gone = ?
                """)
        try statement.execute(arguments: [
            Blob.value(snapshot.isWhole ? snapshot.body : []), Int64(bitPattern: snapshot.fingerprint), snapshot.status,
            snapshot.statusSince.microseconds, snapshot.observedAt.microseconds, snapshot.isSettled, snapshot.isWhole,
            snapshot.key.source, snapshot.key.kind.rawValue, snapshot.key.id, snapshot.createdAt?.microseconds,
            snapshot.isGone,
        ])
        return db.changesCount > 0
    }

    /// What ``snapshot(_:key:)`` reads, by place: finding a column by its name costs more than reading it.
    static let snapshotColumns = """
        body, fingerprint, status, created_at, status_since, first_seen, observed_at, is_gone, is_whole
        """

    /// A row that begins with ``snapshotColumns``.
    static func snapshot(_ row: Row, key: ResourceKey) -> Snapshot {
        let isWhole: Bool = row[8]
        let (status, createdAt): (String, Timestamp?) = (row[2], time(row[3]))
        return Snapshot(
            key: key,
            body: isWhole ? Blob.bytes(row[0]) : Snapshot.reducedBody(id: key.id, status: status, createdAt: createdAt),
            fingerprint: UInt64(bitPattern: row[1]), status: status, createdAt: createdAt,
            statusSince: instant(row[4]), firstSeen: instant(row[5]), observedAt: instant(row[6]), isGone: row[7],
            isWhole: isWhole)
    }

    /// The snapshot of a resource, read once.
    static func snapshot(of key: ResourceKey, in db: Database) throws -> Snapshot? {
        let statement = try db.cachedStatement(
            sql: "SELECT \(snapshotColumns) FROM snapshots WHERE source = ? AND kind = ? AND id = ?")
        // The row of a cursor is not copied, and lives as long as it.
        let rows = try Row.fetchCursor(statement, arguments: [key.source, key.kind.rawValue, key.id])
        return try withExtendedLifetime(rows) { try rows.next().map { snapshot($0, key: key) } }
    }

    static func known(_ key: ResourceKey, restoredAt: Timestamp?, in db: Database) throws -> KnownResource {
        let arguments: StatementArguments = [key.source, key.kind.rawValue, key.id]
        let alerts = try db.cachedStatement(
            sql: "SELECT * FROM alerts WHERE source = ? AND kind = ? AND resource = ? ORDER BY rule, activation")
        var latest: [String: AlertRecord] = [:]
        for row in try Row.fetchAll(alerts, arguments: arguments) {
            guard let record = alert(row) else { continue }
            latest[record.rule] = record
        }
        return KnownResource(snapshot: try snapshot(of: key, in: db), latest: latest, restoredAt: restoredAt)
    }

    static func insert(_ change: ResourceChange, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO changes (source, kind, id, nature, observed_at, old_status, new_status, paths, is_baseline,
                    earlier, earlier_since)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            change.key.source, change.key.kind.rawValue, change.key.id, change.nature.rawValue,
            change.observedAt.microseconds, change.oldStatus, change.newStatus, list(change.paths), change.isBaseline,
            change.before.map { JSON.serialize(.map($0.members)) }, change.before?.statusSince.microseconds,
        ])
    }

    static func upsert(_ progress: ListingProgress, source: String, kind: ResourceKind, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO sources (name, kind, is_baselined, sweep_cursor, sweep_started_at, swept_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            source, kind.rawValue, progress.isBaselined, progress.sweepCursor,
            progress.sweepStartedAt?.microseconds, progress.sweptAt?.microseconds,
        ])
    }

    // Alerts

    /// Whom an alert was told to is noted here when it fires, and later only by what tells it: the record that a rule has
    /// looked at may be older.
    static func upsert(_ record: AlertRecord, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO alerts (id, source, kind, resource, rule, activation, phase, since, fired_at,
                    resolved_at, cleared_at, due_at, sequence, notified_at, told, owes_resolve, title, severity,
                    members)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET rule = excluded.rule,
                    activation = excluded.activation, phase = excluded.phase, since = excluded.since,
                    fired_at = excluded.fired_at, resolved_at = excluded.resolved_at, cleared_at = excluded.cleared_at,
                    due_at = excluded.due_at, sequence = excluded.sequence, notified_at = excluded.notified_at,
                    told = CASE WHEN alerts.fired_at IS NULL THEN excluded.told ELSE alerts.told END,
                    owes_resolve = excluded.owes_resolve, title = excluded.title,
                    severity = excluded.severity
                """)
        try statement.execute(arguments: [
            record.id.rawValue, record.resource.source, record.resource.kind.rawValue, record.resource.id, record.rule,
            record.activation, record.phase.rawValue, record.since.microseconds, record.firedAt?.microseconds,
            record.resolvedAt?.microseconds, record.clearedAt?.microseconds, record.dueAt?.microseconds,
            record.sequence, record.notifiedAt?.microseconds, list(record.told), record.owesResolve, record.title,
            record.severity.rawValue, record.members.map { JSON.serialize(.map($0)) },
        ])
    }

    static func alert(_ row: Row) -> AlertRecord? {
        guard let kind = ResourceKind(rawValue: row["kind"]), let phase = AlertPhase(rawValue: row["phase"]),
            let severity = Severity(rawValue: row["severity"])
        else { return nil }
        var record = AlertRecord(
            rule: row["rule"], resource: ResourceKey(source: row["source"], kind: kind, id: row["resource"]),
            activation: row["activation"], phase: phase, since: instant(row["since"]), severity: severity)
        // Not derived anew: its rule may have another name now.
        record.id = AlertID(rawValue: row["id"])
        record.firedAt = time(row["fired_at"])
        record.resolvedAt = time(row["resolved_at"])
        record.clearedAt = time(row["cleared_at"])
        record.dueAt = time(row["due_at"])
        record.sequence = row["sequence"]
        record.notifiedAt = time(row["notified_at"])
        record.told = list(row["told"] as String)
        let waiting: String = row["waiting"]
        if waiting != "[]" { record.waiting = list(waiting) }
        record.owesResolve = row["owes_resolve"]
        record.title = row["title"]
        record.members = object(row["members"])
        return record
    }

}
