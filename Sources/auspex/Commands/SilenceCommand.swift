import ArgumentParser
import CEL
import ConfigurationFiles
import Core
import Engine
import Sinks
import Store

/// `auspex silence`: what is not to be told for a while.
struct SilenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence", abstract: "Makes, lists and ends silences.",
        discussion: """
            Example: auspex silence add 'rule.name == "stuck-in-review" && source == "studio"' --for 2h --comment 'being mended'

            What a silence covers fires as ever, but nobody is told. Whoever was told before that it fires is told that it
            ended, also during the silence. What fires still when the silence ends is told then.
            """,
        subcommands: [Add.self, List.self, Expire.self])

    /// `auspex silence add`
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a silence over the alerts for which an expression is true.",
            discussion: """
                Example: auspex silence add 'severity == "info" && labels.team == "render"' --for 8h --comment 'migration'

                The expression knows rule.name, rule.labels, labels, severity, source, kind, resource_id, id, title, since and
                self, the resource as the API sent it. A running `auspex run` obeys at once.
                """)

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var jsonOption: JSONOption
        @Option(name: .long, help: "How long it lasts, such as 2h.")
        var `for`: String?
        @Option(name: .long, help: "When it ends, such as 2026-05-04T18:00:00Z, instead of --for.")
        var until: String?
        @Option(name: .long, help: "When it begins, in RFC 3339; now if not said.")
        var from: String?
        @Option(name: .long, help: "Why.")
        var comment: String
        @Option(name: .long, help: "Who; the user if not said.")
        var author: String?
        @Option(name: .long, help: "A sink that is told when it begins and when it ends; may be repeated.")
        var announce: [String] = []
        @Argument(help: "A condition over the alert.")
        var expression: String

        func validate() throws {
            if (self.for == nil) == (until == nil) { throw ValidationError("say how long: --for 2h, or --until TIME") }
        }

        func run() async throws {
            let compilation = Silence.compile(expression)
            for diagnostic in compilation.diagnostics {
                Console.error(diagnostic.render(file: "expression", text: expression))
            }
            guard compilation.program != nil else { throw Failure(.input) }
            let settings = try Composition.settings(configurationOption.config)
            try check(announce, in: settings)
            let now = Composition.now()
            let (start, end) = try span(now)
            let environment = Composition.environment
            let silence = Silence(
                expression: expression, startsAt: start, endsAt: end,
                author: author ?? environment["SUDO_USER"] ?? environment["USER"] ?? "", comment: comment,
                createdAt: now, announce: announce)
            let store = try Composition.openStore(settings.storePath, access: .visiting)
            try await Composition.asking { () async throws(StoreError) in try await store.add(silence) }
            let firing = try await Composition.asking { () async throws(StoreError) in
                try await store.firingNotifications(limit: 10_000)
            }
            let covered = firing.filter { silence.covers(AlertScope.activation(of: $0)) }
            if jsonOption.json {
                Console.output(JSON.serialize(.list([silence.row(at: now)])))
            } else {
                Console.output(silence.id)
            }
            let span = start > now ? "from \(start.rfc3339) until \(end.rfc3339)" : "until \(end.rfc3339)"
            Console.error("silent \(span); it covers \(Counted.text(covered.count, "alert")) that fire now")
        }

        private func check(_ sinks: [String], in settings: Settings) throws {
            let known = settings.sinks.filter(\.kind.takesNotifications).map(\.configuration.name)
            for sink in sinks where !known.contains(sink) {
                let near = Suggestion.nearest(to: sink, among: known).map { "did you mean '\($0)'?" }
                throw Failure(
                    .input,
                    "there is no sink '\(sink)'; " + (near ?? "the sinks are: \(known.joined(separator: ", "))"))
            }
        }

        private func span(_ now: Timestamp) throws -> (Timestamp, Timestamp) {
            let start = try from.map { try time($0, option: "--from") } ?? now
            let end: Timestamp
            if let until {
                end = try time(until, option: "--until")
            } else {
                guard let length = self.for.flatMap(DurationText.parse), length > .zero else {
                    throw Failure(.usage, "--for wants a duration such as 30m, 2h or 1d, not '\(self.for ?? "")'")
                }
                end = start.advanced(by: length)
            }
            guard end > max(start, now) else {
                throw Failure(.input, "the silence would be over before it began: it ends at \(end.rfc3339)")
            }
            return (start, end)
        }

        private func time(_ text: String, option: String) throws -> Timestamp {
            guard let time = Timestamp(rfc3339: text) else {
                throw Failure(.usage, "\(option) wants a time such as 2026-05-04T18:00:00Z, not '\(text)'")
            }
            return time
        }
    }

    /// `auspex silence list`
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the silences that have not ended.", discussion: "Example: auspex silence list --all --json"
        )

        @OptionGroup var configurationOption: ConfigurationOption
        @OptionGroup var jsonOption: JSONOption
        @Flag(name: .long, help: "Also those that have ended.")
        var all = false

        func run() async throws {
            let store = try Composition.visitStore(configuration: configurationOption.config)
            let now = Composition.now()
            let silences = try await Composition.asking { () async throws(StoreError) in
                try await store.silences(includingEnded: all, at: now)
            }
            guard !jsonOption.json else {
                Console.output(JSON.serialize(.list(silences.map { $0.row(at: now) })))
                return
            }
            var table = Table("SILENCE", "STATE", "FROM", "UNTIL", "AUTHOR", "COMMENT", "ALERTS")
            for silence in silences {
                table.add(
                    silence.id, silence.state(at: now).rawValue, silence.startsAt.rfc3339, silence.endsAt.rfc3339,
                    silence.author, silence.comment, silence.expression)
            }
            Console.output(silences.isEmpty ? "no silences" : table.text)
        }
    }

    /// `auspex silence expire`
    struct Expire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends silences now; what fires still is told.",
            discussion: "Example: auspex silence expire sil_01ABC")

        @OptionGroup var configurationOption: ConfigurationOption
        @Argument(help: "Ids of silences, sil_….")
        var silences: [String]

        func run() async throws {
            let store = try Composition.visitStore(configuration: configurationOption.config)
            let now = Composition.now()
            var missing = 0
            for id in silences {
                let isEnded = try await Composition.asking { () async throws(StoreError) in
                    try await store.expireSilence(id, at: now)
                }
                if isEnded {
                    Console.output(id)
                } else {
                    Console.error("\(id): there is no such silence, or it has ended already")
                    missing += 1
                }
            }
            guard missing == 0 else { throw Failure(.input) }
        }
    }
}

extension Silence {
    /// A row of `auspex silence list --json`.
    func row(at now: Timestamp) -> CELValue {
        guard case .map(let members) = document else { return document }
        return .map(CELMap(members.stringEntries + [("state", .string(state(at: now).rawValue))]))
    }
}
