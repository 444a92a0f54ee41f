import Core
import Sinks
import Store

/// The lanes of all sinks.
struct Outbox: Sendable {
    private let lanes: [(sink: any Sink, settings: LaneSettings, mailbox: Mailbox<SinkLane.Message>)]
    private let store: SQLiteStore
    private let dependencies: Dependencies
    private let steadySeconds: @Sendable () -> Double
    private let stopped = Mailbox<Void>()

    init(
        sinks: [(sink: any Sink, settings: LaneSettings)], store: SQLiteStore, dependencies: Dependencies,
        steadySeconds: @escaping @Sendable () -> Double
    ) {
        lanes = sinks.map { ($0.sink, $0.settings, Mailbox()) }
        self.store = store
        self.dependencies = dependencies
        self.steadySeconds = steadySeconds
    }

    /// Something was put into the outbox.
    func look() {
        for lane in lanes { lane.mailbox.post(.look) }
    }

    /// No new attempts from now on.
    func stop() {
        for lane in lanes { lane.mailbox.post(.stop) }
        stopped.post(())
    }

    func run(untilIdle: Bool) async {
        // Without a sink there is nothing to do, but the service goes on.
        if lanes.isEmpty, !untilIdle { _ = await stopped.take() }
        await withTaskGroup(of: Void.self) { group in
            for lane in lanes {
                group.addTask {
                    var running = SinkLane(
                        sink: lane.sink, settings: lane.settings, store: store, dependencies: dependencies,
                        mailbox: lane.mailbox, steadySeconds: steadySeconds)
                    await running.run(untilIdle: untilIdle)
                }
            }
        }
    }
}
