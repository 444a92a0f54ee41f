import GRDB
import Glibc

/// What a check-up finds of a store's file and of the disk that it is on.
package struct StoreExamination: Sendable, Equatable {
    /// What kind of disk it is, as far as that matters for a database.
    package enum Disk: Sendable, Equatable {
        case local
        /// Shared by machines: locks and shared memory do not work there as SQLite needs them.
        case network
        /// A file system in a program of its own, of which nothing is known.
        case foreign
        /// Gone with the machine's memory.
        case memory
    }

    package var bytes = 0
    package var logBytes = 0
    package var freeDiskBytes = 0
    package var disk = Disk.local
    /// How many names the file has; with more than one, two programs may each have a log of their own for it.
    package var names = 1
    /// Whether others than its owner may read or write it.
    package var isShared = false
    package var isFolderWritable = true
    /// What is damaged; nil when every page was read and is sound, or when it was not looked at.
    package var damage: String?
    /// Whether every page was read.
    package var wasReadWhole = false

    /// The largest file that is read whole: seconds.
    private static let readWholeBytes = 2 << 30

    init(path: String, pool: DatabasePool) throws {
        self.init(place: path)
        guard bytes <= StoreExamination.readWholeBytes else { return }
        wasReadWhole = true
        let verdict = try pool.read { db in try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "no verdict" }
        if verdict != "ok" { damage = verdict }
    }

    /// Looks at the place alone, also where there is no store yet.
    package init(place path: String) {
        var file = stat()
        if stat(path, &file) == 0 {
            (bytes, names, isShared) = (Int(file.st_size), Int(file.st_nlink), file.st_mode & 0o077 != 0)
        }
        if stat(path + "-wal", &file) == 0 { logBytes = Int(file.st_size) }
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        isFolderWritable = access(folder, W_OK) == 0
        var space = statvfs()
        if statvfs(folder, &space) == 0 { freeDiskBytes = Int(space.f_bavail) * Int(space.f_frsize) }
        disk = Disk(under: folder)
    }
}

extension StoreExamination.Disk {
    /// The disk that a folder is on: that of the longest mount point above it. Source: proc_pid_mountinfo(5).
    init(under folder: String) {
        guard let resolved = realpath(folder, nil) else {
            self = .local
            return
        }
        defer { free(resolved) }
        let place = String(cString: resolved)
        var (best, kind) = (-1, "")
        for line in Self.text(of: "/proc/self/mountinfo").split(separator: "\n") {
            let words = line.split(separator: " ")
            // Of mounts on the same point the last one counts.
            guard words.count > 6, let dash = words.firstIndex(of: "-"), dash + 1 < words.count else { continue }
            let point = String(words[4])
            let isAbove = point == "/" || place == point || place.hasPrefix(point + "/")
            if isAbove, point.utf8.count >= best { (best, kind) = (point.utf8.count, String(words[dash + 1])) }
        }
        self.init(fileSystem: kind)
    }

    init(fileSystem kind: String) {
        switch kind {
        case "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "lustre", "glusterfs", "beegfs", "ocfs2":
            self = .network
        case "tmpfs", "ramfs": self = .memory
        case _ where kind.hasPrefix("fuse"): self = .foreign
        default: self = .local
        }
    }

    private static func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < 1 << 20 {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension SQLiteStore {
    /// Looks at the file, the disk and, where that takes seconds at most, every page.
    package func examine() throws(StoreError) -> StoreExamination {
        do {
            return try StoreExamination(path: path, pool: pool)
        } catch {
            throw StoreError(error, path: path)
        }
    }
}
