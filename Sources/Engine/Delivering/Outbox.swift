import Core
import Sinks
import Store

/// The lanes of all sinks.
struct Outbox: Sendable {
    private struct Lane: Sendable {
        var sink: any Sink
        var settings: LaneSettings
        var mailbox = Mailbox<SinkLane.Message>()
        var health: LaneHealth
    }

    private let lanes: [Lane]
    private let store: SQLiteStore
    private let dependencies: Dependencies
    private let steadySeconds: @Sendable () -> Double
    private let stopped = Mailbox<Void>()
    /// Whether something was handed to a sink whose lane may have come to its end.
    private let handovers = Mailbox<Void>()

    init(
        sinks: [(sink: any Sink, settings: LaneSettings)], store: SQLiteStore, dependencies: Dependencies,
        steadySeconds: @escaping @Sendable () -> Double
    ) {
        lanes = sinks.map { Lane(sink: $0.sink, settings: $0.settings, health: LaneHealth(sink: $0.sink.name)) }
        self.store = store
        self.dependencies = dependencies
        self.steadySeconds = steadySeconds
    }

    /// How each lane fares, in the order of the configuration.
    var health: [LaneHealth] { lanes.map(\.health) }

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
        // A chain of fallbacks is no longer than there are sinks.
        for _ in lanes.indices {
            await runLanes(untilIdle: untilIdle)
            guard untilIdle, !handovers.drain().isEmpty else { return }
        }
    }

    private func runLanes(untilIdle: Bool) async {
        await withTaskGroup(of: Void.self) { group in
            for lane in lanes {
                group.addTask {
                    var running = SinkLane(
                        SinkLane.Parts(
                            sink: lane.sink, settings: lane.settings, store: store, dependencies: dependencies,
                            mailbox: lane.mailbox, health: lane.health, steadySeconds: steadySeconds,
                            handedOver: { look(at: $0) }))
                    await running.run(untilIdle: untilIdle)
                }
            }
        }
    }

    private func look(at sink: String) {
        handovers.post(())
        lanes.first { $0.sink.name == sink }?.mailbox.post(.look)
    }
}
