/// Finds files with tests of rules: a file itself, or the `*.test.yaml` and `*.test.yml` of a folder, by name.
package enum RuleTestFinder {
    /// Nil where there is nothing at `path`.
    package static func files(at path: String) -> [String]? {
        guard FileAccess.isFolder(path) else { return FileAccess.exists(path) ? [path] : nil }
        let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
        return FileAccess.names(in: folder)?.filter(isTestFile).map { folder == "." ? $0 : folder + "/" + $0 }
    }

    private static func isTestFile(_ name: String) -> Bool {
        !name.hasPrefix(".") && (name.hasSuffix(".test.yaml") || name.hasSuffix(".test.yml"))
    }
}
