import Glibc

/// Appends whole lines to files that others may read, rotate or append to at the same time.
enum LineAppender {
    struct Failure: Error {
        var message: String
    }

    /// Prompts are private: nobody but the owner reads a file that we make.
    private static let permissions: mode_t = 0o600
    private static let lineFeed = UInt8(ascii: "\n")
    private static let lockTries = 2000
    private static let lockPauseMicroseconds: UInt32 = 1000

    /// Appends `line`, which ends in a line feed, with one write, and waits until it is on the disk.
    ///
    /// A file that ends within a line (the machine went down, the disk was full) gets a line feed first, so that one
    /// broken line never breaks the next.
    static func append(_ line: [UInt8], to path: String) -> Failure? {
        // O_NONBLOCK: opening a pipe nobody reads must fail, not hang; plain files do not care.
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, permissions)
        guard descriptor >= 0 else { return lastFailure("cannot be opened") }
        defer {
            // Said, and not left to the closing: a program that is just being started holds a copy until it has begun.
            flock(descriptor, LOCK_UN)
            close(descriptor)
        }
        guard lock(descriptor) else { return Failure(message: "is locked by another program") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return lastFailure("cannot be examined") }
        guard status.st_mode & S_IFMT == S_IFREG else { return Failure(message: "is not a plain file") }
        let sizeBefore = status.st_size
        let endsWithinLine = endsWithinLine(descriptor, size: status.st_size)
        let bytes = endsWithinLine ? [lineFeed] + line : line
        let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count else {
            let failure = written < 0 ? lastFailure("cannot be written") : Failure(message: "has no space left")
            takeBack(written, from: descriptor, sizeBefore: sizeBefore)
            return failure
        }
        guard fsync(descriptor) == 0 else { return lastFailure("cannot be flushed to disk") }
        // Moved away it still has the line; deleted, or compressed into another file, it has not.
        guard fstat(descriptor, &status) == 0, status.st_nlink > 0 else {
            return Failure(message: "was deleted while it was written to")
        }
        if sizeBefore == 0 { flushFolder(of: path) }
        return nil
    }

    /// Holds off other appenders of ours between looking at the file's end and writing. Programs that
    /// take no lock are not held off, and what they append stays whole all the same.
    private static func lock(_ descriptor: Int32) -> Bool {
        for _ in 0..<lockTries {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            guard errno == EWOULDBLOCK || errno == EINTR else { return true }
            usleep(lockPauseMicroseconds)
        }
        return false
    }

    private static func endsWithinLine(_ descriptor: Int32, size: off_t) -> Bool {
        guard size > 0 else { return false }
        var last: UInt8 = 0
        return pread(descriptor, &last, 1, size - 1) == 1 && last != lineFeed
    }

    /// Removes the beginning of a line that did not fit, unless somebody has appended behind it.
    private static func takeBack(_ written: Int, from descriptor: Int32, sizeBefore: off_t) {
        var status = stat()
        guard written > 0, fstat(descriptor, &status) == 0, status.st_size == sizeBefore + written else { return }
        // Where it cannot be removed, the next line repairs the file.
        _ = ftruncate(descriptor, sizeBefore)
    }

    /// A new file's name is on the disk only when its folder is. Some file systems cannot say, and need not.
    private static func flushFolder(of path: String) {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private static func lastFailure(_ what: String) -> Failure {
        Failure(message: "\(what): \(String(cString: strerror(errno)))")
    }
}
