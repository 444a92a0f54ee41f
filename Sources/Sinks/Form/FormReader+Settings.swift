import ConfigurationFiles
import Core

extension FormReader {
    /// The declarations of a preset.
    mutating func settings(_ node: YAMLNode) -> [SettingDeclaration] {
        let taken = Set((ConnectionSettings.httpDeclarations + SinkCatalog.commonSettings).map(\.name))
        return reader.entries(of: node, what: "`settings`").compactMap { entry in
            guard !taken.contains(entry.name), entry.name != "kind", !SinkCatalog.laneSettings.contains(entry.name)
            else {
                reader.error(at: entry.key, "every sink has a setting '\(entry.name)' already")
                return nil
            }
            return declaration(entry.name, entry.value)
        }
    }

    private mutating func declaration(_ name: String, _ node: YAMLNode) -> SettingDeclaration? {
        guard
            let members = reader.members(of: node, known: SettingDeclaration.keys, what: "the setting `\(name)`")
        else { return nil }
        let written = members["type"].flatMap {
            reader.choice($0, what: "`type`", among: SettingType.writtenNames)
        }
        let type = written.flatMap { SettingType(written: $0) } ?? .text
        guard let summary = members["summary"].flatMap({ reader.text($0, what: "`summary`") }) else {
            reader.error(at: node, "the setting `\(name)` has no `summary`", hint: "one line that says what it is")
            return nil
        }
        let allowed = members["allowed"].map { reader.texts($0, what: "`allowed`").map(\.text) }
        var declaration = SettingDeclaration(
            name, type, isRequired: members["required"].flatMap { reader.boolean($0, what: "`required`") } ?? false,
            isSecret: members["secret"].flatMap { reader.boolean($0, what: "`secret`") } ?? false,
            allowedValues: allowed, summary)
        if let fallback = members["default"] { declaration.defaultValue = value(fallback, type, allowed) }
        return declaration
    }

    private mutating func value(_ node: YAMLNode, _ type: SettingType, _ allowed: [String]?) -> SettingValue? {
        let what = "`default`"
        switch type {
        case .text, .path:
            if let allowed { return reader.choice(node, what: what, among: allowed).map(SettingValue.string) }
            return reader.text(node, what: what).map(SettingValue.string)
        case .textList: return .stringList(reader.texts(node, what: what).map(\.text))
        case .integer: return reader.integer(node, what: what, in: 0...Int(Int32.max)).map(SettingValue.integer)
        case .boolean: return reader.boolean(node, what: what).map(SettingValue.boolean)
        case .duration: return reader.duration(node, what: what).map(SettingValue.duration)
        case .textMap, .tree, .values:
            reader.error(at: node, "a setting of this type has no default")
            return nil
        }
    }
}
