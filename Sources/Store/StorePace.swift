import GRDB

/// When a store's work is done. The service has none: GRDB's queues do it as soon as they can. The simulation decides by
/// its seed, does everything on one thread, and lets the disk fail.
package protocol StorePace: Sendable {
    /// Does `write` later, once, and not before this has returned.
    func schedule(_ write: @escaping @Sendable () -> Void)
    /// Called before a transaction is committed; what it throws undoes all of it.
    func willCommit() throws
    /// Returns when a read may be done.
    func turn() async
}

extension DatabasePool {
    /// Reads on the caller's thread, which waits for it.
    func readHere<T>(_ body: (Database) throws -> T) throws -> T { try read(body) }

    /// Writes on the caller's thread, which waits for it.
    func writeHere(_ body: (Database) throws -> Void) throws { try writeWithoutTransaction(body) }
}
