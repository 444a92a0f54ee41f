import ArgumentParser

/// The program: names the commands, and turns every way to end into one of the documented exit codes.
@main
struct Auspex: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "auspex",
        abstract: "Watches an Aurous Labs team's generations and characters, and tells whoever should know.",
        discussion: """
            Start with `auspex demo`: it needs no account and no configuration.

            Exit codes: 0 done, 1 the input was wrong, 2 usage, 3 something outside failed.
            """,
        version: Version.text,
        subcommands: [
            DemoCommand.self, InitCommand.self, RunCommand.self, CheckCommand.self, StatusCommand.self,
            AlertsCommand.self, ExplainCommand.self, DeliveriesCommand.self, ReplayCommand.self, SilenceCommand.self,
            PlanCommand.self, BacktestCommand.self, SinkCommand.self, SimulateCommand.self, EvalCommand.self,
            TestCommand.self, BackupCommand.self, RestoreCommand.self, DoctorCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            if !failure.message.isEmpty { Console.error("auspex: \(failure.message)") }
            exit(withError: ArgumentParser.ExitCode(failure.code.rawValue))
        } catch {
            leave(with: error)
        }
    }

    /// The parser's own ends: help and version are no failures, and a wrong command line is a matter of usage.
    private static func leave(with error: any Error) -> Never {
        let code = exitCode(for: error)
        let message = fullMessage(for: error)
        guard !code.isSuccess else {
            Console.output(message)
            exit(withError: code)
        }
        if !message.isEmpty { Console.error(message) }
        exit(
            withError: ArgumentParser.ExitCode(code == .validationFailure ? FailureCode.usage.rawValue : code.rawValue))
    }
}

/// The program's version, also that of its `User-Agent`.
enum Version {
    static let text = "0.1.0"
    static let userAgent = "auspex/\(text)"
}
