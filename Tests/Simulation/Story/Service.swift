import Core
import Engine
import Store
import Synchronization

/// Auspex while one process of it runs.
final class Service {
    let life: Life
    let watch: Watch
    let rules: RuleBook
    private let store: SQLiteStore
    private let disk: Disk
    private let stopping = Mailbox<Void>()
    private let task: Task<Void, Never>
    private let ending: Ending

    // Safe because only the thread that drives the story touches it.
    private final class Ending: @unchecked Sendable { var isOver = false }

    var hasEnded: Bool { ending.isOver }

    struct Surroundings {
        var workshop: Workshop
        var network: Network
        var chronicle: Chronicle
        /// What the wall clock shows.
        var wall: @Sendable () -> Timestamp
        var temper: Disk.Temper
    }

    init(_ number: Int, _ loaded: LoadedConfiguration, storePath: String, kernel: Kernel, _ around: Surroundings) throws
    {
        let life = Life(number: number, kernel: kernel)
        self.life = life
        disk = Disk(life: life, temper: around.temper)
        store = try SQLiteStore(path: storePath, access: .watching, pace: disk)
        rules = RuleBook(rules: loaded.rules)
        let (chronicle, start) = (around.chronicle, kernel.now)
        watch = Watch(
            Watch.Parts(
                settings: loaded.settings, rules: rules, sinks: loaded.sinks, store: store, http: around.network,
                userAgent: "auspex/simulated"),
            dependencies: Dependencies(
                clock: LifeClock(life: life), now: around.wall,
                random: { Double.random(in: 0..<1, using: &kernel.chance) }, logger: Workshop.silent,
                report: { chronicle.note($0, life: life) }),
            steadySeconds: { (kernel.now - start).inSeconds + 1000 })
        let ending = Ending()
        self.ending = ending
        around.network.life = life
        around.workshop.use(around.network)
        let (watch, stopping, store) = (watch, stopping, store)
        task = Task(executorPreference: kernel) {
            // What the last life did not live to say.
            for kind in loaded.settings.sources.flatMap(\.watch) {
                guard let progress = try? await store.progress(source: "studio", kind: kind), progress.isBaselined
                else { continue }
                chronicle.note(.baselined(source: "studio", kind: kind, resources: 0), life: life)
            }
            await watch.run { _ = await stopping.take() }
            ending.isOver = true
        }
    }

    func calm() { disk.temper = Disk.Temper() }

    /// Asks it to end, as SIGTERM does.
    func stop() { stopping.post(()) }

    /// It is gone from one moment to the next. Returns whether its tasks have ended, which they do when cancelled.
    func die() -> Bool {
        life.die()
        store.close()
        task.cancel()
        return life.kernel.settle { hasEnded }
    }

    func close() { store.close() }
    func deliveryCounts() async throws -> [String: DeliveryCounts] { try await store.deliveryCounts() }
}
