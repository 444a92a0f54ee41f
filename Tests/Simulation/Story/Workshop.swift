import ConfigurationFiles
import Engine
import Foundation
import Logging
import Sinks
import Transport

/// What one thread makes its stories with: a folder in memory, and the configurations that were read already.
// Safe because only the thread that drives its stories touches it.
final class Workshop: @unchecked Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Where sinks send to: the network of the story that runs.
    private final class Relay: HTTPTransport, @unchecked Sendable {
        var network: Network?

        func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
            guard let network else { throw TransportError(kind: .cancelled) }
            return try await network.send(request)
        }
    }

    /// Nobody mails in a story.
    private struct NoMail: MailTransport {
        func send(_ transaction: MailTransaction) async throws(TransportError) -> MailReply {
            throw TransportError(kind: .cancelled)
        }
    }

    let folder: String
    private let relay = Relay()
    private var loaded: [String: LoadedConfiguration] = [:]

    static let silent = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }

    init() throws {
        let memory = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        folder = memory + "/auspex-simulation-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A place for a store, without one that was there before.
    func storePath() -> String {
        let path = folder + "/story.db"
        for end in ["", "-wal", "-shm", "-lock"] { try? FileManager.default.removeItem(atPath: path + end) }
        return path
    }

    func use(_ network: Network) { relay.network = network }

    func load(_ configuration: String, rules: String) throws -> LoadedConfiguration {
        let key = configuration + "\u{0}" + rules
        if let known = loaded[key] { return known }
        let path = folder + "/auspex.yaml"
        try Data(rules.utf8).write(to: URL(filePath: folder + "/rules.yaml"))
        try Data(configuration.utf8).write(to: URL(filePath: path))
        let services = SinkServices(
            http: relay, mail: NoMail(), productVersion: "simulated", hostName: "localhost", logger: Workshop.silent)
        let result = try ConfigurationLoader.load(path: path, environment: [:], services: services)
        guard let configuration = result.configuration else {
            throw Failure(description: result.diagnostics.filter(\.isError).map(\.rendered).joined(separator: "\n"))
        }
        loaded[key] = configuration
        return configuration
    }
}
