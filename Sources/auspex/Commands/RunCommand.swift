import ArgumentParser
import Core
import Engine
import Glibc
import Logging
import Sinks
import Store
import Synchronization
import Transport
import UnixSignals

/// `auspex run`: the service.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Watches, evaluates the rules and delivers, until it is stopped.",
        discussion: """
            Example: auspex run --config /etc/auspex/auspex.yaml

            SIGTERM or Ctrl-C ends it within 10 seconds; what was not delivered goes out at the next start. SIGHUP, or a
            changed file, reloads the configuration and the rules; if they are not in order the old ones stay in force.
            """)

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var logOption: LogOption
    @Flag(name: .long, help: "One full poll of every source, deliver what is due, and end.")
    var once = false
    @Flag(name: .long, help: "Print each delivery as the request it would send, and send nothing.")
    var dryRun = false

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        // Before anything else: from here on a signal ends things in order, however early it comes.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let logger = Composition.logger(format: logOption.logFormat, level: logOption.verbose ? .debug : .info)
        let transport = CurlTransport(options: .init())
        defer { transport.shutdown() }
        let services = Composition.services(transport: transport, logger: logger)
        let loaded = try Composition.load(configurationOption.config, services: services)
        let storage = try await StoreChoice(path: loaded.settings.storePath, isDryRun: dryRun)
        defer { storage.discard() }
        let service = WatchService(
            path: configurationOption.config, store: storage.store, transport: transport, services: services,
            logger: logger, isDryRun: dryRun)
        if once {
            let outcome = await service.runOnce(loaded, signals: signals)
            storage.store.close()
            guard let outcome else {
                throw Failure(
                    .outside, "stopped before the poll was complete; the next run goes on where this one ended")
            }
            guard outcome.failures.isEmpty else {
                throw Failure(.outside, "could not poll \(outcome.failures.joined(separator: ", "))")
            }
            return
        }
        await service.run(loaded, signals: signals)
        storage.store.close()
    }
}

/// The store that a run works with: the real one, or for a dry run a copy that is thrown away.
struct StoreChoice {
    let store: SQLiteStore
    private let folder: String?

    init(path: String, isDryRun: Bool) async throws {
        guard isDryRun else {
            store = try Composition.openStore(path, access: .watching)
            folder = nil
            return
        }
        let folder = try TemporaryFolder.make()
        let copy = folder + "/dry-run.db"
        if FileAccess.exists(path) {
            let original = try Composition.openStore(path, access: .visiting)
            do {
                try await original.copy(to: copy)
            } catch {
                throw Failure(.outside, error.description)
            }
            original.close()
        }
        store = try Composition.openStore(copy, access: .watching)
        self.folder = folder
    }

    func discard() {
        if let folder { TemporaryFolder.remove(folder) }
    }
}
