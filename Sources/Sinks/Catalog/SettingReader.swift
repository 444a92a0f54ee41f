import Core

/// Takes settings out of a configuration and gathers what is wrong with them, so that all of it is told at once.
struct SettingReader {
    let configuration: SinkConfiguration
    private(set) var problems: [SinkConfigurationError.Problem] = []

    init(_ configuration: SinkConfiguration) { self.configuration = configuration }

    var name: String { configuration.name }

    mutating func reject(_ key: String, _ message: String) {
        problems.append(.init(key: key, message: message))
    }

    /// Throws what was gathered, if anything was.
    func finish() throws(SinkConfigurationError) {
        if !problems.isEmpty { throw SinkConfigurationError(problems: problems) }
    }

    func has(_ key: String) -> Bool { configuration.values[key] != nil }

    mutating func text(_ key: String) -> SettingText? {
        switch configuration.values[key] {
        case nil: return nil
        case .string(let text): return .plain(text)
        case .secret(let secret): return .secret(secret)
        default: return misfit(key, "a text")
        }
    }

    mutating func string(_ key: String) -> String? { text(key)?.reveal() }

    mutating func requiredText(_ key: String) -> SettingText? {
        let value = text(key)
        if value == nil || value?.reveal().isEmpty == true { reject(key, "is required and must not be empty") }
        return value
    }

    mutating func texts(_ key: String) -> [SettingText] {
        switch configuration.values[key] {
        case nil: return []
        case .string(let text): return [.plain(text)]
        case .secret(let secret): return [.secret(secret)]
        case .stringList(let texts): return texts.map(SettingText.plain)
        case .secretList(let secrets): return secrets.map(SettingText.secret)
        default: return misfit(key, "a text or a list of texts") ?? []
        }
    }

    mutating func boolean(_ key: String) -> Bool? {
        switch configuration.values[key] {
        case nil: return nil
        case .boolean(let value): return value
        default: return misfit(key, "true or false")
        }
    }

    mutating func duration(_ key: String) -> Duration? {
        switch configuration.values[key] {
        case nil: return nil
        case .duration(let value) where value > .zero: return value
        case .duration: return misfit(key, "longer than nothing")
        default: return misfit(key, "a duration such as 15s")
        }
    }

    mutating func map(_ key: String) -> [NamedText] {
        switch configuration.values[key] {
        case nil: return []
        case .stringMap(let entries): return entries
        default: return misfit(key, "a mapping of names to texts") ?? []
        }
    }

    private mutating func misfit<Value>(_ key: String, _ expected: String) -> Value? {
        reject(key, "must be \(expected)")
        return nil
    }
}
