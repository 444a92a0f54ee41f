import Glibc

/// Reads files that others renew while we run: credentials, tokens.
enum SmallFile {
    struct Problem: Error {
        var message: String
    }

    /// The whole file, at most `limitBytes` of it, as text.
    static func text(of path: String, limitBytes: Int) throws(Problem) -> String {
        // O_NONBLOCK: opening a pipe nobody writes to must fail, not hang.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw problem(path, "cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw problem(path, "is not an ordinary file")
        }
        var bytes = [UInt8](repeating: 0, count: limitBytes + 1)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress?.advanced(by: length), buffer.count - length)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw problem(path, "cannot be read: \(String(cString: strerror(errno)))") }
            if count == 0 { break }
            length += count
        }
        guard length <= limitBytes else { throw problem(path, "has more than \(limitBytes) bytes") }
        guard let text = String(validating: bytes[..<length], as: UTF8.self) else {
            throw problem(path, "is not UTF-8 text")
        }
        return text
    }

    private static func problem(_ path: String, _ message: String) -> Problem { Problem(message: "\(path) \(message)") }
}
