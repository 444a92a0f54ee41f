import Foundation
import Testing

/// Programs that a machine may have, run to judge what the sinks send.
enum Programs {
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    static let hasCurl = (try? run(["curl", "--version"])) != nil
    static let hasPython = (try? run(["python3", "-c", "import email.policy"])) != nil
    static let hasStandardWebhooks = (try? run(["python3", "-c", "import standardwebhooks"])) != nil
    static let hasBotocore = (try? run(["python3", "-c", "import botocore.session"])) != nil
    static let hasCloudEvents = (try? run(["python3", "-c", "import cloudevents.http"])) != nil

    /// Runs a program with `input` on its standard input and returns its standard output.
    @discardableResult
    static func run(_ words: [String], input: [UInt8] = []) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Files, not pipes: neither side waits for the other.
        let inputFile = folder.appendingPathComponent("in")
        let outputFile = folder.appendingPathComponent("out")
        let errorFile = folder.appendingPathComponent("err")
        try Data(input).write(to: inputFile)
        for file in [outputFile, errorFile] { try Data().write(to: file) }
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let error = String(decoding: try Data(contentsOf: errorFile), as: UTF8.self)
            throw Failed(description: "\(words[0]) exited with \(process.terminationStatus): \(error)")
        }
        return [UInt8](try Data(contentsOf: outputFile))
    }

    /// Runs a Python script; what follows in `words` are its arguments.
    @discardableResult
    static func python(_ script: String, _ words: [String] = [], input: [UInt8] = []) throws -> String {
        String(decoding: try run(["python3", "-c", script] + words, input: input), as: UTF8.self)
    }
}

/// A folder that is gone after the test.
struct TemporaryFolder: ~Copyable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("sinks-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
