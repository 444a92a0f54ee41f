/// What can be wrong with the store, by what the operator can do about it.
package enum StoreError: Error, Sendable, Equatable {
    /// Another process watches with this store.
    case inUse(path: String)
    /// A newer Auspex wrote it; nothing was changed.
    case newerVersion(path: String, found: Int, known: Int)
    /// The file is not an Auspex store.
    case notAStore(path: String)
    case corrupt(path: String, detail: String)
    /// No space left, or the disk refuses to write.
    case full(path: String)
    case readOnly(path: String)
    /// The disk or its driver says that reading, writing or making durable failed.
    case disk(path: String, detail: String)
    case cannotOpen(path: String, detail: String)
    case missing(path: String)
    /// There is a file already where a copy is to be.
    case exists(path: String)
    /// A copy could not be made; the store itself is as it was.
    case notCopied(path: String, detail: String)
    /// Anything else that SQLite says.
    case failed(detail: String)
}

extension StoreError: CustomStringConvertible {
    /// Where, what, and what to do.
    package var description: String {
        switch self {
        case .inUse(let path):
            "the store \(path) is in use by another auspex run; stop that one first, or give this one its own `store:`"
        case .newerVersion(let path, let found, let known):
            "the store \(path) was written by a newer auspex (its version is \(found), this program knows \(known)); "
                + "nothing was changed; use the newer program, or another file for `store:`"
        case .notAStore(let path):
            "\(path) is a database of another program; nothing was changed; give another file for `store:`"
        case .corrupt(let path, let detail):
            "the store \(path) is damaged (\(detail)); nothing was changed; restore a backup, or move the file away "
                + "and start with an empty store, which takes what is there now as its baseline"
        case .full(let path): "the disk of the store \(path) is full; make room, and auspex goes on by itself"
        case .readOnly(let path):
            "the store \(path) cannot be written; check the permissions of the file and its folder, and whether the disk "
                + "is mounted read-only"
        case .disk(let path, let detail):
            "the disk of the store \(path) fails (\(detail)); look at the system's log and at the disk; what was said to be "
                + "stored is, and auspex goes on by itself once the disk does"
        case .cannotOpen(let path, let detail): "the store \(path) cannot be opened: \(detail)"
        case .missing(let path): "there is no store at \(path) yet; `auspex run` makes it"
        case .exists(let path): "there is a file \(path) already; nothing was overwritten; give another name"
        case .notCopied(let path, let detail):
            "the copy \(path) was not made: \(detail); the store itself is as it was"
        case .failed(let detail): "the store failed: \(detail)"
        }
    }
}
