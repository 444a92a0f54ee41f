import CEL
import ConfigurationFiles
import Core

/// Reads the fields of a resource as a test writes them into the JSON that the API would send.
///
/// Each documented field has its type: `prompt: 123` is a text, `duration_ms: fast` an error. A time may be written as
/// one, or as how long before or after the test's start it is: `-2h`, `20s`.
struct ResourceFields {
    let start: Timestamp

    /// The members by name, in the order of the file. `raw` holds what is not documented.
    func members(
        of node: YAMLNode, schema: ResourceSchema, what: String, _ reader: inout YAMLReader
    ) -> [(String, CELValue)] {
        var members: [(String, CELValue)] = []
        for (key, name, value) in reader.entries(of: node, what: what) {
            if name == "raw", !schema.fields.contains(where: { $0.name == "raw" }) {
                members += open(value, &reader)
                continue
            }
            guard name != "gone", let field = schema.fields.first(where: { $0.name == name }) else {
                let near = Suggestion.nearest(to: name, among: schema.fields.map(\.name)).map {
                    "did you mean '\($0)'?"
                }
                reader.error(
                    at: key, "\(what) has no field '\(name)'",
                    hint: near ?? "what is not documented stands below `raw: { \(name): … }`")
                continue
            }
            guard let json = json(value, field.kind, "`\(name)`", &reader) else { continue }
            if case .string(let text) = json, !field.knownValues.isEmpty, !field.knownValues.contains(text) {
                let near = Suggestion.nearest(to: text, among: field.knownValues).map { "did you mean '\($0)'?" }
                reader.warning(
                    at: value, "`\(name)` is '\(text)', which is not among the values that are documented", hint: near)
            }
            members.append((name, json))
        }
        return members
    }

    private func open(_ node: YAMLNode, _ reader: inout YAMLReader) -> [(String, CELValue)] {
        reader.entries(of: node, what: "`raw`").map { ($0.name, PlainYAML.value($0.value)) }
    }

    private func json(_ node: YAMLNode, _ kind: FieldKind, _ what: String, _ reader: inout YAMLReader) -> CELValue? {
        if node.isNull { return .null }
        switch kind {
        case .text: return reader.text(node, what: what).map(CELValue.string)
        case .time: return time(node, what, &reader)
        case .boolean: return reader.boolean(node, what: what).map(CELValue.bool)
        case .integer:
            if let number = node.scalarText.flatMap({ Int64($0) }) { return .int(number) }
            reader.error(at: node, "\(what) must be a whole number")
            return nil
        case .decimal:
            if let number = node.scalarText.flatMap({ Double($0) }), number.isFinite { return .double(number) }
            reader.error(at: node, "\(what) must be a number")
            return nil
        case .open: return PlainYAML.value(node)
        case .list(let element):
            return .list(
                reader.items(of: node, what: what).compactMap { json($0, element, "each of \(what)", &reader) })
        case .object(let schema):
            return .map(CELMap(members(of: node, schema: schema, what: what, &reader)))
        case .dictionary(let element):
            let entries = reader.entries(of: node, what: what)
            return .map(
                CELMap(
                    entries.compactMap { entry in json(entry.value, element, what, &reader).map { (entry.name, $0) } }))
        }
    }

    private func time(_ node: YAMLNode, _ what: String, _ reader: inout YAMLReader) -> CELValue? {
        guard let text = reader.text(node, what: what) else { return nil }
        if let time = Timestamp(rfc3339: text) { return .string(time.rfc3339) }
        let isBefore = text.hasPrefix("-")
        if let offset = DurationText.parse(isBefore ? String(text.dropFirst()) : text) {
            return .string(start.advanced(by: isBefore ? .zero - offset : offset).rfc3339)
        }
        reader.error(
            at: node, "\(what) must be a time, not '\(text)'",
            hint: "such as 20s or -2h from the start, or \(start.rfc3339)")
        return nil
    }
}

/// YAML without a schema, as JSON.
enum PlainYAML {
    static func value(_ node: YAMLNode) -> CELValue {
        switch node.value {
        case .scalar(let text, let style):
            guard style == .plain else { return .string(text) }
            if node.isNull { return .null }
            if text == "true" || text == "false" { return .bool(text == "true") }
            if let number = Int64(text) { return .int(number) }
            if let number = Double(text), number.isFinite, text.first?.isLetter == false { return .double(number) }
            return .string(text)
        case .sequence(let items): return .list(items.map(value))
        case .mapping(let entries):
            return .map(CELMap(entries.compactMap { entry in entry.key.scalarText.map { ($0, value(entry.value)) } }))
        }
    }
}
