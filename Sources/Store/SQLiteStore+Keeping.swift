import CEL
package import Core
import GRDB
import Glibc

extension SQLiteStore {
    /// Does a part of a chore: at most `limit` rows, all older than `time`, from where the last part ended. Returns
    /// where it ended; nil when there are no more.
    package func work(
        on chore: Chore, before time: Timestamp, after position: Chore.Position?, limit: Int
    ) async throws(StoreError) -> Chore.Position? {
        let (old, going) = try await read { db in
            let rows = try Row.fetchAll(
                db.cachedStatement(sql: chore.candidates),
                arguments: [time.microseconds, position?.time ?? Int64.min, position?.key ?? .null, limit]
            ).prefix { $0["is_old"] }
            func place(_ row: Row) -> Chore.Position { Chore.Position(time: row["time"], key: row["key"]) }
            return (rows.map(place), rows.filter { $0["may_go"] }.map(place))
        }
        guard let last = old.last else { return nil }
        let next = old.count < limit ? nil : last
        guard !going.isEmpty else { return next }
        let keys = JSON.serialize(
            .list(going.map { entry in Int64.fromDatabaseValue(entry.key).map(CELValue.int) ?? .string(entry.text) }))
        try await write { db in
            let removal = try db.cachedStatement(sql: chore.removal)
            let arguments: StatementArguments = [time.microseconds, keys]
            guard chore.fate == .shrink else { return try removal.execute(arguments: arguments) }
            // Written anew side by side: rows that became shorter where they are would leave every page half empty.
            for row in try Row.fetchAll(removal, arguments: arguments) {
                guard let kind = ResourceKind(rawValue: row[10]) else { continue }
                var snapshot = Rows.snapshot(row, key: ResourceKey(source: row[11], kind: kind, id: row[9]))
                snapshot.isWhole = false
                try Rows.upsert(snapshot, in: db)
            }
        }
        return next
    }

    /// Removes what ended before `time`: deliveries, their notifications, changes and alerts that are over, at most
    /// `limit` of each kind. Returns whether there may be more.
    package func prune(endedBefore time: Timestamp, limit: Int) async throws(StoreError) -> Bool {
        var hasMore = false
        for chore in Chore.history where try await work(on: chore, before: time, after: nil, limit: limit) != nil {
            hasMore = true
        }
        return hasMore
    }

    /// How large the store's file is, and how much of it is free.
    package struct Size: Sendable, Equatable {
        package var pages: Int
        package var freePages: Int
        /// Whether the file can give free pages back while it is in use.
        package var isCompactable: Bool
        package var logBytes: Int
    }

    package func size() async throws(StoreError) -> Size {
        let log = path + "-wal"
        return try await read { db in
            var information = stat()
            return Size(
                pages: try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0,
                freePages: try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0,
                isCompactable: try Int.fetchOne(db, sql: "PRAGMA auto_vacuum") == 2,
                logBytes: stat(log, &information) == 0 ? Int(information.st_size) : 0)
        }
    }

    /// Gives up to so many free pages back to the disk: one short transaction.
    package func compact(pages: Int) async throws(StoreError) {
        try await write { db in try db.execute(sql: "PRAGMA incremental_vacuum(\(pages))") }
    }

    /// Moves all of the write-ahead log into the file and cuts it, if nobody is reading; the log of a store in which
    /// somebody always reads would grow without end otherwise. Waits for readers of this process, 100 ms for others.
    package func cutLog() async throws(StoreError) {
        do {
            try await pool.barrierWriteWithoutTransaction { db in
                try db.execute(sql: "PRAGMA busy_timeout = 100")
                defer { try? db.execute(sql: "PRAGMA busy_timeout = 10000") }
                do {
                    _ = try db.checkpoint(.truncate)
                } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
                    // Another process reads; the next time will do.
                }
            }
        } catch {
            throw StoreError(error, path: path)
        }
    }
}

extension Chore.Position {
    fileprivate var text: String { String.fromDatabaseValue(key) ?? "" }
}
