import ConfigurationFiles
import Core

extension SinkKind {
    /// A service that has no preset, described in the configuration itself.
    static let http = SinkKind(
        name: "http",
        summary: "any service with an HTTP API, described by the keys of a preset",
        settings: [
            SettingDeclaration(
                "request", .tree, isRequired: true, "method, url, query, headers, and json, form, text or body"),
            SettingDeclaration(
                "settings", .values, "values for ${settings.NAME}; secrets as { env: … } or { file: … }"),
            SettingDeclaration("grammar", .tree, "how inserted texts are escaped: \(Grammar.list)"),
            SettingDeclaration("count", .tree, "the unit of limits: \(TextUnit.allCases.map(\.rawValue).listed)"),
            SettingDeclaration("texts", .tree, "named texts with a limit and a grammar of their own"),
            SettingDeclaration("limits", .tree, "body: the greatest length of a body, such as 28KB"),
            SettingDeclaration("resolved", .tree, "what is sent instead when an alert resolves"),
            SettingDeclaration("reminder", .tree, "what is sent instead while it is still firing"),
            SettingDeclaration("keep", .tree, "what of the answer is kept for the next delivery about the alert"),
            SettingDeclaration("forget", .tree, "when what was kept is no use any more"),
            SettingDeclaration("outcome", .tree, "conditions over status, headers, body and text of the answer"),
            SettingDeclaration("checks", .tree, "settings that do not go together, with the reason"),
            SettingDeclaration("name", .tree, "of a preset that was copied; not used"),
            SettingDeclaration("summary", .tree, "of a preset that was copied; not used"),
            SettingDeclaration("documentation", .tree, "of a preset that was copied; not used"),
            SettingDeclaration("tried", .tree, "of a preset that was copied; not used"),
        ] + ConnectionSettings.httpDeclarations,
        make: { (configuration, services) throws(SinkConfigurationError) in
            var members: [String: YAMLNode] = [:]
            var file: FileText?
            for (name, value) in configuration.values {
                guard case .tree(let tree) = value else { continue }
                members[name] = tree.node
                file = tree.file
            }
            var entries: [NamedValue] = []
            if case .named(let named)? = configuration.values["settings"] { entries = named }
            let values = Dictionary(
                entries.compactMap { entry in entry.value.map { (entry.name, $0) } }, uniquingKeysWith: { $1 })
            guard let file else {
                throw SinkConfigurationError(problems: [.init(key: "request", message: "is required")])
            }
            let (form, diagnostics) = FormReader.sink(members, settings: entries.map(\.declaration), in: file)
            guard let form else { throw SinkConfigurationError(diagnostics, key: "request") }
            var reader = SettingReader(configuration)
            return try FormSink(
                form, kind: "http", values: values, isWrittenByOperator: true, &reader, services)
        })
}

extension Grammar {
    fileprivate static var list: String { allCases.map(\.rawValue).listed }
}

extension [String] {
    fileprivate var listed: String { joined(separator: ", ") }
}
