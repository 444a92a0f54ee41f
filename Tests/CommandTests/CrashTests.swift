import Foundation
import Testing
import Trials

@Suite(.timeLimit(.minutes(30))) struct `A program that is killed again and again` {
    @Test func `loses nothing, and repeats only what was under way, with the same id and body`() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("auspex-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let trial = CrashTrial(program: Program.url, folder: folder, kills: 25, seed: 7) { _ in }
        let report = try await trial.run()
        let account = report.lines.joined(separator: "\n")
        #expect(report.isClean, "\(account)")
        // Otherwise it has shown nothing.
        #expect(report.kills == 25)
        #expect(report.killsWhileDelivering >= 5, "\(account)")
        #expect(report.expected >= 100, "\(account)")
    }
}
