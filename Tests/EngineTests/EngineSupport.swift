import CEL
import ConfigurationFiles
import Core
import Engine
import Logging
import SimulatedAurous
import Sinks
import Store
import Synchronization
import TestSupport
import Testing
import Transport

/// A watch over a simulated API and real sinks, on a clock that stands still until the test moves it.
///
/// Real are the HTTP on both sides, the store's file and the rules; only time and chance are the test's own.
struct Bench {
    static let keys = [
        "studio": "al_live_" + String(repeating: "a1", count: 32),
        "annex": "al_live_" + String(repeating: "b2", count: 32),
    ]
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    let folder: TemporaryDirectory
    let clock: TestClock
    let api: SimulatedAurousServer
    let port: Int
    let receiver: CallbackReceiver
    let receiverPort: Int
    let events = EventRecord()

    init(key: String = "studio") async throws {
        folder = try TemporaryDirectory()
        let clock = TestClock()
        self.clock = clock
        let wall: @Sendable () -> WorldTime = {
            WorldTime(seconds: clock.wall.seconds, nanoseconds: clock.wall.nanoseconds)
        }
        let teams = Bench.keys.sorted { $0.key > $1.key }.map {
            SimulatedTeam(name: $0.key, key: $0.value, seed: 7, pace: .still, isRateLimited: false)
        }
        api = SimulatedAurousServer(
            SimulationOptions(seed: 7, speed: 1, teams: teams, controlFace: false, startTime: wall()), now: wall)
        port = try await api.start()
        receiver = CallbackReceiver(secrets: [Bench.secret], now: wall)
        receiverPort = try await receiver.start()
    }

    func stop() async {
        await api.stop()
        await receiver.stop()
    }

    /// The configuration of one source and one webhook sink, and what a test adds.
    func configuration(
        watch: String = "[generation]", key: String? = nil, sources: String = "", sinks: String? = nil,
        more: String = "", lane: String = "retry: [5s, 5m]"
    ) -> String {
        """
        sources:
          - name: studio
            api: http://127.0.0.1:\(port)
            key: \(key ?? Bench.keys["studio"] ?? "")
            watch: \(watch)
            budget: 1
        \(sources)
        rules: [rules.yaml]
        sinks:
        \(sinks ?? "  team: { kind: webhook, url: \"http://127.0.0.1:\(receiverPort)/team\", secret: \(Bench.secret), \(lane) }")
        notify: [team]
        \(more)
        """
    }

    static let failedRule = """
        rules:
          - name: failed
            watch: generation
            when: self.status == "failed"
            title: "${self.id} failed"
        """

    /// A service over the bench's store. A second one, made when the first is gone, is what a restart is.
    func service(
        _ configuration: String? = nil, rules: String = Bench.failedRule, http: (any HTTPTransport)? = nil
    ) throws -> Service {
        try folder.write(rules, to: "rules.yaml")
        let path = try folder.write(configuration ?? self.configuration(), to: "auspex.yaml")
        let transport = CurlTransport(options: .init())
        let services = SinkServices(
            http: transport, mail: transport, productVersion: "test", hostName: "test.example", logger: .silent)
        let loaded = try ConfigurationLoader.load(path: path, environment: [:], services: services)
        let configuration = try #require(
            loaded.configuration, "\(loaded.diagnostics.map(\.rendered).joined(separator: "\n"))")
        return try Service(self, configuration, http: http ?? transport)
    }

    /// Puts a generation or a character into the world.
    func put(_ fields: SimulatedJSON, team: String = "studio") {
        _ = api.withWorld(of: team) { world in
            let isCharacter = fields["id"]?.text?.hasPrefix("char_") ?? false
            return isCharacter ? world.put(character: fields) : world.put(generation: fields)
        }
    }

    func change(_ id: String, _ fields: [String: SimulatedJSON], team: String = "studio") {
        _ = api.withWorld(of: team) { world in
            world.update(id) { resource in for (name, value) in fields { resource[name] = value } }
        }
    }

    func remove(_ id: String) { _ = api.withWorld(of: "studio") { $0.remove(id) } }

    /// So many generations in one state, the first the newest, a second apart.
    func put(_ count: Int, _ status: String, prefix: String = "img_", startingAt seconds: Int = 0) {
        for number in 0..<count {
            put([
                "id": .string("\(prefix)\(String(10_000 + number).dropFirst())"), "status": .string(status),
                "created_at": .string(Sample.at(seconds - number).rfc3339),
            ])
        }
    }

    /// The titles of what arrived, in order.
    func arrived(atLeast count: Int = 0) async -> [String] {
        let all = count > 0 ? await receiver.received(atLeast: count) : receiver.received
        return all.compactMap { $0.json?["data"]?["title"]?.text }
    }
}

