import Glibc

/// Keeps two watchers off one store: an advisory lock on a file beside it, which the kernel drops with the process.
final class StoreLock: Sendable {
    private let descriptor: CInt
    /// How often the lock is tried, 10 ms apart, before it is another watcher's.
    private static let glances = 10

    /// Throws ``StoreError/inUse(path:)`` when another process holds it.
    init(besides path: String) throws(StoreError) {
        let lockPath = StoreLock.path(besides: path)
        let opened = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard opened >= 0 else {
            throw .cannotOpen(path: path, detail: "its lock file \(lockPath): \(String(cString: strerror(errno)))")
        }
        // A visitor that looks whether anybody watches holds it for an instant; a watcher holds it for good.
        var glances = 0
        while flock(opened, LOCK_EX | LOCK_NB) != 0 {
            glances += 1
            guard glances < StoreLock.glances else {
                close(opened)
                throw .inUse(path: path)
            }
            _ = poll(nil, 0, 10)
        }
        descriptor = opened
    }

    deinit {
        // Said, and not left to the closing: a program that is just being started holds a copy until it has begun.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Whether a watcher works with the store now.
    static func isHeld(besides path: String) -> Bool {
        let opened = open(StoreLock.path(besides: path), O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { return false }
        defer { close(opened) }
        return flock(opened, LOCK_SH | LOCK_NB) != 0
    }

    /// Beside the file itself, also where `path` leads to it by a link: SQLite, too, keeps its log there.
    private static func path(besides path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path + "-lock" }
        defer { free(resolved) }
        return String(cString: resolved) + "-lock"
    }
}
