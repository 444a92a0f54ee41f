import GRDB

extension SQLiteStore {
    /// Copies the store to a file, as of one moment, while it is in use.
    package func copy(to path: String) async throws(StoreError) {
        do {
            let copy = try DatabaseQueue(path: path)
            try pool.backup(to: copy)
            try copy.close()
        } catch {
            throw StoreError(error, path: path)
        }
    }
}
