import ArgumentParser
import CEL
import ConfigurationFiles
import Core
import Engine
import Sinks
import Transport

/// `auspex sink`: the places that can be told.
struct SinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sink", abstract: "Lists the kinds of sink, shows a preset, and tests a sink.",
        subcommands: [SinkListCommand.self, SinkShowCommand.self, SinkTestCommand.self])
}

struct SinkListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the kinds of sink with their settings.",
        discussion: "Example: auspex sink list --json")

    @OptionGroup var jsonOption: JSONOption

    func run() {
        guard !jsonOption.json else {
            Console.output(JSON.serialize(.list(SinkCatalog.kinds.map(row))))
            return
        }
        for kind in SinkCatalog.kinds {
            Console.output("\(kind.name): \(kind.summary)")
            describe(kind.settings)
        }
        Console.output("every kind also takes:")
        describe(SinkCatalog.commonSettings)
        Console.output(
            """
              retry           a list of delays between attempts, such as [5s, 5m, 30m]
              concurrency     how many attempts run at once, 8 if not said
              rate            at most so many attempts in so long, such as 10/1m
              refresh         true: what is sent is fetched again when it is older than ten minutes
            """)
    }

    private func describe(_ settings: [SettingDeclaration]) {
        for setting in settings {
            let mark = setting.isRequired ? "*" : " "
            var words = setting.summary
            if let allowed = setting.allowedValues { words += " (\(Suggestion.list(allowed)))" }
            if let value = setting.defaultValue?.written { words += "; \(value) if not said" }
            Console.output(" \(mark)\(setting.name.padded(to: 22)) \(words)")
        }
    }

    private func row(_ kind: SinkKind) -> CELValue {
        .map(
            CELMap([
                ("id", .string(kind.name)), ("summary", .string(kind.summary)),
                (
                    "settings",
                    .list(
                        (kind.settings + SinkCatalog.commonSettings).map { setting in
                            .map(
                                CELMap([
                                    ("name", .string(setting.name)), ("type", .string(setting.type.rawValue)),
                                    ("required", .bool(setting.isRequired)), ("secret", .bool(setting.isSecret)),
                                    ("summary", .string(setting.summary)),
                                    ("default", setting.defaultValue?.written.map { .string($0) } ?? .null),
                                ]))
                        })
                ),
            ]))
    }
}

struct SinkShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Prints the preset of a kind of sink, to read or to copy.",
        discussion: """
            Example: auspex sink show discord

            The keys are those of a sink of the kind http, so that a copy can be changed and used.
            """)

    @Argument(help: "The kind's name, as `auspex sink list` has it.")
    var kind: String

    func run() throws {
        if let text = PresetLibrary.text(named: kind) {
            Console.output(text.hasSuffix("\n") ? String(text.dropLast()) : text)
            return
        }
        if SinkCatalog.names.contains(kind) {
            throw Failure(.input, "the kind '\(kind)' is code and has no preset; the presets are: \(known)")
        }
        let near = Suggestion.nearest(to: kind, among: PresetLibrary.names).map { "; did you mean '\($0)'?" }
        throw Failure(.input, "there is no kind of sink '\(kind)'" + (near ?? "; the presets are: \(known)"))
    }

    private var known: String { PresetLibrary.names.joined(separator: ", ") }
}

struct SinkTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Sends a test message to one sink.",
        discussion: """
            Example: auspex sink test team --dry-run

            Ends with 0 when the sink took it, and with 3 when it did not. With --resolved the end of the test follows, as for an
            alert that is over: a page is closed, a chat message changed or answered.
            """)

    @OptionGroup var configurationOption: ConfigurationOption
    @Argument(help: "The sink's name in the configuration.")
    var name: String
    @Flag(name: .long, help: "Print the request instead of sending it.")
    var dryRun = false
    @Flag(name: .long, help: "Send the end of it, too.")
    var resolved = false

    func run() async throws {
        let logger = Composition.logger(format: nil)
        let transport = CurlTransport(options: .init())
        defer { transport.shutdown() }
        let loaded = try Composition.load(
            configurationOption.config, services: Composition.services(transport: transport, logger: logger))
        guard let sink = loaded.sinks.first(where: { $0.name == name }) else {
            let known = loaded.sinks.map(\.name)
            let near = Suggestion.nearest(to: name, among: known).map { "; did you mean '\($0)'?" }
            throw Failure(
                .input, "there is no sink '\(name)'" + (near ?? "; the sinks are: \(known.joined(separator: ", "))"))
        }
        let now = Composition.now()
        let delivery = TestNotification.delivery(to: name, at: now)
        if dryRun {
            Console.output(sink.preview(delivery, at: now))
            if resolved {
                Console.output(sink.preview(TestNotification.delivery(to: name, at: now, endOf: [:]), at: now))
            }
            return
        }
        let kept = try await send(delivery, through: sink, at: now)
        Console.output("\(name): delivered")
        guard resolved else { return }
        _ = try await send(TestNotification.delivery(to: name, at: now, endOf: kept), through: sink, at: now)
        Console.output("\(name): its end delivered")
    }

    /// Returns what the sink keeps for what follows.
    private func send(
        _ delivery: OutgoingDelivery, through sink: any Sink, at now: Timestamp
    ) async throws -> [String: String] {
        let result = await sink.attempt(delivery, at: now)
        guard case .delivered = result.outcome else {
            let answer = result.answer.isEmpty ? "" : "\n" + result.answer
            throw Failure(
                .outside, "\(name): \(result.outcome.name): \(result.outcome.reason ?? "no reason given")\(answer)")
        }
        return result.kept
    }
}
