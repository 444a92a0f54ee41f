import ArgumentParser
import CEL
import Core
import Logging
import SimulatedAurous
import Synchronization
import UnixSignals

/// `auspex simulate`: the watched API without the API.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Serves a simulated Aurous API on this machine, for one's own tests.",
        discussion: """
            Example: auspex simulate --port 9090 --seed 7 --speed 10

            Generations and characters live their lives at the chosen speed; the same seed tells the same story. With
            --still nothing happens by itself, and tests place what they need:

              POST   /_sim/generations     {"id": "img_1", "status": "pending", "prompt": "a cat"}
              POST   /_sim/characters      {"id": "char_1", "status": "reviewing", "name": "Aurora"}
              PATCH  /_sim/img_1           {"status": "failed", "error_message": "Content policy violation"}
              DELETE /_sim/char_1          removes it; ?soft=true hides it from the list
              POST   /_sim/fault           {"status": 503, "times": 3}
              GET    /_sim/requests        what was asked
            """)

    @Option(name: .long, help: "The port on 127.0.0.1; 0 for any that is free.")
    var port = 9090
    @Option(name: .long, help: "The seed of the story.")
    var seed: UInt64 = 1
    @Option(name: .long, help: "Minutes of life in a minute.")
    var speed = 60.0
    @Option(name: .long, help: "The key that opens it.")
    var key = SimulationOptions.defaultKey
    @Flag(name: .long, help: "Nothing happens by itself.")
    var still = false

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be from 0 to 65535") }
        guard speed > 0, speed <= 100_000 else { throw ValidationError("--speed must be above 0 and up to 100000") }
    }

    func run() async throws {
        let team = SimulatedTeam(name: "studio", key: key, pace: still ? .still : .studio)
        let server = SimulatedAurousServer(
            SimulationOptions(
                seed: seed, speed: speed, teams: [team], controlFace: true, startTime: WorldTime.current()),
            now: { WorldTime.current() })
        let bound: Int
        do {
            bound = try await server.start(port: port)
        } catch {
            throw Failure(.outside, "port \(port) of 127.0.0.1 cannot be used: \(error)")
        }
        Console.output("http://127.0.0.1:\(bound)")
        Console.error(
            """
            the simulated Aurous API listens; use it as a source with
              api: http://127.0.0.1:\(bound)
              key: \(key)
            """)
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { break }
        await server.stop()
    }
}

extension WorldTime {
    /// The wall clock.
    static func current() -> WorldTime {
        let now = Composition.now()
        return WorldTime(seconds: now.seconds, nanoseconds: now.nanoseconds)
    }
}
