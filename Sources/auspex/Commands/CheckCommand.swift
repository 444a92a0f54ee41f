import ArgumentParser
import CEL
import ConfigurationFiles
import Engine
import Sinks
import Transport

/// `auspex check`: is everything in order?
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks the configuration and the rules, and says what is wrong and where.",
        discussion: """
            Example: auspex check rules/generations.yaml

            Without RULES it checks the configuration and all that it names. With RULES it checks those; where there is a
            configuration, its sinks are the ones that they may name. Ends with 1 if there is an error.
            """)

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var jsonOption: JSONOption
    @Argument(help: "Rule files or folders.")
    var rules: [String] = []

    func run() async throws {
        let path = configurationOption.config
        var diagnostics: [FileDiagnostic] = []
        var surroundings = RuleFileReader.Surroundings(sinks: [], notify: nil)
        var summary: [String] = []
        if rules.isEmpty || FileAccess.exists(path) || path != "auspex.yaml" {
            let result = try loadConfiguration(path)
            diagnostics += result.diagnostics
            if let loaded = result.configuration {
                surroundings = .init(
                    sinks: loaded.settings.sinks.map(\.configuration.name), notify: loaded.settings.notify)
                summary.append(
                    "\(path): \(Counted.text(loaded.settings.sources.count, "source")), "
                        + "\(Counted.text(loaded.settings.sinks.count, "sink")), "
                        + Counted.text(loaded.rules.count, "rule"))
            }
        }
        var files: [String] = []
        for path in rules {
            guard let found = RuleFileFinder.files(at: path) else {
                throw Failure(.input, "there is no rule file or folder '\(path)'")
            }
            files += found
        }
        if !files.isEmpty {
            let result = RuleFileReader.read(files: files, surroundings: surroundings)
            diagnostics += result.diagnostics.filter { !diagnostics.contains($0) }
            summary.append("\(Counted.text(files.count, "rule file")): \(Counted.text(result.rules.count, "rule"))")
        }
        try tell(diagnostics, summary: summary)
    }

    private func loadConfiguration(_ path: String) throws -> ConfigurationLoader.Result {
        let logger = Composition.logger(format: nil)
        let transport = CurlTransport(options: .init())
        defer { transport.shutdown() }
        return try Composition.loadReporting(
            path, services: Composition.services(transport: transport, logger: logger))
    }

    private func tell(_ diagnostics: [FileDiagnostic], summary: [String]) throws {
        let errors = diagnostics.count(where: \.isError)
        if jsonOption.json {
            Console.output(JSON.serialize(.list(diagnostics.map(row))))
        } else {
            for diagnostic in diagnostics { Console.error(diagnostic.rendered) }
        }
        guard errors == 0 else {
            throw Failure(.input, Counted.text(errors, "error"))
        }
        if !jsonOption.json {
            for line in summary { Console.output(line) }
            Console.output("all is in order")
        }
    }

    private func row(_ diagnostic: FileDiagnostic) -> CELValue {
        let (line, column) = (diagnostic.position.line, diagnostic.position.column)
        return .map(
            CELMap([
                ("id", .string("\(diagnostic.file):\(line):\(column)")),
                ("file", .string(diagnostic.file)), ("line", .int(Int64(line))), ("column", .int(Int64(column))),
                ("severity", .string(diagnostic.severity.rawValue)), ("message", .string(diagnostic.message)),
                ("hint", diagnostic.hint.map(CELValue.string) ?? .null),
            ]))
    }
}
