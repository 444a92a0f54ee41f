import Yams

/// A YAML node with its place in the file; only this file and `YAMLAliases` know the YAML library.
package struct YAMLNode: Sendable {
    package enum Value: Sendable {
        case scalar(String, YAMLStyle)
        case mapping([(key: YAMLNode, value: YAMLNode)])
        case sequence([YAMLNode])
    }

    package var value: Value
    package var position: FilePosition

    /// How many nodes a file may have once its aliases are followed.
    private static let nodeLimit = 200_000
    private static let depthLimit = 64

    /// Reads one document. An empty one is an empty mapping.
    package static func parse(_ file: FileText) throws(YAMLProblem) -> YAMLNode {
        try YAMLAliases.refuseThoseWithoutEnd(in: file)
        guard let root = try YAMLAliases.compose(file.text) else {
            return YAMLNode(value: .mapping([]), position: FilePosition(line: 1, column: 1))
        }
        var budget = nodeLimit
        return try YAMLNode(root, depth: 0, budget: &budget)
    }

    package init(value: Value, position: FilePosition) {
        self.value = value
        self.position = position
    }

    private init(_ node: Node, depth: Int, budget: inout Int) throws(YAMLProblem) {
        position = FilePosition(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        budget -= 1
        guard budget > 0, depth < YAMLNode.depthLimit else {
            throw YAMLProblem(
                position: position, message: "the file is too deeply nested or its aliases unfold too far")
        }
        switch node {
        case .scalar(let scalar):
            value = .scalar(scalar.string, YAMLStyle(scalar.style))
        case .mapping(let mapping):
            var entries: [(key: YAMLNode, value: YAMLNode)] = []
            for (key, item) in mapping {
                entries.append(
                    (
                        try YAMLNode(key, depth: depth + 1, budget: &budget),
                        try YAMLNode(item, depth: depth + 1, budget: &budget)
                    ))
            }
            value = .mapping(entries)
        case .sequence(let sequence):
            var items: [YAMLNode] = []
            for item in sequence { items.append(try YAMLNode(item, depth: depth + 1, budget: &budget)) }
            value = .sequence(items)
        case .alias(let alias):
            throw YAMLProblem(
                position: position, message: "the alias *\(alias.anchor.rawValue) names no anchor before it")
        }
    }

    package var scalarText: String? {
        if case .scalar(let text, _) = value { return text }
        return nil
    }

    /// Whether nothing was written: `key:` with no value, `~` or `null`.
    package var isNull: Bool {
        guard case .scalar(let text, .plain) = value else { return false }
        return text.isEmpty || text == "~" || text == "null"
    }

    /// What it is, in words for a message.
    package var described: String {
        switch value {
        case .scalar: isNull ? "nothing" : "a single value"
        case .mapping: "a mapping"
        case .sequence: "a list"
        }
    }
}

/// How a scalar was written.
package enum YAMLStyle: Sendable {
    case plain, singleQuoted, doubleQuoted, block

    fileprivate init(_ style: Node.Scalar.Style) {
        switch style {
        case .singleQuoted: self = .singleQuoted
        case .doubleQuoted: self = .doubleQuoted
        case .literal, .folded: self = .block
        case .any, .plain: self = .plain
        }
    }
}

/// Text that is not YAML.
package struct YAMLProblem: Error {
    package var position: FilePosition
    package var message: String

    /// The likely remedy. Conditions are full of what YAML takes for its own.
    package var hint: String? {
        if message.contains("mapping values are not allowed") || message.contains("did not find expected")
            || message.contains("found unexpected")
        {
            return "put a condition that begins with a quote, or holds ': ' or ' #', in single quotes, or behind >-"
        }
        return message.contains("cannot start any token")
            ? "indent with spaces, and quote what begins with @, ` or %" : nil
    }

    init(position: FilePosition, message: String) {
        self.position = position
        self.message = message
    }

    init(_ error: YamlError) {
        position = FilePosition(line: 1, column: 1)
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            position = FilePosition(line: mark.line, column: mark.column)
            message = "this is not YAML: \(problem)"
        case .reader(let problem, _, _, _): message = "the file cannot be read as text: \(problem)"
        case .duplicatedKeysInMapping(let duplicates, let context):
            position = FilePosition(line: context.mark.line, column: context.mark.column)
            message = "the key \(duplicates.map { "`\($0)`" }.joined(separator: ", ")) is given twice in this mapping"
        default: message = "this is not YAML: \(error)"
        }
    }
}
