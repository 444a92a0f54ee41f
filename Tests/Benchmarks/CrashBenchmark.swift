import Foundation
import Trials

/// Kills the built program again and again, and accounts for every event. `crash [KILLS] [SEED]`.
enum CrashBenchmark {
    private static let kills = 1000

    /// Returns whether nothing was lost, and nothing repeated but what was under way.
    static func run(_ arguments: [String]) async -> Bool {
        guard let program = MeasuredProcess.auspex() else { return false }
        let kills = arguments.first.flatMap { Int($0) } ?? CrashBenchmark.kills
        let seed = arguments.dropFirst().first.flatMap { UInt64($0) } ?? 1
        do {
            let scratch = try ScratchFolder("crash")
            let trial = CrashTrial(program: program, folder: scratch.url, kills: kills, seed: seed) {
                Report.line("crash: \($0)")
            }
            let report = try await trial.run()
            for line in report.lines { Report.line("crash: \(line)") }
            if report.isClean { scratch.remove() } else { Report.line("crash: see \(scratch.url.path)") }
            return report.isClean
        } catch {
            Report.line("crash: \(error)")
            return false
        }
    }
}
