import Foundation
import SimulatedAurous

/// The built program as a user runs it: how soon the first poll comes, and what it costs to watch an idle source.
///
/// The figures to hold: a first poll within 200 ms of the start; below 50 MB and 0.3 % of a core while idle.
enum WatchBenchmark {
    private static let idleSeconds = 30.0

    static func run() async {
        do {
            let folder = try ScratchFolder("watch")
            defer { folder.remove() }
            try await measure(in: folder)
        } catch {
            Report.line("watch: \(error)")
        }
    }

    private static func measure(in folder: ScratchFolder) async throws {
        guard let program = MeasuredProcess.auspex() else { return }
        let clock: @Sendable () -> WorldTime = { WorldTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
        let server = SimulatedAurousServer(
            SimulationOptions(
                seed: 1, speed: 1,
                teams: [SimulatedTeam(name: "studio", key: SimulationOptions.defaultKey, pace: .still)],
                controlFace: false, startTime: clock()),
            now: clock)
        let port = try await server.start(port: 0)
        try folder.write(configuration(port: port), to: "auspex.yaml")
        try folder.write(rules, to: "rules.yaml")
        for index in 0..<100 {
            _ = server.withWorld(of: "studio") { world in
                world.put(generation: [
                    "id": .string("img_\(index)"), "status": "succeeded", "prompt": "a lighthouse at dusk",
                ])
            }
        }

        let started = Date()
        let process = try MeasuredProcess(program, ["run"], in: folder.url)
        let first = await server.requests(atLeast: 1)
        let toFirst = Date().timeIntervalSince(started) * 1000
        Report.line("watch: first request \(rounded(toFirst)) ms after the start of the process (\(first.count) seen)")

        // The baseline and its bookkeeping are over after a few polls.
        try await Task.sleep(for: .seconds(3))
        let before = process.cpuSeconds
        let requestsBefore = server.requests.count
        try await Task.sleep(for: .seconds(idleSeconds))
        let share = (process.cpuSeconds - before) / idleSeconds * 100
        Report.line(
            "watch: idle with one source: \(rounded(share)) % of a core, \(process.residentMB) MB resident, "
                + "\(server.requests.count - requestsBefore) requests in \(Int(idleSeconds)) s")
        let asked = Date()
        let status = process.stop()
        Report.line("watch: SIGTERM to exit \(rounded(Date().timeIntervalSince(asked) * 1000)) ms, status \(status)")
        await server.stop()
    }

    private static func rounded(_ number: Double) -> Double { (number * 100).rounded() / 100 }

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
