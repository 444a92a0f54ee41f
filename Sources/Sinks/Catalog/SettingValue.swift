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
