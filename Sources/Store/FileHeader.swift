import Glibc

/// Looks at the beginning of a database file before SQLite may touch it.
///
/// Source: "Database File Format", section 1.3 (user version at offset 60, application id at offset 68) and 1.6 (the
/// first page holds the schema; its number of rows is at offset 103).
enum FileHeader {
    /// Returns whether there is no store yet. Throws where the file is another program's or a newer version's.
    static func check(_ path: String) throws(StoreError) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return true }
            throw .cannotOpen(path: path, detail: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var header = [UInt8](repeating: 0, count: 108)
        let count = read(descriptor, &header, header.count)
        if count < 0 { throw .cannotOpen(path: path, detail: String(cString: strerror(errno))) }
        if count == 0 { return true }
        guard count == header.count else { throw .corrupt(path: path, detail: "the file ends after \(count) bytes") }
        guard header.starts(with: Array("SQLite format 3\0".utf8)) else { throw .notAStore(path: path) }
        let version = number(header, at: 60)
        let application = Int32(bitPattern: UInt32(number(header, at: 68)))
        if application == 0, version == 0 {
            // A store whose first transaction is still in the log has no schema in the file yet; others have one.
            let isLeaf = header[100] == 13
            guard isLeaf, header[103] == 0, header[104] == 0 else { throw .notAStore(path: path) }
            return false
        }
        guard application == Migrations.applicationID else { throw .notAStore(path: path) }
        guard version <= Migrations.version else {
            throw .newerVersion(path: path, found: version, known: Migrations.version)
        }
        return false
    }

    /// Makes an empty file that only its owner can read: prompts are nobody else's business. SQLite gives the files
    /// beside it the same rights.
    static func create(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotOpen(path: path, detail: String(cString: strerror(errno))) }
        close(descriptor)
    }

    private static func number(_ header: [UInt8], at offset: Int) -> Int {
        header[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }
}
