package import CEL

/// Reads typed values out of YAML nodes and gathers everything that is wrong, each with its place.
package struct YAMLReader {
    package let file: FileText
    package private(set) var diagnostics: [FileDiagnostic] = []

    package init(file: FileText) { self.file = file }

    package var errorCount: Int { diagnostics.count(where: \.isError) }

    /// The root mapping, or nil with an error noted.
    package mutating func root() -> YAMLNode? {
        do {
            return try YAMLNode.parse(file)
        } catch {
            diagnostics.append(file.diagnostic(at: error.position, error.message, hint: error.hint))
            return nil
        }
    }

    package mutating func error(at node: YAMLNode, _ message: String, hint: String? = nil) {
        diagnostics.append(
            file.diagnostic(at: node.position, message, hint: hint, width: node.scalarText?.unicodeScalars.count ?? 1))
    }

    package mutating func warning(at node: YAMLNode, _ message: String, hint: String? = nil) {
        diagnostics.append(file.diagnostic(.warning, at: node.position, message, hint: hint))
    }

    /// Moves what the language says about an expression in `node` to the expression's place in the file.
    /// - Parameter offset: where in the node's text the expression's text begins, in UTF-8 bytes.
    package mutating func report(_ diagnostics: [Diagnostic], in node: YAMLNode, offset: Int = 0) {
        guard !diagnostics.isEmpty else { return }
        let positions = ScalarPositions(of: node, in: file)
        for diagnostic in diagnostics {
            let start = positions.position(atUTF8: offset + diagnostic.range.lowerBound)
            let end = positions.position(atUTF8: offset + diagnostic.range.upperBound)
            let width = end.line == start.line ? max(1, end.column - start.column) : 1
            add(
                file.diagnostic(
                    diagnostic.severity == .error ? .error : .warning, at: start, diagnostic.message,
                    hint: diagnostic.hint, width: width))
        }
    }

    package mutating func add(_ diagnostic: FileDiagnostic) { diagnostics.append(diagnostic) }

    /// The members of a mapping by key; a key that is not in `known` is an error with a suggestion. Keys of the format
    /// that this version does not have are said to be `unsupported`, so that nobody looks for a misspelling.
    package mutating func members(
        of node: YAMLNode, known: [String], unsupported: [String] = [], what: String
    ) -> [String: YAMLNode]? {
        guard case .mapping(let entries) = node.value else {
            error(at: node, "\(what) must be a mapping, not \(node.described)")
            return nil
        }
        var result: [String: YAMLNode] = [:]
        for (key, value) in entries {
            guard let name = key.scalarText else {
                error(at: key, "a key of \(what) must be a single value")
                continue
            }
            guard !unsupported.contains(name) else {
                error(at: key, "`\(name)` is not supported by this version of auspex")
                continue
            }
            guard known.contains(name) else {
                let hint = Suggestion.nearest(to: name, among: known).map { "did you mean '\($0)'?" }
                error(
                    at: key, "unknown key '\(name)' in \(what)",
                    hint: hint ?? "it may be one of: \(known.joined(separator: ", "))")
                continue
            }
            result[name] = value
        }
        return result
    }

    package mutating func entries(of node: YAMLNode, what: String) -> [(key: YAMLNode, name: String, value: YAMLNode)] {
        guard case .mapping(let entries) = node.value else {
            error(at: node, "\(what) must be a mapping, not \(node.described)")
            return []
        }
        return entries.compactMap { entry in entry.key.scalarText.map { (entry.key, $0, entry.value) } }
    }

    package mutating func items(of node: YAMLNode, what: String) -> [YAMLNode] {
        guard case .sequence(let items) = node.value else {
            error(at: node, "\(what) must be a list, not \(node.described)")
            return []
        }
        return items
    }

    package mutating func text(_ node: YAMLNode, what: String) -> String? {
        guard let text = node.scalarText, !node.isNull else {
            let isTagged = file.character(at: node.position) == "!"
            error(
                at: node, "\(what) must be a text, not \(node.described)",
                hint: isTagged ? "YAML takes what begins with ! for a tag; put it in single quotes" : nil)
            return nil
        }
        return text
    }

    /// A text or a list of texts.
    package mutating func texts(_ node: YAMLNode, what: String) -> [(node: YAMLNode, text: String)] {
        if case .sequence(let items) = node.value {
            return items.compactMap { item in text(item, what: "each of \(what)").map { (item, $0) } }
        }
        return text(node, what: what).map { [(node, $0)] } ?? []
    }

    package mutating func duration(_ node: YAMLNode, what: String) -> Duration? {
        guard let written = text(node, what: what) else { return nil }
        if let duration = DurationText.parse(written) { return duration }
        let isBare = Double(written) != nil
        error(
            at: node, "\(what) must be a duration, not '\(written)'",
            hint: isBare ? "give it a unit, such as \(written)s or \(written)m" : "such as 30s, 15m, 1h30m or 7d")
        return nil
    }

    /// `10/1m`: how many in how long.
    package mutating func rate(_ node: YAMLNode, what: String) -> (count: Int, period: Duration)? {
        guard let text = text(node, what: what) else { return nil }
        let parts = text.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let count = Int(parts[0]), count > 0, let period = DurationText.parse(String(parts[1])),
            period > .zero
        else {
            error(at: node, "\(what) must be COUNT/PERIOD, not '\(text)'", hint: "such as 10/1m")
            return nil
        }
        return (count, period)
    }

    package mutating func boolean(_ node: YAMLNode, what: String) -> Bool? {
        switch node.value {
        case .scalar("true", .plain): return true
        case .scalar("false", .plain): return false
        default:
            error(at: node, "\(what) must be true or false")
            return nil
        }
    }

    package mutating func integer(_ node: YAMLNode, what: String, in range: ClosedRange<Int>) -> Int? {
        if let number = node.scalarText.flatMap({ Int($0) }), range.contains(number) { return number }
        error(at: node, "\(what) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    package mutating func choice(_ node: YAMLNode, what: String, among allowed: [String]) -> String? {
        guard let written = text(node, what: what) else { return nil }
        if allowed.contains(written) { return written }
        let hint = Suggestion.nearest(to: written, among: allowed).map { "did you mean '\($0)'?" }
        error(at: node, "\(what) must be \(Suggestion.list(allowed)), not '\(written)'", hint: hint)
        return nil
    }
}
