package import ConfigurationFiles
package import Core

/// The value of one setting of a sink, with `env` and `file` already read.
package enum SettingValue: Sendable, Hashable {
    case string(String)
    case secret(Secret)
    case stringList([String])
    case secretList([Secret])
    case integer(Int)
    case boolean(Bool)
    case duration(Duration)
    /// In the order of the file.
    case stringMap([NamedText])
    case tree(SettingTree)
    /// Values under names of the user's own, in the order of the file.
    case named([NamedValue])
}

extension SettingValue {
    /// A simple value as a configuration writes it; nil for a secret and for what has parts.
    package var written: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): "\(number)"
        case .boolean(let flag): "\(flag)"
        case .duration(let duration): DurationText.text(duration)
        case .stringList(let texts): texts.joined(separator: ", ")
        default: nil
        }
    }
}

/// A part of the configuration that a kind reads by itself, so that its errors have a place.
package struct SettingTree: Sendable, Hashable {
    package var node: YAMLNode
    package var file: FileText

    package init(node: YAMLNode, file: FileText) {
        self.node = node
        self.file = file
    }

    package static func == (left: SettingTree, right: SettingTree) -> Bool {
        left.file.text == right.file.text && left.node.position == right.node.position
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(node.position) }
}

/// One entry of `settings:` of an `http` sink: a value, or, in a copied preset, its declaration and perhaps a value.
package struct NamedValue: Sendable, Hashable {
    package var declaration: SettingDeclaration
    /// Nil for a setting that may be left out and was.
    package var value: SettingValue?

    package var name: String { declaration.name }

    package init(_ declaration: SettingDeclaration, value: SettingValue?) {
        self.declaration = declaration
        self.value = value
    }

    /// A value that nothing declares, or nothing under a name of its own.
    package init(name: String, value: SettingValue?) {
        let type = value?.type ?? .text
        self.init(
            SettingDeclaration(name, type, isRequired: value != nil, "of the configuration"), value: value)
    }
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

/// One entry of a setting such as `headers:`.
package struct NamedText: Sendable, Hashable {
    package var name: String
    package var value: SettingText

    package init(name: String, value: SettingText) {
        self.name = name
        self.value = value
    }
}

/// A text that was written in the configuration, or that came from the environment or a file and is not to be shown.
package enum SettingText: Sendable, Hashable {
    case plain(String)
    case secret(Secret)

    /// The text itself, for the one place that sends it.
    package func reveal() -> String {
        switch self {
        case .plain(let text): text
        case .secret(let secret): secret.reveal()
        }
    }
}
