import CEL
import ConfigurationFiles
import Core
import Engine
import Glibc
import Logging
import Sinks
import Store
import Transport

/// Picks the real clock, chance, environment and network. The only place that does.
enum Composition {
    static var environment: [String: String] {
        var result: [String: String] = [:]
        var pointer = environ
        while let entry = pointer.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                result[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            pointer += 1
        }
        return result
    }

    /// The wall clock in whole milliseconds: what is told, stored and read again is then the same to the letter.
    static let now: @Sendable () -> Timestamp = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(clampedSeconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec) / 1_000_000 * 1_000_000)
    }

    /// Seconds of a clock that does not jump, and goes on while the machine sleeps.
    static let steadySeconds: @Sendable () -> Double = {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static let random: @Sendable () -> Double = { Double.random(in: 0..<1) }

    static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return name.isEmpty ? "localhost" : name
    }

    static func logger(format: LogFormat?, level: Logger.Level = .info) -> Logger {
        let isTerminal = Console.isTerminal(STDERR_FILENO)
        let palette = Palette(isOn: Console.hasColour(STDERR_FILENO, environment: environment))
        var handler = LineLogHandler(format: format ?? (isTerminal ? .text : .json), palette: palette, now: now)
        handler.logLevel = level
        return Logger(label: "auspex") { _ in handler }
    }

    static func dependencies(
        logger: Logger, report: @escaping @Sendable (EngineEvent) -> Void
    ) -> Dependencies {
        Dependencies(clock: ContinuousClock(), now: now, random: random, logger: logger, report: report)
    }

    static func services(transport: CurlTransport, logger: Logger) -> SinkServices {
        SinkServices(
            http: transport, mail: transport, productVersion: Version.text, hostName: hostName,
            environment: environment, logger: logger)
    }

    /// Reads the configuration and its rules; prints what is wrong and ends when something is.
    static func load(_ path: String, services: SinkServices?, needsSecrets: Bool = true) throws -> LoadedConfiguration {
        let loaded = try loadReporting(path, services: services, needsSecrets: needsSecrets)
        for diagnostic in loaded.diagnostics { Console.error(diagnostic.rendered) }
        guard let configuration = loaded.configuration else {
            let errors = loaded.diagnostics.count(where: \.isError)
            throw Failure(.input, "\(path) is not in order: \(Counted.text(errors, "error"))")
        }
        return configuration
    }

    static func loadReporting(
        _ path: String, services: SinkServices?, needsSecrets: Bool = true
    ) throws -> ConfigurationLoader.Result {
        do {
            return try ConfigurationLoader.load(
                path: path, environment: environment, services: services, needsSecrets: needsSecrets)
        } catch {
            let hint = FileAccess.exists(path) ? "" : "; `auspex init` writes one"
            throw Failure(.input, error.message + hint)
        }
    }

    static func openStore(_ path: String, access: SQLiteStore.Access) throws -> SQLiteStore {
        do {
            return try SQLiteStore(path: path, access: access)
        } catch {
            throw Failure(.outside, error.description)
        }
    }

    /// The configuration at `path` without its secrets, which looking into the store does not need.
    static func settings(_ path: String) throws -> Settings {
        let result: SettingsReader.Result
        do {
            result = try SettingsReader.read(path: path, environment: environment, needsSecrets: false)
        } catch {
            throw Failure(.input, error.message)
        }
        guard let settings = result.settings else {
            for diagnostic in result.diagnostics where diagnostic.isError { Console.error(diagnostic.rendered) }
            throw Failure(.input, "\(path) is not in order")
        }
        return settings
    }

    /// The store of the configuration at `path`, to look into.
    static func visitStore(configuration path: String) throws -> SQLiteStore {
        try openStore(settings(path).storePath, access: .visiting)
    }

    /// The same, where the user has named a sink: one of the configuration, or one that still has deliveries.
    static func visitStore(configuration path: String, naming sink: String?) async throws -> SQLiteStore {
        let settings = try settings(path)
        let store = try openStore(settings.storePath, access: .visiting)
        guard let sink else { return store }
        let counted = try await asking { () async throws(StoreError) in try await store.deliveryCounts() }
        let known = Set(settings.sinks.map(\.configuration.name)).union(counted.keys).sorted()
        guard !known.contains(sink) else { return store }
        let near = Suggestion.nearest(to: sink, among: known).map { "did you mean '\($0)'?" }
        throw Failure(
            .input, "there is no sink '\(sink)'; " + (near ?? "the sinks are: \(known.joined(separator: ", "))"))
    }

    /// Asks the store; what it says is wrong is said as a failure.
    static func asking<T>(_ question: () async throws(StoreError) -> T) async throws -> T {
        do {
            return try await question()
        } catch {
            throw Failure(.outside, error.description)
        }
    }
}
