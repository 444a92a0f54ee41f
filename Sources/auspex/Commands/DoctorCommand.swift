import ArgumentParser
import CEL
import Transport

/// `auspex doctor`: a check-up with a plain verdict for each thing.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Looks whether everything is as it should be: a verdict for each thing.",
        discussion: """
            Example: auspex doctor --config /etc/auspex/auspex.yaml

            Reads the configuration, asks the API with each key, connects to each sink without sending anything, and reads
            the store, also while auspex runs. Changes nothing. Ends with 0 when nothing failed, with 1 when the
            configuration is wrong, with 3 when something else failed.
            """)

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var jsonOption: JSONOption

    func run() async throws {
        let transport = CurlTransport(options: .init())
        defer { transport.shutdown() }
        let findings = await Doctor(
            path: configurationOption.config, transport: transport, logger: Composition.logger(format: nil)
        ).findings()
        if jsonOption.json {
            Console.output(JSON.serialize(.list(findings.map(\.json))))
        } else {
            let palette = Palette(isOn: Console.hasColour(1, environment: Composition.environment))
            let width = findings.map(\.id.count).max() ?? 0
            for finding in findings { Console.output(finding.text(idWidth: width, palette: palette)) }
        }
        let failed = findings.filter { $0.verdict == .failed }
        guard !failed.isEmpty else {
            if !jsonOption.json {
                let warnings = findings.count { $0.verdict == .warning }
                Console.output(warnings == 0 ? "all is well" : "nothing failed; \(Counted.text(warnings, "warning"))")
            }
            return
        }
        let isConfiguration = failed.contains { $0.id == "configuration" }
        throw Failure(isConfiguration ? .input : .outside, Counted.text(failed.count, "check") + " failed")
    }
}
