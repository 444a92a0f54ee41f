import GRDB

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
        case .SQLITE_IOERR: self = .disk(path: path, detail: StoreError.words(for: database.extendedResultCode))
        case .SQLITE_CANTOPEN: self = .cannotOpen(path: path, detail: message)
        default: self = .failed(detail: message)
        }
    }

    private static func words(for code: ResultCode) -> String {
        switch code {
        case .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC: "what was written could not be made durable"
        case .SQLITE_IOERR_WRITE, .SQLITE_IOERR_TRUNCATE: "a write failed; is it mounted read-only?"
        case .SQLITE_IOERR_READ, .SQLITE_IOERR_SHORT_READ: "a read failed"
        case .SQLITE_IOERR_SHMSIZE, .SQLITE_IOERR_SHMMAP, .SQLITE_IOERR_SHMOPEN:
            "its file for shared memory cannot be made or grow"
        default: "disk I/O error \(code.rawValue)"
        }
    }
}
