/// Every kind of sink there is.
package enum SinkCatalog {
    /// Kinds that are more than a preset.
    private static let coded: [SinkKind] = [.email, .exec, .mqtt, .file, .log, .http, .heartbeat]

    /// All kinds in the order in which `auspex sink list` shows them: those with code, then the presets.
    package static let kinds: [SinkKind] = coded + PresetLibrary.names.compactMap { PresetLibrary.kind(named: $0) }

    /// The names of all kinds, without reading a preset.
    package static let names: [String] = coded.map(\.name) + PresetLibrary.names

    package static func kind(named name: String) -> SinkKind? {
        coded.first { $0.name == name } ?? PresetLibrary.kind(named: name)
    }

    /// What every kind understands besides its own settings. Those of the delivery lane (`retry`, `concurrency`,
    /// `rate`, `fallback`, `group_by`, …) are not a sink's business and not listed here.
    package static let commonSettings: [SettingDeclaration] = [
        timeout,
        SettingDeclaration(
            "redact", .textList, "fields left out of what is sent, such as self.prompt; also out of old and changed"),
    ]

    package static let timeout = SettingDeclaration(
        "timeout", .duration, "how long one attempt may take, such as 15s")

    /// Keys of a sink that belong to its lane, so that no setting may have their names.
    static let laneSettings: Set<String> = [
        "retry", "concurrency", "rate", "order", "deadline", "fallback", "fallback_after", "overflow", "group_by",
        "group_wait", "group_interval", "refresh",
    ]
}
