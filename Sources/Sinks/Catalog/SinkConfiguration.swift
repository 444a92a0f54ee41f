package import ConfigurationFiles

/// One entry of `sinks:`, as the configuration layer hands it over.
///
/// Unknown keys, types, required keys and allowed values were checked against the kind's declarations there; a kind
/// checks what only it understands.
package struct SinkConfiguration: Sendable {
    package var name: String
    package var values: [String: SettingValue]

    package init(name: String, values: [String: SettingValue]) {
        self.name = name
        self.values = values
    }
}

/// Why a sink cannot be made of its settings: every problem, not the first.
package struct SinkConfigurationError: Error, Sendable, Equatable {
    package var problems: [Problem]

    package struct Problem: Sendable, Equatable {
        /// The key of the sink's entry that is to be changed.
        package var key: String
        /// What is wrong and what to write instead; shows no secret.
        package var message: String
        /// The same at its place, where the kind knows it better than by the key.
        package var diagnostic: FileDiagnostic?

        package init(key: String, message: String, diagnostic: FileDiagnostic? = nil) {
            self.key = key
            self.message = message
            self.diagnostic = diagnostic
        }
    }

    package init(problems: [Problem]) { self.problems = problems }
}
