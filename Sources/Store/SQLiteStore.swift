import Core
import GRDB
import Glibc
import Synchronization

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
        /// As a watcher, with a store of the moment that nobody else uses: nothing is waited for to be on the disk.
        case rehearsing
    }

    package let path: String
    let pool: DatabasePool
    private let writers: GroupCommit
    private let transactions = Atomic<Int>(0)
    private let pace: (any StorePace)?
    private let lock: StoreLock?
    /// Whether writing works.
    package let condition = StoreCondition()
    let silenceCache = SilenceCache()
    let conditionNumbers = Mutex(ConditionNumbers())

    /// Opens the store, making or migrating it for a watcher.
    ///
    /// Nothing is changed in a file that belongs to another program, was written by a newer version or is damaged.
    ///
    /// - Parameter pace: when work is done; nil for as soon as it can be.
    package init(path: String, access: Access, pace: (any StorePace)? = nil) throws(StoreError) {
        self.path = path
        self.pace = pace
        let isNew = try FileHeader.check(path)
        if isNew, access == .visiting { throw .missing(path: path) }
        // Before the lock, which lies beside the file that a link leads to.
        if isNew { try FileHeader.create(path) }
        lock = access == .watching ? try StoreLock(besides: path) : nil
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            configuration.maximumReaderCount = access == .rehearsing ? 1 : 4
            configuration.prepareDatabase { db in
                try db.execute(sql: "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY")
                try db.execute(sql: "PRAGMA journal_size_limit = \(SQLiteStore.logBytesKept)")
                // Only before the first table; a file without it is made anew where that is quick.
                if isNew, !db.configuration.readonly { try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
            }
            if !isNew, access != .rehearsing { try SQLiteStore.examine(path) }
            pool = try DatabasePool(path: path, configuration: configuration)
            try SQLiteStore.makeDurable(pool, access: access)
            writers = GroupCommit(pool, pace: pace)
            if access != .visiting { try SQLiteStore.migrate(pool) }
            if access == .watching { SQLiteStore.makeCompactable(pool, path: path) }
        } catch {
            throw StoreError(error, path: path)
        }
    }

    /// GRDB turns `synchronous` down to NORMAL when it turns the write-ahead log on, after what the configuration says:
    /// commits would then be lost with the machine's power. Only the writer's connection matters.
    private static func makeDurable(_ pool: DatabasePool, access: Access) throws {
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = \(access == .rehearsing ? "OFF" : "FULL")")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(logPages); PRAGMA cache_size = -\(cacheKilobytes)")
        }
    }

    /// How many pages of 4 kB the log gathers before they go into the file: pages that change often go there once.
    private static let logPages = 4000
    /// What the writer keeps of the file in memory: keys that follow no order lie all over their index.
    private static let cacheKilobytes = 8000

    /// Whether a watcher, this one or another, works with the store now.
    package var isWatched: Bool { StoreLock.isHeld(besides: path) }

    /// Ends all work on the file; afterwards it can be copied or moved.
    package func close() {
        try? pool.close()
    }

    /// The largest file that is examined whole at opening; checking reads every page.
    private static let examinedBytes = 64 << 20
    /// What the write-ahead log shrinks to once all of it is in the file.
    static let logBytesKept = 20 << 20
    /// The largest file that is rewritten at opening so that it can shrink later on: about a second's work.
    private static let rewrittenBytes = 128 << 20

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

    private static func migrate(_ pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { db in
            let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            guard version < Migrations.version else { return }
            // The indices of a large file are sorted on the disk, not in memory.
            try db.execute(sql: "PRAGMA temp_store = FILE")
            try db.inTransaction {
                if version == 0 { try db.execute(sql: "PRAGMA application_id = \(Migrations.applicationID)") }
                for step in Migrations.steps where step.version > version { try db.execute(sql: step.sql) }
                try db.execute(sql: "PRAGMA user_version = \(Migrations.version)")
                return .commit
            }
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
        }
    }

    /// A file of version 1 could not give pages back. A small one is rewritten; a large one reuses its free pages, and
    /// is rewritten when the operator has the time.
    private static func makeCompactable(_ pool: DatabasePool, path: String) {
        var information = stat()
        guard stat(path, &information) == 0, information.st_size <= rewrittenBytes else { return }
        // Not essential: where a visitor or a full disk is in the way, the next start tries again.
        try? pool.writeWithoutTransaction { db in
            guard try Int.fetchOne(db, sql: "PRAGMA auto_vacuum") == 0 else { return }
            try db.execute(sql: "PRAGMA busy_timeout = 1000; PRAGMA temp_store = FILE")
            defer { try? db.execute(sql: "PRAGMA busy_timeout = 10000; PRAGMA temp_store = MEMORY") }
            try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; VACUUM")
        }
    }

    /// How often something was written through this value: where it is as it was, nothing is new.
    package var writes: Int { transactions.load(ordering: .acquiring) }

    func write<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws(StoreError) -> T {
        defer { transactions.add(1, ordering: .acquiringAndReleasing) }
        do {
            let result = try await writers.write(body)
            condition.worked()
            return result
        } catch {
            let failure = StoreError(error, path: path)
            condition.failed(failure)
            throw failure
        }
    }

    func read<T: Sendable>(_ body: @Sendable (Database) throws -> T) async throws(StoreError) -> T {
        do {
            guard let pace else { return try await pool.read { db in try body(db) } }
            await pace.turn()
            try Task.checkCancellation()
            return try pool.readHere(body)
        } catch {
            throw StoreError(error, path: path)
        }
    }
}
