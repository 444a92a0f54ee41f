import Foundation
import SimulatedAurous

/// The built program as a user runs it: how soon the first poll comes, and what it costs to watch an idle source.
///
/// The figures to hold: a first poll within 200 ms of the start; below 50 MB and 0.3 % of a core while idle.
enum WatchBenchmark {
    private static let idleSeconds = 30.0

    static func run() async {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("auspex-benchmark-\(getpid())")
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            try await measure(in: folder)
        } catch {
            print("watch: \(error)")
        }
    }

    private static func measure(in folder: URL) async throws {
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("auspex")
        guard FileManager.default.isExecutableFile(atPath: program.path) else {
            return print("watch: there is no \(program.path); build it with swift build -c release --product auspex")
        }
        let clock: @Sendable () -> WorldTime = { WorldTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
        let server = SimulatedAurousServer(
            SimulationOptions(
                seed: 1, speed: 1,
                teams: [SimulatedTeam(name: "studio", key: SimulationOptions.defaultKey, pace: .still)],
                controlFace: false, startTime: clock()),
            now: clock)
        let port = try await server.start(port: 0)
        try write(configuration(port: port), rules: rules, to: folder)
        for index in 0..<100 {
            _ = server.withWorld(of: "studio") { world in
                world.put(generation: [
                    "id": .string("img_\(index)"), "status": "succeeded", "prompt": "a lighthouse at dusk",
                ])
            }
        }

        let process = Process()
        process.executableURL = program
        process.arguments = ["run"]
        process.currentDirectoryURL = folder
        process.standardError = FileHandle.nullDevice
        let started = Date()
        try process.run()
        let first = await server.requests(atLeast: 1)
        let toFirst = Date().timeIntervalSince(started) * 1000
        print("watch: first request \(rounded(toFirst)) ms after the start of the process (\(first.count) seen)")

        // The baseline and its bookkeeping are over after a few polls.
        try await Task.sleep(for: .seconds(3))
        let before = try usage(of: process.processIdentifier)
        let requestsBefore = server.requests.count
        try await Task.sleep(for: .seconds(idleSeconds))
        let after = try usage(of: process.processIdentifier)
        let share = (after.cpuSeconds - before.cpuSeconds) / idleSeconds * 100
        print(
            "watch: idle with one source: \(rounded(share)) % of a core, \(after.residentMB) MB resident, "
                + "\(server.requests.count - requestsBefore) requests in \(Int(idleSeconds)) s")
        process.terminate()
        let asked = Date()
        process.waitUntilExit()
        print(
            "watch: SIGTERM to exit \(rounded(Date().timeIntervalSince(asked) * 1000)) ms, status \(process.terminationStatus)"
        )
        await server.stop()
    }

    private static func rounded(_ number: Double) -> Double { (number * 100).rounded() / 100 }

    private static func write(_ configuration: String, rules: String, to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try configuration.write(to: folder.appendingPathComponent("auspex.yaml"), atomically: true, encoding: .utf8)
        try rules.write(to: folder.appendingPathComponent("rules.yaml"), atomically: true, encoding: .utf8)
    }

    /// CPU time and memory of a process, from /proc.
    static func usage(of pid: Int32) throws -> (cpuSeconds: Double, residentMB: Int) {
        let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        let ticks = (Double(fields[12]) ?? 0) + (Double(fields[13]) ?? 0)
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") }?.filter(\.isNumber) ?? "0"
        return (ticks / Double(sysconf(Int32(_SC_CLK_TCK))), (Int(resident) ?? 0) / 1024)
    }

    private static func configuration(port: Int) -> String {
        """
        sources: [{ name: studio, api: "http://127.0.0.1:\(port)", key: \(SimulationOptions.defaultKey) }]
        rules: [rules.yaml]
        sinks: { team: { kind: log } }
        notify: [team]
        """
    }

    private static let rules = """
        rules:
          - { name: failed, watch: generation, when: self.status == "failed" }
          - { name: stuck, watch: character, when: self.status == "reviewing", for: 30m }
        """
}
