/// Every kind of sink there is, in the order in which `auspex sink list` shows them.
package enum SinkCatalog {
    package static let kinds: [SinkKind] = [.webhook, .slack, .email, .file, .log]

    package static func kind(named name: String) -> SinkKind? { kinds.first { $0.name == name } }

    /// What every kind understands besides its own settings. Those of the delivery lane (`retry`, `concurrency`,
    /// `rate`, `fallback`, `group_by`, …) are not a sink's business and not listed here.
    package static let commonSettings: [SettingDeclaration] = [
        SettingDeclaration("timeout", .duration, "how long one attempt may take, such as 15s"),
        SettingDeclaration(
            "redact", .textList, "fields left out of what is sent, such as self.prompt; also out of old and changed"),
    ]
}
