import Foundation
import Testing

/// Stories of Auspex in virtual time, from seeds, in a process of their own: there a seed decides all.
/// `AUSPEX_SIMULATION_SECONDS` tells new ones for so long.
@Suite(.serialized, .timeLimit(.minutes(30))) struct `Whatever happens in a story` {
    private static let seconds = ProcessInfo.processInfo.environment["AUSPEX_SIMULATION_SECONDS"].flatMap(Double.init)

    @Test(.enabled(if: seconds != nil, "AUSPEX_SIMULATION_SECONDS is not set"))
    func `all that is so is told, and nothing else`() async throws {
        let run = try await Simulation.run("--seeds", "1000000", "--seconds", "\(Self.seconds ?? 0)")
        #expect(run.status == 0, "\(run.output)")
        #expect(!run.output.hasPrefix("0 stories"), "\(run.output)")
    }

    /// Each of these was told wrongly once, or has tried hard.
    @Test(arguments: [1, 2, 33, 38, 52, 53, 104]) func `what went wrong once does not again`(seed: Int) async throws {
        let run = try await Simulation.run("--seeds", "1", "--from", "\(seed)")
        #expect(run.status == 0, "\(run.output)")
    }

    @Test func `the same seed is the same story, to the bit and in any process`() async throws {
        let first = try await Simulation.run("--twice", "--seeds", "4", "--from", "3", "--workers", "2")
        let second = try await Simulation.run("--seeds", "4", "--from", "3", "--workers", "1")
        #expect(first.status == 0 && second.status == 0, "\(first.output)\(second.output)")
        #expect(first.hash != nil && first.hash == second.hash, "\(first.output)\(second.output)")
    }

    @Test func `it may end at every step`() async throws {
        let run = try await Simulation.run("--every-step", "3", "--stride", "499", "--seconds", "20")
        #expect(run.status == 0, "\(run.output)")
    }
}

/// The built program beside the tests' own bundle.
private enum Simulation {
    struct Run {
        var status: Int32
        var output: String

        /// All stories as one number.
        var hash: Substring? { output.range(of: "hash ").map { output[$0.upperBound...].prefix { $0.isHexDigit } } }
    }

    private static var url: URL {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        var folder = URL(filePath: bundle).deletingLastPathComponent()
        for _ in 0..<3 {
            let candidate = folder.appending(path: "Simulation")
            if FileManager.default.isExecutableFile(atPath: candidate.path(percentEncoded: false)) { return candidate }
            folder.deleteLastPathComponent()
        }
        return folder.appending(path: "Simulation")
    }

    static func run(_ arguments: String...) async throws -> Run {
        let process = Process()
        process.executableURL = url
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = await Task.detached {
            String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
        .value
        process.waitUntilExit()
        return Run(status: process.terminationStatus, output: text)
    }
}
