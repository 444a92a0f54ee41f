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
    @Option(name: .long, help: "So many generations that have succeeded already, a minute apart.")
    var generations = 0
    @Option(name: .long, help: "So many teams; the last six characters of each one's key are its number, from 000000.")
    var teams = 1
    @Flag(name: .long, help: "No rate limit, to see how fast a watcher can read.")
    var unlimited = false

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be from 0 to 65535") }
        guard speed > 0, speed <= 100_000 else { throw ValidationError("--speed must be above 0 and up to 100000") }
        guard (0...10_000_000).contains(generations) else {
            throw ValidationError("--generations must be from 0 to 10000000")
        }
        guard (1...100_000).contains(teams) else { throw ValidationError("--teams must be from 1 to 100000") }
    }

    /// The only team has the key as it is; of several each has a key of its own.
    private func key(ofTeam number: Int) -> String {
        teams == 1 ? key : "\(key.dropLast(6))\(String(1_000_000 + number).dropFirst())"
    }

    func run() async throws {
        let all = (0..<teams).map { number in
            SimulatedTeam(
                name: number == 0 ? "studio" : "studio-\(number)", key: key(ofTeam: number),
                pace: still ? .still : .studio, isRateLimited: !unlimited)
        }
        let server = SimulatedAurousServer(
            SimulationOptions(
                seed: seed, speed: speed, teams: all, controlFace: true, startTime: WorldTime.current()),
            now: { WorldTime.current() })
        if generations > 0 { for team in all { settle(generations, in: team.name, of: server) } }
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
              key: \(key(ofTeam: 0))
            """)
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { break }
        await server.stop()
    }

    /// Oldest first, so that each is placed without moving others.
    private func settle(_ count: Int, in team: String, of server: SimulatedAurousServer) {
        let now = WorldTime.current()
        _ = server.withWorld(of: team) { world in
            for number in stride(from: count, to: 0, by: -1) {
                let created = WorldTime(milliseconds: now.milliseconds - Int64(number) * 60_000)
                let id = "img_\(String(100_000_000 + number).dropFirst())"
                world.put(generation: [
                    "id": .string(id), "status": "succeeded", "created_at": .string(created.description),
                    "completed_at": .string(created.description), "media_type": "image", "inference_type": "t2i",
                    "prompt": .string("a lighthouse at dusk, number \(number)"), "duration_ms": 14_820,
                    "output_urls": .array([.string("http://127.0.0.1/v1/images/\(id)/output/0")]),
                ])
            }
        }
    }
}

extension WorldTime {
    /// The wall clock.
    static func current() -> WorldTime {
        let now = Composition.now()
        return WorldTime(seconds: now.seconds, nanoseconds: now.nanoseconds)
    }
}
