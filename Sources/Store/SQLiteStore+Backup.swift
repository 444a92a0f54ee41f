package import Core
import GRDB
import Glibc

/// A finished copy of a store.
package struct StoreCopy: Sendable, Equatable {
    package var bytes: Int
    /// When it was made; nil for a file that was copied by other means.
    package var madeAt: Timestamp?
    /// Deliveries that were on their way.
    package var pending: Int
}

extension SQLiteStore {
    /// Copies the store, as of one moment and while it is in use, to a file of its own that only its owner can read.
    ///
    /// Nothing is overwritten. The file appears under its name when it is complete, checked and on the disk; what is left
    /// of a copy that was cut off is `path` with `.partial` behind it, and the next one takes its place.
    package func backup(to path: String, at now: Timestamp) throws(StoreError) -> StoreCopy {
        let draft = try CopyDraft(of: path)
        do {
            try draft.room(for: self.path)
            let copy = try DatabaseQueue(path: draft.path)
            try pool.backup(to: copy)
            try copy.writeWithoutTransaction { db in
                // One file without a log beside it, which can be moved, read from anywhere and checked.
                try db.execute(sql: "PRAGMA journal_mode = DELETE")
                try db.execute(
                    literal: """
                        INSERT OR REPLACE INTO facts (name, value, changed_at)
                        VALUES (\(StoreCopy.fact), '', \(now.microseconds))
                        """)
            }
            let result = try copy.read { db in try StoreCopy(checking: db, path: path) }
            try copy.close()
            try draft.publish()
            return result
        } catch {
            draft.discard()
            throw StoreError(error, copying: path)
        }
    }
}

extension StoreCopy {
    /// The fact in a copy that says when it was made.
    static let fact = "copy"

    /// Reads every page and every reference, and what the copy says of itself. Throws where it is not sound.
    init(checking db: Database, path: String) throws {
        let verdict = try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") ?? "no verdict"
        guard verdict == "ok" else { throw StoreError.corrupt(path: path, detail: verdict) }
        if try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") != nil {
            throw StoreError.corrupt(path: path, detail: "a delivery without its notification")
        }
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        bytes = pages * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
        madeAt = Rows.time(try db.value(Int64.self, "SELECT changed_at FROM facts WHERE name = \(StoreCopy.fact)"))
        pending = try Int.fetchOne(db, sql: "SELECT count(*) FROM deliveries WHERE phase = 'pending'") ?? 0
    }
}

/// A file that is being written beside the place where it is to be.
final class CopyDraft {
    /// Where it is written.
    let path: String
    private let target: String
    private let descriptor: CInt

    /// Throws where the target exists, or another process writes its draft.
    init(of target: String) throws(StoreError) {
        self.target = target
        path = target + ".partial"
        var information = stat()
        guard lstat(target, &information) != 0 else { throw .exists(path: target) }
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw .notCopied(path: target, detail: String(cString: strerror(errno))) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            close(opened)
            throw .notCopied(path: target, detail: "another process is writing it just now")
        }
        descriptor = opened
        // What an earlier one left behind.
        unlink(path + "-journal")
        ftruncate(opened, 0)
    }

    deinit { close(descriptor) }

    /// Throws where the disk has less room than a copy of the file needs.
    func room(for source: String) throws(StoreError) {
        var (file, disk) = (stat(), statvfs())
        guard stat(source, &file) == 0, fstatvfs(descriptor, &disk) == 0 else { return }
        let (needed, free) = (Int(file.st_size), Int(disk.f_bavail) * Int(disk.f_frsize))
        guard free <= needed else { return }
        throw .notCopied(path: target, detail: "it needs \(needed >> 20) MB, and the disk has \(free >> 20) MB left")
    }

    /// Gives it its name, once it is on the disk. A file that came there meanwhile stays.
    func publish() throws(StoreError) {
        guard fsync(descriptor) == 0 else { throw .notCopied(path: target, detail: String(cString: strerror(errno))) }
        if link(path, target) == 0 {
            unlink(path)
        } else {
            // Disks without hard links: a moment in which another may come first, and would be replaced.
            guard errno != EEXIST else { throw .exists(path: target) }
            guard rename(path, target) == 0 else {
                throw .notCopied(path: target, detail: String(cString: strerror(errno)))
            }
        }
        CopyDraft.syncFolder(of: target)
    }

    func discard() {
        unlink(path)
        unlink(path + "-journal")
    }

    /// Makes a new name durable.
    static func syncFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}

extension StoreError {
    /// The same, where it is a copy that could not be written: the store itself is well.
    init(_ error: any Error, copying path: String) {
        switch StoreError(error, path: path) {
        case .full: self = .notCopied(path: path, detail: "the disk is full")
        case .disk(_, let detail), .failed(let detail): self = .notCopied(path: path, detail: detail)
        case .readOnly: self = .notCopied(path: path, detail: "it cannot be written")
        case let other: self = other
        }
    }
}
