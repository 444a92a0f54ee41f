/// One key that a kind of sink understands, for the check of a configuration and for `auspex sink list`.
package struct SettingDeclaration: Sendable, Hashable {
    package var name: String
    package var type: SettingType
    package var isRequired: Bool
    /// Whether the value must never be shown. Such a value arrives as ``SettingValue/secret(_:)`` or
    /// ``SettingValue/secretList(_:)``, however it was written.
    package var isSecret: Bool
    /// One line for people.
    package var summary: String
    /// The only texts allowed, or nil for any.
    package var allowedValues: [String]?
    /// What holds where nothing is written.
    package var defaultValue: SettingValue?

    package init(
        _ name: String, _ type: SettingType, isRequired: Bool = false, isSecret: Bool = false,
        allowedValues: [String]? = nil, default defaultValue: SettingValue? = nil, _ summary: String
    ) {
        self.name = name
        self.type = type
        self.isRequired = isRequired
        self.isSecret = isSecret
        self.allowedValues = allowedValues
        self.defaultValue = defaultValue
        self.summary = summary
    }

    /// What a preset may say of a setting, and what a sink made from a copy of it adds: its `value`.
    package static let keys = ["type", "required", "secret", "allowed", "default", "summary", "value"]
}

/// What may be written for a setting, and as which ``SettingValue`` it then arrives.
///
/// | type | written as | arrives as |
/// |---|---|---|
/// | `text` | a string, `{ env: … }`, `{ file: … }` | `string` when written plainly, else `secret` |
/// | `text`, secret | the same | `secret` |
/// | `textList` | a text or a list of them | `stringList` |
/// | `textList`, secret | the same | `secretList` |
/// | `path` | a string, relative to the configuration's folder | `string`, resolved |
/// | `textMap` | a mapping of names to texts | `stringMap` |
/// | `integer`, `boolean`, `duration` | `3`, `true`, `15s` | the case of that name |
/// | `tree` | any YAML | `tree`, for the kind to read |
/// | `values` | a mapping of names to texts, numbers, `true`, `false` or secrets | `named` |
package enum SettingType: String, Sendable, Hashable, CaseIterable {
    case text, textList, path, textMap, integer, boolean, duration, tree, values

    /// The types that a preset may declare, by the names that it writes.
    private static let names: [(written: String, type: SettingType)] = [
        ("text", .text), ("text_list", .textList), ("path", .path), ("text_map", .textMap), ("integer", .integer),
        ("boolean", .boolean), ("duration", .duration),
    ]

    package static let writtenNames = names.map(\.written)

    /// The type of that name, as a preset writes it.
    package init?(written: String) {
        guard let entry = SettingType.names.first(where: { $0.written == written }) else { return nil }
        self = entry.type
    }
}
