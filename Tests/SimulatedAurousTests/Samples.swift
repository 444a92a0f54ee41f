import SimulatedAurous
import Synchronization

/// A clock that only tests move.
final class ManualClock: Sendable {
    static let start = WorldTime("2026-11-20T12:00:00Z") ?? WorldTime(milliseconds: 0)
    private let time = Mutex(ManualClock.start)

    var now: WorldTime { time.withLock { $0 } }
    func advance(seconds: Int64) { time.withLock { $0 = $0.adding(milliseconds: seconds * 1000) } }
}

extension SimulationOptions {
    static let otherKey = "al_live_other"

    /// Two teams in which only tests move.
    static func scripted(controlFace: Bool = false) -> SimulationOptions {
        SimulationOptions(
            seed: 1, speed: 1,
            teams: [
                SimulatedTeam(name: "studio", key: defaultKey, pace: .still),
                SimulatedTeam(name: "other", key: otherKey, pace: .still),
            ],
            controlFace: controlFace, startTime: ManualClock.start)
    }
}

/// Runs a body against a served simulation, and stops it whatever happens.
func withServer(
    _ options: SimulationOptions = .scripted(), clock: ManualClock = ManualClock(),
    _ body: (SimulatedAurousServer, SocketClient) async throws -> Void
) async throws {
    let server = SimulatedAurousServer(options) { clock.now }
    let client = SocketClient(port: try await server.start())
    do {
        try await body(server, client)
    } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

extension SimulatedAurousServer {
    /// `img_1` the oldest, a second apart.
    func putImages(_ count: Int, of team: String = "studio") {
        _ = withWorld(of: team) { world in
            for number in 1...count {
                let time = ManualClock.start.adding(milliseconds: Int64(number) * 1000)
                world.put(generation: [
                    "id": "img_\(number)", "status": "succeeded", "created_at": .string(time.description),
                    "output_urls": ["https://api.aurous-labs.com/v1/images/img_\(number)/output/0?token=&v=1"],
                ])
            }
        }
    }
}
