import Core
import GRDB
import Glibc

/// Everything durable, in one SQLite file in WAL mode; its verbs are transactions named in the domain's words.
///
/// A value is shared freely: GRDB's pool serialises the writes and lets reads go beside them. One process watches with
/// a store (``Access/watching``); others may look into it and ask for replays meanwhile.
package final class SQLiteStore: Sendable {
    package enum Access: Sendable {
        /// Creates the file where it is missing and keeps other watchers out.
        case watching
        /// Looks into a store that exists.
        case visiting
    }

    package let path: String
    let pool: DatabasePool
    private let lock: StoreLock?

    /// Opens the store, making or migrating it for a watcher.
    ///
    /// Nothing is changed in a file that belongs to another program, was written by a newer version or is damaged.
    package init(path: String, access: Access) throws(StoreError) {
        self.path = path
        let isNew = try FileHeader.check(path)
        if isNew, access == .visiting { throw .missing(path: path) }
        lock = access == .watching ? try StoreLock(besides: path) : nil
        if isNew { try FileHeader.create(path) }
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.maximumReaderCount = 4
            configuration.prepareDatabase { db in
                try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY")
            }
            if !isNew { try SQLiteStore.examine(path) }
            pool = try DatabasePool(path: path, configuration: configuration)
            if access == .watching { try SQLiteStore.migrate(pool, path: path) }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// Whether a watcher, this one or another, works with the store now.
    package var isWatched: Bool { StoreLock.isHeld(besides: path) }

    /// Ends all work on the file; afterwards it can be copied or moved.
    package func close() {
        try? pool.close()
    }

    /// The largest file that is examined whole at opening; checking reads every page.
    private static let examinedBytes = 64 << 20

    /// Read-only: opening a pool already writes.
    private static func examine(_ path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        let file = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? file.close() }
        let found = try file.read { db in try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0 }
        guard found <= Migrations.version else {
            throw StoreError.newerVersion(path: path, found: found, known: Migrations.version)
        }
        let isForeign = try file.read { db in
            let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
            let hasTables = try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM sqlite_schema)") ?? false
            return hasTables && application != Migrations.applicationID
        }
        guard !isForeign else { throw StoreError.notAStore(path: path) }
        var information = stat()
        guard stat(path, &information) == 0, information.st_size <= examinedBytes else { return }
        let verdict = try file.read { db in try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "ok" }
        guard verdict == "ok" else { throw StoreError.corrupt(path: path, detail: verdict) }
    }

    private static func migrate(_ pool: DatabasePool, path: String) throws {
        try pool.write { db in
            var version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            guard version < Migrations.version else { return }
            if version == 0 { try db.execute(sql: "PRAGMA application_id = \(Migrations.applicationID)") }
            for step in Migrations.steps where step.version > version {
                try db.execute(sql: step.sql)
                version = step.version
            }
            try db.execute(sql: "PRAGMA user_version = \(version)")
        }
    }

    func write<T: Sendable>(_ body: @Sendable (Database) throws -> T) async throws(StoreError) -> T {
        do {
            return try await pool.write { db in try body(db) }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    func read<T: Sendable>(_ body: @Sendable (Database) throws -> T) async throws(StoreError) -> T {
        do {
            return try await pool.read { db in try body(db) }
        } catch {
            throw StoreError(error, path: path)
        }
    }
}

extension StoreError {
    /// Translates what GRDB and SQLite say; SQL and its arguments stay out of it.
    init(_ error: any Error, path: String) {
        if let known = error as? StoreError {
            self = known
            return
        }
        guard let database = error as? DatabaseError else {
            self = .failed(detail: "\(error)")
            return
        }
        let message = database.message ?? "\(database.resultCode)"
        switch database.resultCode {
        case .SQLITE_CORRUPT: self = .corrupt(path: path, detail: message)
        case .SQLITE_NOTADB: self = .notAStore(path: path)
        case .SQLITE_FULL: self = .full(path: path)
        case .SQLITE_READONLY, .SQLITE_PERM: self = .readOnly(path: path)
        case .SQLITE_CANTOPEN: self = .cannotOpen(path: path, detail: message)
        default: self = .failed(detail: message)
        }
    }
}
