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
            var values: [String: SettingValue] = [:]
            if case .named(let entries)? = configuration.values["settings"] {
                for entry in entries { values[entry.name] = entry.value }
            }
            guard let file else {
                throw SinkConfigurationError(problems: [.init(key: "request", message: "is required")])
            }
            let declarations = values.sorted { $0.key < $1.key }.map { name, value in
                SettingDeclaration(name, value.type, isRequired: true, "of the configuration")
            }
            let (form, diagnostics) = FormReader.sink(members, settings: declarations, in: file)
            guard let form else { throw SinkConfigurationError(diagnostics, key: "request") }
            var reader = SettingReader(configuration)
            return try FormSink(
                form, kind: "http", values: values, isWrittenByOperator: true, &reader, services)
        })
}

extension SettingValue {
    /// What it would be declared as.
    fileprivate var type: SettingType {
        switch self {
        case .string, .secret: .text
        case .stringList, .secretList: .textList
        case .integer: .integer
        case .boolean: .boolean
        case .duration: .duration
        case .stringMap: .textMap
        case .tree, .named: .tree
        }
    }
}

extension Grammar {
    fileprivate static var list: String { allCases.map(\.rawValue).listed }
}

extension [String] {
    fileprivate var listed: String { joined(separator: ", ") }
}
