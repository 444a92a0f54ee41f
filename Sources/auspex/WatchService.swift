import AdminServer
import ConfigurationFiles
import Core
import Engine
import Glibc
import Logging
import Sinks
import Store
import Synchronization
import Transport
import UnixSignals

/// What is asked of a running service.
enum ServiceRequest: Sendable {
    case stop, reload
}

/// Runs a watch, and runs it anew when its configuration changes.
struct WatchService: Sendable {
    let path: String
    let store: SQLiteStore
    let transport: CurlTransport
    let services: SinkServices
    let logger: Logger
    let isDryRun: Bool
    let counters = EventCounters()

    /// Why a watch ended.
    private enum Ending: Sendable {
        case stopped
        case reload(LoadedConfiguration)
    }

    /// One pass; nil where SIGTERM or SIGINT ended it before it was complete. Nothing is lost by that: what was committed
    /// is delivered by the next run.
    func runOnce(_ loaded: LoadedConfiguration, signals: UnixSignalsSequence) async -> Watch.Outcome? {
        let watch = watch(loaded, rules: RuleBook(rules: loaded.rules))
        return await withTaskGroup(of: Watch.Outcome?.self) { group in
            group.addTask {
                let outcome = await watch.runOnce()
                return Task.isCancelled ? nil : outcome
            }
            group.addTask {
                for await signal in signals where signal != .sighup { return nil }
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    /// Watches until SIGTERM or SIGINT.
    func run(_ loaded: LoadedConfiguration, signals: UnixSignalsSequence) async {
        let requests = Mailbox<ServiceRequest>()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await signal in signals {
                    requests.post(signal == .sighup ? .reload : .stop)
                }
            }
            await serve(loaded, requests: requests)
            group.cancelAll()
        }
    }

    private func serve(_ loaded: LoadedConfiguration, requests: Mailbox<ServiceRequest>) async {
        var current = loaded
        logger.info(
            "watching",
            metadata: [
                "version": "\(Version.text)", "sources": "\(loaded.settings.sources.count)",
                "rules": "\(loaded.rules.count)", "sinks": "\(loaded.settings.sinks.count)",
            ])
        while case .reload(let next) = await runUntilReload(current, requests: requests) {
            current = next
            logger.info("the new configuration is in force", metadata: ["rules": "\(next.rules.count)"])
        }
        logger.info("stopped")
    }

    private func runUntilReload(_ loaded: LoadedConfiguration, requests: Mailbox<ServiceRequest>) async -> Ending {
        let rules = RuleBook(rules: loaded.rules)
        let watch = watch(loaded, rules: rules)
        let ending = Mutex(Ending.stopped)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await showFace(of: loaded.settings, watch: watch) }
            await watch.run {
                let why = await self.ending(rules: rules, watch: watch, requests: requests)
                ending.withLock { $0 = why }
            }
            group.cancelAll()
        }
        return ending.withLock { $0 }
    }

    /// Serves the HTTP face, where one is configured. A port that cannot be had is said, and the watch goes on.
    private func showFace(of settings: Settings, watch: Watch) async {
        guard let server = settings.server else { return }
        let face = AdminServer(
            options: .init(host: server.host, port: server.port, token: server.token, version: Version.text),
            state: ServiceState(settings: settings, store: store, watch: watch, counters: counters),
            now: Composition.now, logger: logger)
        do {
            try await face.run { _ in }
        } catch {
            logger.error("the HTTP face does not run; the watch goes on without it", metadata: ["reason": "\(error)"])
        }
    }

    /// Waits for a request to stop, or for a sound new configuration. New rules alone are put in force on the way.
    private func ending(rules: RuleBook, watch: Watch, requests: Mailbox<ServiceRequest>) async -> Ending {
        var files = WatchedFiles(configuration: path)
        while true {
            let asked = await requests.take(within: WatchedFiles.interval, clock: ContinuousClock())
            if Task.isCancelled || asked.contains(.stop) { return .stopped }
            let change = files.look()
            guard change != .none || asked.contains(.reload), let next = reload() else { continue }
            guard change == .rules, !asked.contains(.reload) else { return .reload(next) }
            rules.replace(with: next.rules)
            watch.rulesChanged()
            logger.info("the new rules are in force", metadata: ["rules": "\(next.rules.count)"])
        }
    }

    /// The new configuration if it is in order as a whole; otherwise says what is wrong, and the old one stays.
    private func reload() -> LoadedConfiguration? {
        do {
            let result = try Composition.loadReporting(path, services: services)
            for diagnostic in result.diagnostics where diagnostic.isError {
                logger.error("configuration is wrong", metadata: ["diagnostic": "\(diagnostic.rendered)"])
            }
            if result.configuration == nil {
                logger.error("the new configuration is refused; the old one stays in force")
            }
            if let next = result.configuration, next.settings.storePath != store.path {
                logger.error(
                    "the new configuration is refused; another store needs a restart",
                    metadata: ["store": "\(next.settings.storePath)", "in_use": "\(store.path)"])
                return nil
            }
            return result.configuration
        } catch let failure as Failure {
            logger.error(
                "the new configuration is refused; the old one stays in force",
                metadata: ["reason": "\(failure.message)"])
        } catch {
            logger.error(
                "the new configuration is refused; the old one stays in force", metadata: ["reason": "\(error)"])
        }
        return nil
    }

    private func watch(_ loaded: LoadedConfiguration, rules: RuleBook) -> Watch {
        let log = EventLog(logger)
        let progress = SyncProgress(
            logger: logger, isTerminal: Console.isTerminal(STDERR_FILENO), now: Composition.steadySeconds)
        let sinks = isDryRun ? loaded.sinks.map { DryRunSink(wrapping: $0) } : loaded.sinks
        return Watch(
            Watch.Parts(
                settings: loaded.settings, rules: rules, sinks: sinks, store: store, http: transport,
                userAgent: Version.userAgent),
            dependencies: Composition.dependencies(
                logger: logger,
                report: { [counters, isDryRun] event in
                    counters.note(event)
                    // A dry run has printed the request; nothing was delivered.
                    if isDryRun, case .attempt = event { return }
                    if !progress.note(event) { log.note(event) }
                }),
            steadySeconds: Composition.steadySeconds)
    }
}

/// Prints what a sink would send, and says that it was delivered.
struct DryRunSink: Sink {
    private let sink: any Sink

    init(wrapping sink: any Sink) { self.sink = sink }

    var name: String { sink.name }
    var kind: String { sink.kind }

    func preview(_ delivery: OutgoingDelivery, at now: Timestamp) -> String { sink.preview(delivery, at: now) }

    func attempt(_ delivery: OutgoingDelivery, at now: Timestamp) async -> AttemptResult {
        Console.output(sink.preview(delivery, at: now))
        return AttemptResult(.delivered, answer: "dry run: nothing was sent")
    }
}
