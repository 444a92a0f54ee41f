/// Finds rule files: a file itself, or the `*.yaml` and `*.yml` of a folder, by name; rule tests are not rules.
package enum RuleFileFinder {
    /// Nil where there is nothing at `path`.
    package static func files(at path: String) -> [String]? {
        guard FileAccess.isFolder(path) else { return FileAccess.exists(path) ? [path] : nil }
        let folder = path.hasSuffix("/") ? String(path.dropLast()) : path
        return FileAccess.names(in: folder)?.filter(isRuleFile).map { folder + "/" + $0 }
    }

    private static func isRuleFile(_ name: String) -> Bool {
        let isYAML = name.hasSuffix(".yaml") || name.hasSuffix(".yml")
        return isYAML && !name.hasPrefix(".") && !name.hasSuffix(".test.yaml") && !name.hasSuffix(".test.yml")
    }
}
