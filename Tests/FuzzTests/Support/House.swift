import Foundation

/// The files that the project ships, as inputs to begin with.
enum House {
    private static let root: URL = {
        var folder = URL(filePath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        return folder
    }()

    static func text(_ path: String) -> String? {
        try? String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The texts of a folder's files whose names end so, by name.
    static func texts(_ folder: String, ending: String) -> [String] {
        let path = root.appending(path: folder).path(percentEncoded: false)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(ending) }.sorted().compactMap { text("\(folder)/\($0)") }
    }
}
