package import Foundation

/// The built program, run as a user runs it, to be killed at will.
package final class Contender: Sendable {
    private let process = Process()
    private let output: URL

    /// Starts it in `folder`; what it writes ends up in the file `name` there, in which it goes on after earlier runs.
    package init(
        _ program: URL, _ arguments: [String], in folder: URL, environment: [String: String],
        name: String = "output.txt"
    ) throws {
        output = folder.appendingPathComponent(name)
        if !FileManager.default.fileExists(atPath: output.path) {
            _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        }
        let writing = try FileHandle(forWritingTo: output)
        try writing.seekToEnd()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = programEnvironment(home: folder, adding: environment)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = writing
        process.standardError = writing
        try process.run()
        try writing.close()
    }

    package var pid: Int32 { process.processIdentifier }
    package var isRunning: Bool { process.isRunning }
    package var status: Int32 { process.terminationStatus }
    /// All that it and those before it have written into the file.
    package var text: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

    package func send(_ signal: Int32) {
        if process.isRunning { kill(process.processIdentifier, signal) }
    }

    /// Waits for its end for at most so long. Returns whether it has ended.
    package func ended(within limit: Duration) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while process.isRunning, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(2)) }
        return !process.isRunning
    }

    /// Ends it at once and waits until it is gone.
    package func killAndWait() async {
        send(SIGKILL)
        _ = await ended(within: .seconds(30))
    }

    /// Runs it to its end, which must come within `limit`; what it wrote, and how it ended.
    package static func run(
        _ program: URL, _ arguments: [String], in folder: URL, environment: [String: String],
        limit: Duration = .seconds(60)
    ) async throws -> (status: Int32, text: String) {
        let name = "run-\(UUID().uuidString).txt"
        let contender = try Contender(program, arguments, in: folder, environment: environment, name: name)
        if await !contender.ended(within: limit) { await contender.killAndWait() }
        defer { try? FileManager.default.removeItem(at: folder.appendingPathComponent(name)) }
        return (contender.status, contender.text)
    }
}
