import AdminServer
import ArgumentParser
import ConfigurationFiles
import Core
import Engine
import Glibc
import Logging
import SimulatedAurous
import Sinks
import Store
import Synchronization
import Transport
import UnixSignals

/// `auspex demo`: everything at once, on this machine, with nothing set up.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Shows it all at work: a simulated API, the watch, its web page, and a receiver of callbacks.",
        discussion: """
            Example: auspex demo --for 30s

            Needs no account and no configuration, and leaves nothing behind. Prints each change, alert and delivery as it
            happens; Ctrl-C ends it.
            """)

    @Option(name: .long, help: "The port of the web page on 127.0.0.1; any free one if not said.")
    var port = 0
    @Option(name: .customLong("for"), help: "How long, such as 30s or 5m; without it until Ctrl-C.")
    var length: String?
    @Option(name: .long, help: "The seed of the story.")
    var seed: UInt64 = 7
    @Option(name: .long, help: "Minutes of life in a minute.")
    var speed = 10.0

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be from 0 to 65535") }
        guard speed > 0, speed <= 1000 else { throw ValidationError("--speed must be above 0 and up to 1000") }
        if let length, DurationText.parse(length) == nil {
            throw ValidationError("--for must be a duration such as 30s or 5m, not '\(length)'")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        let screen = DemoScreen(
            palette: Palette(isOn: Console.hasColour(STDOUT_FILENO, environment: Composition.environment)))
        let secret = DemoStage.secret
        let receiver = CallbackReceiver(secrets: [secret], now: { WorldTime.current() }) { screen.note($0) }
        let api = SimulatedAurousServer(
            SimulationOptions(
                seed: seed, speed: speed,
                teams: [SimulatedTeam(name: "studio", key: SimulationOptions.defaultKey)], controlFace: false,
                startTime: WorldTime.current()),
            now: { WorldTime.current() })
        let (apiPort, receiverPort): (Int, Int)
        do {
            (apiPort, receiverPort) = (try await api.start(port: 0), try await receiver.start(port: 0))
        } catch {
            throw Failure(.outside, "a port of 127.0.0.1 cannot be used: \(error)")
        }
        let stage = DemoStage(folder: folder, apiPort: apiPort, receiverPort: receiverPort)
        screen.introduce(stage)
        try await watch(stage, screen: screen)
        await api.stop()
        await receiver.stop()
        screen.sum()
    }

    private func watch(_ stage: DemoStage, screen: DemoScreen) async throws {
        let logger = Composition.logger(format: .text, level: .error)
        let transport = CurlTransport(options: .init())
        defer { transport.shutdown() }
        let loaded = try stage.load(Composition.services(transport: transport, logger: logger))
        let store = try Composition.openStore(loaded.settings.storePath, access: .watching)
        defer { store.close() }
        let counters = EventCounters()
        let watch = Watch(
            Watch.Parts(
                settings: loaded.settings, rules: RuleBook(rules: loaded.rules), sinks: loaded.sinks, store: store,
                http: transport, userAgent: Version.userAgent),
            dependencies: Composition.dependencies(
                logger: logger,
                report: { event in
                    screen.note(event)
                    counters.note(event)
                }),
            steadySeconds: Composition.steadySeconds)
        let face = AdminServer(
            options: .init(host: "127.0.0.1", port: port, token: nil, version: Version.text),
            state: ServiceState(settings: loaded.settings, store: store, watch: watch, counters: counters),
            now: Composition.now, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await face.run { screen.pageIsAt(port: $0) }
                } catch let error as AdminServerError {
                    throw Failure(.outside, error.description)
                }
            }
            group.addTask { await watchUntilOver(watch) }
            // Whichever ends first, ends the other: a page that cannot be served is a failure of the demo.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func watchUntilOver(_ watch: Watch) async {
        let limit = length.flatMap(DurationText.parse)
        await watch.run {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { return } }
                if let limit { group.addTask { try? await ContinuousClock().sleep(for: limit) } }
                await group.next()
                group.cancelAll()
            }
        }
    }
}
