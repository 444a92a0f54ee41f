import Engine
import Glibc

/// A folder of our own for files that nobody wants to keep.
enum TemporaryFolder {
    static func make() throws -> String {
        let base = Composition.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var template = Array("\(base)/auspex-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(.outside, "no temporary folder can be made in \(base): \(String(cString: strerror(errno)))")
        }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Removes the folder and the files in it.
    static func remove(_ folder: String) {
        for name in FileAccess.names(in: folder) ?? [] { unlink(folder + "/" + name) }
        rmdir(folder)
    }
}
