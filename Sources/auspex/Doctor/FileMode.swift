import Glibc

/// Who may do what with a file.
struct FileMode {
    private let bits: mode_t

    /// Nil where there is no such file.
    init?(_ path: String) {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        bits = information.st_mode
    }

    /// Whether every user of the machine may read it.
    var isReadableByAll: Bool { bits & S_IROTH != 0 }
    /// Whether anybody but its owner may read or write it.
    var isShared: Bool { bits & (S_IRWXG | S_IRWXO) != 0 }
}
