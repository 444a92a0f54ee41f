import Foundation
import SimulatedAurous
import Testing
import Trials

/// The built program, run as a user runs it.
struct Program {
    /// What a finished run left behind.
    struct Run {
        var status: Int32
        var output: String
        var errors: String
        var all: String { output + errors }
    }

    let folder: URL
    var environment: [String: String] = [:]

    /// Beside the tests' own bundle: the package's build puts both into one folder.
    static var url: URL {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        var folder = URL(fileURLWithPath: bundle).deletingLastPathComponent()
        for _ in 0..<3 {
            let candidate = folder.appendingPathComponent("auspex")
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
            folder.deleteLastPathComponent()
        }
        return folder.appendingPathComponent("auspex")
    }

    /// Runs it to its end, which must come within a minute.
    func run(_ arguments: String...) async throws -> Run { try await run(arguments) }

    func run(_ arguments: [String]) async throws -> Run {
        let running = try start(arguments)
        return try await running.end()
    }

    /// Starts it and returns at once.
    func start(_ arguments: [String]) throws -> RunningProgram {
        let process = Process()
        process.executableURL = Program.url
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = programEnvironment(home: folder, adding: environment)
        let running = RunningProgram(process: process, folder: folder)
        try running.start()
        return running
    }
}

/// The program while it runs; its output goes to files, so that nobody has to read it meanwhile.
final class RunningProgram: Sendable {
    private let process: Process
    private let output: URL
    private let errors: URL

    init(process: Process, folder: URL) {
        self.process = process
        let name = UUID().uuidString
        output = folder.appendingPathComponent(".\(name).out")
        errors = folder.appendingPathComponent(".\(name).err")
    }

    var pid: Int32 { process.processIdentifier }
    var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    func start() throws {
        for file in [output, errors] { _ = FileManager.default.createFile(atPath: file.path, contents: nil) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        process.standardInput = FileHandle.nullDevice
        try process.run()
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits until it has said so on standard error, at most a minute.
    func says(_ text: String) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !errorText.contains(text), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(errorText.contains(text))
    }

    /// Waits for its end, and ends it after five minutes.
    func end() async throws -> Program.Run {
        let deadline = ContinuousClock.now + .seconds(300)
        while process.isRunning, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        if process.isRunning { send(SIGKILL) }
        process.waitUntilExit()
        return Program.Run(
            status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}

/// A folder with a configuration, a simulated API and a receiver: what most commands need.
final class World: Sendable {
    static let secret = "whsec_YXVzcGV4IHRlc3Qgc2VjcmV0IGZvciBsb29wYmFjaw=="
    static let key = "al_live_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

    let folder: URL
    let api: SimulatedAurousServer
    let receiver: CallbackReceiver

    private init(folder: URL, api: SimulatedAurousServer, receiver: CallbackReceiver) {
        self.folder = folder
        self.api = api
        self.receiver = receiver
    }

    /// Gives `body` a world of its own and takes it away afterwards.
    static func with(rules: String, extra: String = "", _ body: (World, Program) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("auspex-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let now: @Sendable () -> WorldTime = { WorldTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
        let api = SimulatedAurousServer(
            SimulationOptions(
                seed: 1, speed: 1, teams: [SimulatedTeam(name: "studio", key: key, pace: .still)], controlFace: false,
                startTime: now()),
            now: now)
        let receiver = CallbackReceiver(secrets: [secret], now: now)
        let (apiPort, receiverPort) = (try await api.start(port: 0), try await receiver.start(port: 0))
        // As many as a busy machine may need until a test has done what it does meanwhile.
        let retries = Array(repeating: "1s", count: 100).joined(separator: ", ")
        let configuration = """
            sources:
              - name: studio
                api: http://127.0.0.1:\(apiPort)
                key: { env: AUROUS_API_KEY }
                poll: { active: 100ms, idle: 100ms }
                budget: 1
            rules: [rules.yaml]
            sinks:
              team: { kind: webhook, url: "http://127.0.0.1:\(receiverPort)/team", secret: { env: HOOK_SECRET }, retry: [\(retries)] }
              \(extra)
            notify: [team]
            """
        try configuration.write(to: folder.appendingPathComponent("auspex.yaml"), atomically: true, encoding: .utf8)
        try rules.write(to: folder.appendingPathComponent("rules.yaml"), atomically: true, encoding: .utf8)
        let world = World(folder: folder, api: api, receiver: receiver)
        let program = Program(folder: folder, environment: ["AUROUS_API_KEY": key, "HOOK_SECRET": secret])
        do {
            try await body(world, program)
        } catch {
            await world.close()
            throw error
        }
        await world.close()
    }

    private func close() async {
        await api.stop()
        await receiver.stop()
    }

    func put(_ id: String, _ status: String, _ more: [String: SimulatedJSON] = [:]) {
        var fields: [String: SimulatedJSON] = ["id": .string(id), "status": .string(status), "prompt": "a lighthouse"]
        fields.merge(more) { _, new in new }
        let members = fields.sorted { $0.key < $1.key }.map { SimulatedJSON.Member($0.key, $0.value) }
        _ = api.withWorld(of: "studio") { $0.put(generation: .object(members)) }
    }

    func update(_ id: String, _ fields: [String: SimulatedJSON]) {
        api.withWorld(of: "studio") { world in
            _ = world.update(id) { json in
                for (name, value) in fields { json[name] = value }
            }
        }
    }

    /// The ids of the notifications that arrived, in order.
    var notifications: [String] { receiver.received.compactMap { $0[header: "webhook-id"] } }
}
