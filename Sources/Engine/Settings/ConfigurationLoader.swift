package import ConfigurationFiles
package import Core
package import Sinks

/// A configuration whose rules and sinks are ready to work.
package struct LoadedConfiguration: Sendable {
    package var settings: Settings
    package var rules: [Rule]
    /// In the order of the configuration; empty when no services were given to make them with.
    package var sinks: [any Sink]

    package init(settings: Settings, rules: [Rule], sinks: [any Sink]) {
        self.settings = settings
        self.rules = rules
        self.sinks = sinks
    }
}

/// Reads a configuration with all that it names, and reports everything that is wrong with any of it.
package enum ConfigurationLoader {
    package struct Result: Sendable {
        /// Nil when there is an error.
        package var configuration: LoadedConfiguration?
        package var diagnostics: [FileDiagnostic]
        /// The files that were read, to notice when one changes.
        package var files: [String]
    }

    /// Throws only when the configuration file itself cannot be read.
    package static func load(
        path: String, environment: [String: String], services: SinkServices?, needsSecrets: Bool = true
    ) throws(SecretProblem) -> Result {
        let text = try FileAccess.text(of: path)
        let file = FileText(name: path, text: text)
        let read = SettingsReader.read(
            file, folder: FileAccess.folder(of: path), environment: environment, needsSecrets: needsSecrets)
        var diagnostics = read.diagnostics
        guard let settings = read.partial else {
            return Result(configuration: nil, diagnostics: diagnostics, files: [path])
        }
        var sinks: [any Sink] = []
        if let services {
            for sink in settings.sinks where sink.isSound {
                do throws(SinkConfigurationError) {
                    sinks.append(try sink.kind.make(sink.configuration, services))
                } catch {
                    diagnostics += error.problems.map { problem in
                        if let diagnostic = problem.diagnostic { return diagnostic.masking(read.plainSecrets) }
                        return file.diagnostic(
                            at: settings.place(of: problem.key, inSink: sink.configuration.name),
                            "the sink '\(sink.configuration.name)': `\(problem.key)` \(problem.message)"
                        ).masking(read.plainSecrets)
                    }
                }
            }
        }
        let rules = RuleFileReader.read(
            files: settings.ruleFiles,
            surroundings: .init(
                sinks: settings.sinkNames, notify: settings.notify, heartbeats: settings.heartbeatNames))
        diagnostics += rules.diagnostics
        let isSound = !diagnostics.contains(where: \.isError)
        return Result(
            configuration: isSound ? LoadedConfiguration(settings: settings, rules: rules.rules, sinks: sinks) : nil,
            diagnostics: diagnostics, files: [path] + settings.ruleFiles)
    }
}

extension Settings {
    /// Where a sink's setting stands in the configuration file; the sink itself where the setting is not written.
    func place(of key: String, inSink name: String) -> FilePosition {
        guard let sink = sinks.first(where: { $0.configuration.name == name }) else {
            return FilePosition(line: 1, column: 1)
        }
        return sink.places[key] ?? sink.position
    }
}
