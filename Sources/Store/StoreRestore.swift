import CEL
package import Core
import GRDB
import Glibc

/// Puts a copy in the place of a store.
package enum StoreRestore {
    package struct Outcome: Sendable, Equatable {
        package var copy: StoreCopy
        /// Where the store that was there before is now; nil where there was none.
        package var before: String?
    }

    /// What becomes of deliveries that were on their way when the copy was made, and may have arrived since.
    package enum InDoubt: Sendable {
        /// They go out, with the same ids and bodies as then.
        case send
        /// They go to the dead letters, from where a person may replay them.
        case hold
    }

    /// Puts the copy at `source` in the place of the store at `path`, which no watcher may use meanwhile.
    ///
    /// The copy is checked and copied first, so a copy that is damaged, newer or none changes nothing. The store that was
    /// there, with its log, is renamed and kept.
    package static func run(
        from source: String, to path: String, inDoubt: InDoubt, at now: Timestamp
    ) throws(StoreError) -> Outcome {
        guard try !FileHeader.check(source) else { throw .missing(path: source) }
        let lock = try StoreLock(besides: path)
        defer { withExtendedLifetime(lock) {} }
        var (information, other) = (stat(), stat())
        if stat(source, &information) == 0, stat(path, &other) == 0,
            (information.st_dev, information.st_ino) == (other.st_dev, other.st_ino)
        {
            throw .notCopied(path: path, detail: "it is the copy itself")
        }
        let fresh = path + ".restored"
        for name in [fresh, fresh + ".partial", fresh + ".partial-journal"] { unlink(name) }
        let draft = try CopyDraft(of: fresh)
        do {
            try draft.room(for: source)
            let copy = try fill(draft.path, from: source, inDoubt: inDoubt, at: now)
            try draft.publish()
            let before = try setAside(path, at: now)
            guard rename(fresh, path) == 0 else {
                throw StoreError.notCopied(path: path, detail: String(cString: strerror(errno)))
            }
            CopyDraft.syncFolder(of: path)
            return Outcome(copy: copy, before: before)
        } catch {
            draft.discard()
            unlink(fresh)
            throw StoreError(error, copying: path)
        }
    }

    private static func fill(
        _ target: String, from source: String, inDoubt: InDoubt, at now: Timestamp
    ) throws -> StoreCopy {
        var configuration = Configuration()
        configuration.readonly = true
        let original = try DatabaseQueue(path: source, configuration: configuration)
        defer { try? original.close() }
        let checked = try original.read { db in
            let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            guard version <= Migrations.version else {
                throw StoreError.newerVersion(path: source, found: version, known: Migrations.version)
            }
            return try StoreCopy(checking: db, path: source)
        }
        let copy = try DatabaseQueue(path: target)
        try original.backup(to: copy)
        try copy.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = DELETE")
            try db.inTransaction {
                if inDoubt == .hold { try hold(at: now, in: db) }
                try db.execute(
                    literal: """
                        INSERT OR REPLACE INTO facts (name, value, changed_at)
                        VALUES (\(SQLiteStore.restoreFact), '', \(now.microseconds))
                        """)
                return .commit
            }
        }
        try copy.close()
        return checked
    }

    private static func hold(at now: Timestamp, in db: Database) throws {
        let reason = "held back: the store was restored from a copy, and this may have arrived since; replay sends it"
        try db.execute(
            literal: """
                UPDATE deliveries SET phase = 'dead', ended_at = \(now.microseconds), last_outcome = 'unknown',
                    last_reason = \(reason), may_have_arrived = 1 WHERE phase = 'pending'
                """)
    }

    /// Renames the store and what belongs to it. Its log goes into it first, if it is well enough for that.
    private static func setAside(_ path: String, at now: Timestamp) throws -> String? {
        var information = stat()
        guard lstat(path, &information) == 0 else {
            // A log without its file belongs to nothing, and must not be taken for the new file's.
            for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
            return nil
        }
        if let old = try? DatabaseQueue(path: path) {
            _ = try? old.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
            try? old.close()
        }
        let stamp = now.rfc3339.filter { $0.isNumber || $0 == "T" }.prefix(15)
        var before = "\(path).before-\(stamp)"
        var number = 1
        while lstat(before, &information) == 0 {
            number += 1
            before = "\(path).before-\(stamp)-\(number)"
        }
        for suffix in ["-wal", "-shm", ""] where lstat(path + suffix, &information) == 0 {
            guard rename(path + suffix, before + suffix) == 0 else {
                throw StoreError.notCopied(path: path, detail: String(cString: strerror(errno)))
            }
        }
        return before
    }
}

extension SQLiteStore {
    /// The fact that says when a copy took the store's place.
    static let restoreFact = "restored"
}
