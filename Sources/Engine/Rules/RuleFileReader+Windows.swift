import CEL
import ConfigurationFiles
import Core

/// `over`, `by` and `measure`: the keys of rules that look at many resources at once.
extension RuleFileReader {
    static let windowKeys = ["over", "by", "measure"]

    /// The rule's window; nil where it has none, or where something is wrong with it, which is reported.
    mutating func window(_ members: [String: YAMLNode], watch: ResourceKind, at rule: YAMLNode) -> Window? {
        guard let overNode = members["over"] else {
            for key in ["by", "measure"] {
                guard let node = members[key] else { continue }
                reader.error(at: node, "`\(key)` goes with `over`", hint: "say how far back the rule looks: over: 15m")
            }
            return nil
        }
        guard watch.isListed else {
            reader.error(
                at: overNode, "`over` needs what the API lists, not a \(watch.rawValue)",
                hint: "watch: generation, character or balance")
            return nil
        }
        if let node = members["backfill"] {
            reader.error(
                at: node, "`backfill` has no meaning with `over`", hint: "a window looks back as far as it is long")
        }
        let over = over(overNode)
        let keys = members["by"].map { self.keys($0, watch: watch) } ?? []
        guard let node = members["measure"] else {
            reader.error(
                at: rule, "a rule with `over` has no `measure`",
                hint: "such as measure: { failed: 'count(self.status == \"failed\")' }")
            return nil
        }
        let measures = self.measures(node, watch: watch, taken: keys.map(\.name))
        guard let over else { return nil }
        return Window(over: over, keys: keys, measures: measures)
    }

    private mutating func over(_ node: YAMLNode) -> Duration? {
        guard let over = reader.duration(node, what: "`over`") else { return nil }
        guard over > .zero, over <= WindowLimits.longest else {
            reader.error(
                at: node,
                "`over` must be longer than nothing and no longer than \(DurationText.text(WindowLimits.longest))")
            return nil
        }
        return over
    }

    private mutating func keys(_ node: YAMLNode, watch: ResourceKind) -> [WindowKey] {
        var written: [(name: String?, node: YAMLNode)] = []
        if case .mapping = node.value {
            written = reader.entries(of: node, what: "`by`").compactMap { entry in
                name(entry.name, at: entry.key, taken: []).map { ($0, entry.value) }
            }
        } else {
            written = reader.texts(node, what: "`by`").map { (nil, $0.node) }
        }
        if written.count > WindowLimits.keys {
            reader.error(at: node, "`by` can have at most \(WindowLimits.keys) entries")
        }
        var keys: [WindowKey] = []
        for (name, node) in written.prefix(WindowLimits.keys) {
            guard let text = reader.text(node, what: "each of `by`") else { continue }
            let (key, diagnostics) = WindowCompiler.key(named: name, text, watch: watch)
            reader.report(diagnostics, in: node)
            guard let key, self.name(key.name, at: node, taken: keys.map(\.name)) != nil else { continue }
            keys.append(key)
        }
        return keys
    }

    private mutating func measures(_ node: YAMLNode, watch: ResourceKind, taken: [String]) -> [Measure] {
        let entries = reader.entries(of: node, what: "`measure`")
        if entries.isEmpty || entries.count > WindowLimits.measures {
            reader.error(at: node, "`measure` must have 1 to \(WindowLimits.measures) entries")
        }
        var measures: [Measure] = []
        for entry in entries.prefix(WindowLimits.measures) {
            let names = taken + measures.map(\.name)
            guard let name = name(entry.name, at: entry.key, taken: names),
                let text = reader.text(entry.value, what: "the measure `\(name)`")
            else { continue }
            let (measure, diagnostics) = WindowCompiler.measure(name, text, watch: watch)
            reader.report(diagnostics, in: entry.value)
            if let measure { measures.append(measure) }
        }
        return measures
    }

    private static let reserved: Set<String> = ["true", "false", "null", "in"]

    /// A name by which conditions can ask for it.
    private mutating func name(_ name: String, at node: YAMLNode, taken: [String]) -> String? {
        let scalars = Array(name.unicodeScalars)
        let isName =
            (scalars.first.map { $0.isASCII && ($0.properties.isAlphabetic || $0 == "_") } ?? false)
            && scalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || $0 == "_" || (48...57).contains($0.value))
            }
        guard isName, !RuleFileReader.reserved.contains(name) else {
            reader.error(
                at: node, "'\(name)' is no name that `when` can use",
                hint: "letters, digits and _, such as failed_images")
            return nil
        }
        guard !Window.takenNames.contains(name), !taken.contains(name) else {
            reader.error(
                at: node, "the name '\(name)' is taken",
                hint: "give it another: by: { NAME: EXPRESSION }, or in `measure`")
            return nil
        }
        return name
    }
}
