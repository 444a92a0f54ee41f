import CEL
import ConfigurationFiles
import Core

/// Reads `group_by`, `group_wait` and `group_interval` of a rule or a sink.
enum GroupingReader {
    static let keys = ["group_by", "group_wait", "group_interval"]

    /// Nil where none of them is said.
    static func read(_ members: [String: YAMLNode], _ reader: inout YAMLReader) -> Grouping? {
        guard keys.contains(where: { members[$0] != nil }) else { return nil }
        var grouping = Grouping(by: members["group_by"].map { programs($0, &reader) } ?? [])
        if let node = members["group_wait"] {
            grouping.wait = reader.duration(node, what: "`group_wait`") ?? grouping.wait
        }
        if let node = members["group_interval"] {
            grouping.interval = reader.duration(node, what: "`group_interval`") ?? grouping.interval
        }
        return grouping
    }

    private static func programs(_ node: YAMLNode, _ reader: inout YAMLReader) -> [Program] {
        // One expression, or a list of them; an empty list makes one group of all.
        if case .sequence(let items) = node.value, items.isEmpty { return [] }
        return reader.texts(node, what: "`group_by`").compactMap { item, text in
            let compilation = AlertScope.environment.compile(text)
            reader.report(compilation.diagnostics, in: item)
            return compilation.program
        }
    }
}
