import CEL
import ConfigurationFiles
import Core
import Engine
import Foundation
import Logging
import SimulatedAurous
import Sinks
import Store
import Synchronization
import TestSupport
import Transport

/// The engine as `auspex run` has it, over a real store, on a clock that leaps to whatever is next.
final class VirtualWatch: Sendable {
    let network: VirtualNetwork
    private let clock: TestClock
    private let server: SimulatedAurousServer
    private let watch: Watch
    private let store: SQLiteStore
    private let outstanding: OutstandingCount
    private let stopping = Mailbox<Void>()

    private static let midnight = Timestamp(clampedSeconds: 1_777_852_800, nanoseconds: 0)
    /// How long after midnight it goes on, so that what began in the evening can end.
    private static let epilogue: Int64 = 2_400_000
    /// How long, on the real clock, the loops may take to come to rest before time goes on regardless.
    private static let patience = Duration.milliseconds(500)

    init(in folder: ScratchFolder) throws {
        let clock = TestClock(start: Self.midnight)
        let wall: @Sendable () -> WorldTime = {
            WorldTime(seconds: clock.wall.seconds, nanoseconds: clock.wall.nanoseconds)
        }
        let team = SimulatedTeam(name: "studio", key: SimulationOptions.defaultKey, pace: .still)
        server = SimulatedAurousServer(
            SimulationOptions(seed: 1, speed: 1, teams: [team], controlFace: false, startTime: wall()), now: wall)
        network = VirtualNetwork(server) { Int64(clock.seconds * 1000) }
        self.clock = clock
        let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
        let services = SinkServices(
            http: network, mail: CurlTransport(options: .init()), productVersion: "benchmark", hostName: "localhost",
            logger: silent)
        try folder.write(ScriptedDay.Event.rules, to: "rules.yaml")
        let path = try folder.write(Self.configuration, to: "auspex.yaml")
        let loaded = try ConfigurationLoader.load(path: path, environment: [:], services: services)
        guard let configuration = loaded.configuration else {
            throw LoopbackSocket.Failure(description: loaded.diagnostics.map(\.rendered).joined(separator: "\n"))
        }
        store = try SQLiteStore(path: configuration.settings.storePath, access: .watching)
        let outstanding = OutstandingCount()
        self.outstanding = outstanding
        let chance = ChanceBox(seed: 7)
        watch = Watch(
            Watch.Parts(
                settings: configuration.settings, rules: RuleBook(rules: configuration.rules),
                sinks: configuration.sinks, store: store, http: network, userAgent: "auspex/benchmark"),
            dependencies: Dependencies(
                clock: clock, now: { clock.wall }, random: { chance.next() }, logger: silent,
                report: { outstanding.note($0) }),
            steadySeconds: { clock.seconds })
    }

    private static let configuration = """
        sources:
          - { name: studio, api: "\(VirtualNetwork.api)", key: \(SimulationOptions.defaultKey) }
        store: sqlite:day.db
        rules: [rules.yaml]
        sinks: { jobs: { kind: webhook, url: "\(VirtualNetwork.receiver)" } }
        notify: [jobs]
        """

    /// Lives the day through, and some of the next. Returns how often time went on before the loops were at rest.
    func live(_ day: ScriptedDay) async -> Int {
        putPast()
        let (watch, stopping) = (watch, stopping)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { await watch.run { _ = await stopping.take() } }
            let hurried = await drive(day)
            stopping.post(())
            await group.waitForAll()
            store.close()
            return hurried
        }
    }

    private func putPast() {
        let now = WorldTime(seconds: clock.wall.seconds, nanoseconds: 0)
        _ = server.withWorld(of: "studio") { world in
            for number in 0..<ScriptedDay.pastCount {
                world.put(generation: [
                    "id": .string("img_past_\(number)"), "status": "succeeded",
                    "created_at": .string(now.adding(milliseconds: -Int64(number + 1) * 60_000).description),
                ])
            }
        }
    }

    private func drive(_ day: ScriptedDay) async -> Int {
        try? await ContinuousClock().sleep(for: Self.patience)
        var sleepers = clock.sleepers
        var hurried = 0
        var next = 0
        let end = Duration.milliseconds(ScriptedDay.length + Self.epilogue)
        while clock.now.offset < end {
            let now = clock.now.offset
            let happens = next < day.events.count ? Duration.milliseconds(day.events[next].at) - now : nil
            let wakes = clock.untilNextDeadline ?? .milliseconds(100)
            let step = min(happens ?? wakes, wakes)
            clock.advance(by: max(step, .zero))
            let time = WorldTime(seconds: clock.wall.seconds, nanoseconds: clock.wall.nanoseconds)
            while next < day.events.count, Duration.milliseconds(day.events[next].at) <= clock.now.offset {
                _ = server.withWorld(of: "studio") { day.events[next].happen(in: &$0, at: time) }
                next += 1
            }
            guard step == wakes else { continue }
            if await !rest(sleepers: &sleepers) { hurried += 1 }
        }
        return hurried
    }

    /// Waits until every loop sleeps and nothing is on its way to the receiver. If that does not come to be, as when
    /// there are fewer loops than there were, false, and no more loops are waited for than sleep now.
    private func rest(sleepers: inout Int) async -> Bool {
        let clock = ContinuousClock()
        let start = clock.now
        var quiet = 0
        while clock.now - start < Self.patience {
            let asleep = self.clock.sleepers
            sleepers = max(sleepers, asleep)
            quiet = asleep >= sleepers && outstanding.isNone ? quiet + 1 : 0
            // Once more, for what is between two sleeps.
            if quiet == 3 { return true }
            // The thread itself sleeps: so many timers of the concurrency library would cost more than the day.
            usleep(20)
        }
        sleepers = self.clock.sleepers
        return false
    }
}

/// Notifications that were decided and not yet tried.
private final class OutstandingCount: Sendable {
    private let count = Atomic<Int>(0)

    var isNone: Bool { count.load(ordering: .acquiring) <= 0 }

    func note(_ event: EngineEvent) {
        switch event {
        case .decided: count.wrappingAdd(1, ordering: .acquiringAndReleasing)
        case .attempt: count.wrappingSubtract(1, ordering: .acquiringAndReleasing)
        default: break
        }
    }
}

private final class ChanceBox: Sendable {
    private let chance: Mutex<Chance>

    init(seed: UInt64) { chance = Mutex(Chance(seed: seed)) }

    func next() -> Double { chance.withLock { Double.random(in: 0..<1, using: &$0) } }
}
