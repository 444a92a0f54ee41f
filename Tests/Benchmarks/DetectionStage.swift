import Foundation
import SimulatedAurous
import Synchronization

/// A simulated API in which generations come and end at random times, and a receiver that notes when it is told.
final class DetectionStage: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// A second key of the same team, for a second watcher.
    static let secondKey = "al_live_" + String(repeating: "7e", count: 32)

    let api: SimulatedAurousServer
    let port: Int
    let receiverPort: Int
    private let receiver: CallbackReceiver
    private let board: ArrivalBoard

    static let wall: @Sendable () -> WorldTime = {
        WorldTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }

    init() async throws {
        let team = SimulatedTeam(name: "studio", key: SimulationOptions.defaultKey, pace: .still)
        api = SimulatedAurousServer(
            SimulationOptions(seed: 1, speed: 1, teams: [team], controlFace: false, startTime: Self.wall()),
            now: Self.wall)
        api.add(SimulatedTeam(name: "studio", key: Self.secondKey, pace: .still))
        let board = ArrivalBoard()
        self.board = board
        receiver = CallbackReceiver(secrets: [], now: Self.wall) { callback in
            board.note(callback, at: ContinuousClock().now)
        }
        port = try await api.start()
        receiverPort = try await receiver.start()
        // Something is always in flight, so that the watchers stay at their active interval.
        for number in 0..<40 { put("img_past_\(number)", number < 2 ? "processing" : "succeeded") }
    }

    func stop() async {
        await api.stop()
        await receiver.stop()
    }

    func resource(_ id: String) -> SimulatedJSON? { api.withWorld(of: "studio") { $0.resource(id) } ?? nil }

    /// When each resource was first told of, by the path of the callback.
    func arrivals(at path: String) -> [String: Instant] { board.arrivals(at: path) }

    private func put(_ id: String, _ status: String) {
        _ = api.withWorld(of: "studio") { world in
            world.put(generation: [
                "id": .string(id), "status": .string(status), "prompt": "a lighthouse at dusk",
                "created_at": .string(Self.wall().description), "media_type": "image", "inference_type": "t2i",
            ])
        }
    }

    /// Lets generations come and end as planned; returns when each ended, a while after the last.
    /// - Parameter ended: called beside with the id of each, right after its change.
    func live(
        _ plan: DetectionBenchmark.Plan, seed: UInt64, ended: @escaping @Sendable (String) async -> Void
    ) async -> [String: Instant] {
        var chance = Chance(seed: seed)
        var moments: [(after: Double, id: String, ends: Bool)] = []
        for number in 0..<Int(plan.perSecond * plan.seconds) {
            let id = "img_\(seed)_\(number)"
            let born = Double.random(in: 0..<plan.seconds, using: &chance)
            moments.append((born, id, false))
            moments.append((born + .random(in: 10...30, using: &chance), id, true))
        }
        let clock = ContinuousClock()
        let start = clock.now
        var changes: [String: Instant] = [:]
        await withDiscardingTaskGroup { group in
            for moment in moments.sorted(by: { $0.after < $1.after }) {
                try? await clock.sleep(until: start + .seconds(moment.after), tolerance: .zero)
                guard moment.ends else {
                    put(moment.id, "processing")
                    continue
                }
                let id = moment.id
                _ = api.withWorld(of: "studio") { $0.update(id) { $0["status"] = "failed" } }
                changes[id] = clock.now
                group.addTask { await ended(id) }
            }
        }
        try? await clock.sleep(for: .seconds(5))
        return changes
    }
}

/// When which resource was first told of, and where.
private final class ArrivalBoard: Sendable {
    private let times = Mutex<[String: [String: ContinuousClock.Instant]]>([:])

    func note(_ callback: ReceivedCallback, at time: ContinuousClock.Instant) {
        guard let data = callback.json?["data"] else { return }
        let ids = data["alerts"]?.elements?.compactMap { $0["resource_id"]?.text } ?? [data["id"]?.text ?? ""]
        times.withLock { times in
            for id in ids where times[callback.target]?[id] == nil { times[callback.target, default: [:]][id] = time }
        }
    }

    func arrivals(at path: String) -> [String: ContinuousClock.Instant] { times.withLock { $0[path] ?? [:] } }
}