/// One process' worth of a watch.
final class Service: Sendable {
    let bench: Bench
    let store: SQLiteStore
    let watch: Watch
    let rules: RuleBook
    /// How many loops there are, each asleep when it has nothing to do: one for each listing and sink, the pruning, the
    /// one that tells what was held back, and the one that watches the others.
    let loops: Int

    init(_ bench: Bench, _ configuration: LoadedConfiguration, http: any HTTPTransport) throws {
        self.bench = bench
        store = try SQLiteStore(path: configuration.settings.storePath, access: .watching)
        rules = RuleBook(rules: configuration.rules)
        loops = configuration.settings.sources.map(\.watch.count).reduce(3, +) + configuration.sinks.count
        let (clock, events) = (bench.clock, bench.events)
        watch = Watch(
            Watch.Parts(
                settings: configuration.settings, rules: rules, sinks: configuration.sinks, store: store, http: http,
                userAgent: "auspex/test"),
            dependencies: Dependencies(
                clock: clock, now: { clock.wall }, random: { 0 }, logger: .silent, report: { events.note($0) }),
            steadySeconds: { clock.seconds })
    }

    /// One full poll and its deliveries. Returns what could not be polled.
    @discardableResult
    func once() async -> [String] { await watch.runOnce().failures }

    /// The same while time goes on, for what waits for a retry that is due in a moment.
    func onceInTime() async -> [String] {
        await withTaskGroup(of: [String]?.self) { group in
            group.addTask { await self.once() }
            group.addTask { [bench] in
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(20))
                    bench.clock.advance(by: .milliseconds(500))
                }
                return nil
            }
            let failures = await group.next() ?? nil
            group.cancelAll()
            return failures ?? ["the time was over first"]
        }
    }
}

/// What the engine reported.
final class EventRecord: Sendable {
    private let state = Mutex<[EngineEvent]>([])

    func note(_ event: EngineEvent) { state.withLock { $0.append(event) } }
    var all: [EngineEvent] { state.withLock { $0 } }

    /// Ids of resources that changed, without the baseline, in order.
    var changes: [String] {
        all.compactMap { if case .change(let change) = $0, !change.isBaseline { change.key.id } else { nil } }
    }
}

/// Waits until something is so; a hundred milliseconds would be plenty, but machines are slow.
func eventually(_ what: String = "", _ condition: () async throws -> Bool) async throws {
    for _ in 0..<2000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("it never came to be: \(what)")
}

extension Logger {
    static var silent: Logger { Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() } }
}

/// A service that runs, poll after poll, as the test moves the clock.
final class RunningService: Sendable {
    let service: Service
    private let stopping = Mailbox<Void>()
    private let ended = Mutex(false)
    private let task: Mutex<Task<Void, Never>?>

    init(_ service: Service) {
        self.service = service
        task = Mutex(nil)
        let (watch, stopping) = (service.watch, stopping)
        let running = Task {
            await watch.run { _ = await stopping.take() }
            self.ended.withLock { $0 = true }
        }
        task.withLock { $0 = running }
    }

    var hasEnded: Bool { ended.withLock { $0 } }

    /// How many polls of a listing have ended, well or not.
    func polls(_ kind: ResourceKind = .generation) -> Int {
        service.bench.events.all.count { event in
            switch event {
            case .polled(_, let polled, _, _, _): polled == kind
            case .pollFailed(_, let failed, _, _, _): failed == kind
            default: false
            }
        }
    }

    /// Waits for the first poll.
    func started(_ kind: ResourceKind = .generation) async throws {
        try await eventually("the first poll") { polls(kind) > 0 && isAtRest }
    }

    /// Moves the clock on, a step at a time, until one more poll has ended. Between the steps everything that has woken
    /// comes to rest again, so that no time goes by while a request is under way.
    func nextPoll(_ kind: ResourceKind = .generation, step: Duration = .seconds(1)) async throws {
        let before = polls(kind)
        for _ in 0..<400 {
            service.bench.clock.advance(by: step)
            try await eventually("rest") { polls(kind) > before || isAtRest }
            if polls(kind) > before { return }
        }
        Issue.record("there was no other poll")
    }

    /// Whether every loop sleeps.
    var isAtRest: Bool { service.bench.clock.sleepers >= service.loops }

    func stop() async {
        stopping.post(())
        await task.withLock { $0 }?.value
    }
}
