import ConfigurationFiles
import Core
import Engine
import Glibc
import Logging
import Sinks
import Store
import Transport

/// A check-up: configuration, API, store, sinks, and what is owed. It sends nothing and changes nothing.
struct Doctor {
    let path: String
    let transport: CurlTransport
    let logger: Logger

    /// From this age on a delivery that waits is worth a word, and from that on something is wrong.
    private static let longWait = Duration.seconds(300)
    private static let tooLongWait = Duration.seconds(3600)

    /// All findings, in the order in which a person would look.
    func findings() async -> [Finding] {
        var findings: [Finding] = []
        let loaded: ConfigurationLoader.Result
        let probe = Probe(http: transport)
        do {
            let services = SinkServices(
                http: probe, mail: probe, mqtt: probe, productVersion: Version.text, hostName: Composition.hostName,
                environment: Composition.environment, logger: logger)
            loaded = try ConfigurationLoader.load(path: path, environment: Composition.environment, services: services)
        } catch {
            return [.failed("configuration", error.message, "`auspex init` writes one")]
        }
        findings.append(configuration(loaded))
        guard let configuration = loaded.configuration else {
            // Without its secrets it may be readable all the same, and the store can be looked at.
            if let settings = try? Composition.settings(path) { findings += await store(settings) }
            return findings
        }
        let settings = configuration.settings
        findings += permissions(loaded)
        findings += await withTaskGroup(of: (Int, [Finding]).self) { group in
            for (place, source) in settings.sources.enumerated() {
                group.addTask { (place, await SourceExamination(source: source, http: transport).findings()) }
            }
            for (place, sink) in configuration.sinks.enumerated() {
                guard let own = settings.sinks.first(where: { $0.configuration.name == sink.name }) else { continue }
                group.addTask {
                    let examination = SinkExamination(sink: sink, settings: own, now: Composition.now())
                    return (settings.sources.count + place, [await examination.finding()])
                }
            }
            var found: [(Int, [Finding])] = []
            for await some in group { found.append(some) }
            return found.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
        findings += await store(settings)
        if let server = settings.server { findings.append(await face(server)) }
        return findings
    }

    private func configuration(_ loaded: ConfigurationLoader.Result) -> Finding {
        let errors = loaded.diagnostics.filter(\.isError)
        guard let configuration = loaded.configuration else {
            let first = errors.first.map { "\($0.file):\($0.position.line): \($0.message)" } ?? "it cannot be read"
            return .failed("configuration", first, "`auspex check` shows all of it")
        }
        let parts = [
            Counted.text(configuration.settings.sources.count, "source"),
            Counted.text(configuration.rules.count, "rule"),
            Counted.text(configuration.settings.sinks.count, "sink"),
        ]
        let summary = "\(path): \(parts.joined(separator: ", "))"
        let warnings = loaded.diagnostics.count
        guard warnings == 0 else {
            return .warning(
                "configuration", "\(summary); \(Counted.text(warnings, "warning"))", "`auspex check` shows them")
        }
        return .ok("configuration", summary)
    }

    private func permissions(_ loaded: ConfigurationLoader.Result) -> [Finding] {
        // Warnings that are not errors are, in a configuration, above all plain secrets.
        let hasPlainSecret = loaded.diagnostics.contains { $0.message.contains("plain") && $0.file == path }
        guard hasPlainSecret, FileMode(path)?.isReadableByAll == true else { return [] }
        return [
            .warning(
                "configuration/secrets", "\(path) holds a secret and can be read by everybody", "chmod 640 \(path)")
        ]
    }

    // The store

    private func store(_ settings: Settings) async -> [Finding] {
        let path = settings.storePath
        guard FileAccess.exists(path) else {
            let place = StoreExamination(place: path)
            guard place.isFolderWritable else {
                return [.failed("store", "there is none at \(path), and its folder cannot be written")]
            }
            return [.warning("store", "there is none at \(path) yet", "`auspex run` makes it")] + disk(place, path)
        }
        do {
            let store = try SQLiteStore(path: path, access: .visiting)
            defer { store.close() }
            let examined = try store.examine()
            var findings = [health(examined, path)] + disk(examined, path)
            findings.append(
                store.isWatched
                    ? .ok("watcher", "auspex run works with this store")
                    : .warning("watcher", "nobody watches with this store", "start `auspex run`"))
            findings += try await deliveries(settings, store)
            return findings
        } catch {
            return [.failed("store", "\(error)")]
        }
    }

    private func health(_ examined: StoreExamination, _ path: String) -> Finding {
        if let damage = examined.damage {
            return .failed("store", "\(path) is damaged: \(damage)", "restore a backup: `auspex restore FILE`")
        }
        let size = "\(path), \(ByteCount.text(examined.bytes)) and \(ByteCount.text(examined.logBytes)) of log"
        guard examined.names == 1 else {
            return .warning(
                "store", "\(path) has \(examined.names) names on its disk", "use one of them, and remove the others")
        }
        if examined.isShared {
            return .warning("store", "\(size); others than its owner may read or write it", "chmod 600 \(path)")
        }
        return .ok(
            "store", examined.wasReadWhole ? "\(size); every page is sound" : "\(size); too large to be read whole")
    }

    /// A disk with less than this is as good as full.
    private static let fullDiskBytes = 20 << 20
    private static let tightDiskBytes = 200 << 20

    private func disk(_ examined: StoreExamination, _ path: String) -> [Finding] {
        let free = "\(ByteCount.text(examined.freeDiskBytes)) are free"
        var findings: [Finding] = []
        if examined.freeDiskBytes < Doctor.fullDiskBytes {
            findings.append(.failed("disk", free, "make room"))
        } else if examined.freeDiskBytes < max(Doctor.tightDiskBytes, examined.bytes) {
            findings.append(
                .warning("disk", "\(free); a backup beside the store needs as much as the store", "make room"))
        } else {
            findings.append(.ok("disk", free))
        }
        switch examined.disk {
        case .local: break
        case .network:
            findings.append(
                .failed("disk/kind", "the store is on a network disk, where SQLite cannot keep it safe", "move it"))
        case .foreign:
            findings.append(.warning("disk/kind", "the store is on a FUSE file system; see that it locks and syncs"))
        case .memory:
            findings.append(
                .warning("disk/kind", "the store is in memory and gone with the machine", "move it to a disk"))
        }
        return findings
    }

    // What is owed

    private func deliveries(_ settings: Settings, _ store: SQLiteStore) async throws(StoreError) -> [Finding] {
        let counts = try await store.deliveryCounts()
        let lanes = Dictionary(
            try await store.facts(prefix: LaneHealth.fact(of: "")).map { ($0.name, LaneStatus(document: $0.value)) },
            uniquingKeysWith: { first, _ in first })
        var findings: [Finding] = []
        for sink in settings.sinks where sink.kind.takesNotifications {
            let name = sink.configuration.name
            let count = counts[name] ?? DeliveryCounts()
            if let status = lanes[LaneHealth.fact(of: name)] ?? nil, status.circuit != .closed {
                let reason = status.pausedReason ?? status.lastReason ?? "no reason given"
                findings.append(
                    .failed(
                        "sink/\(name)/circuit",
                        status.pausedReason == nil
                            ? "keeps failing: \(reason)" : "is paused, as it is set up wrongly: \(reason)",
                        "`auspex sink test \(name)`; `auspex replay` of a delivery tries at once"))
            }
            findings.append(owed(name, count))
        }
        let configured = Set(settings.sinks.map(\.configuration.name))
        for (name, count) in counts.sorted(by: { $0.key < $1.key })
        where !configured.contains(name) && count.pending > 0 {
            findings.append(
                .warning(
                    "sink/\(name)/owed", "\(Counted.pending(count.pending)), and there is no such sink any more",
                    "name it again, or they end with their deadline"))
        }
        return findings
    }

    private func owed(_ name: String, _ count: DeliveryCounts) -> Finding {
        let id = "sink/\(name)/owed"
        let waited = count.oldestPendingAt.map { Composition.now().duration(since: $0) } ?? .zero
        var message = "\(count.pending) pending, \(count.dead) dead"
        if count.pending > 0, waited > Doctor.longWait {
            message += "; the oldest has waited for \(DurationText.text(.seconds(waited.components.seconds)))"
        }
        if waited > Doctor.tooLongWait { return .failed(id, message, "`auspex deliveries --sink \(name)`") }
        if count.dead > 0 {
            return .warning(id, message, "`auspex deliveries --dead --sink \(name)`, then `auspex replay`")
        }
        if waited > Doctor.longWait { return .warning(id, message, "`auspex deliveries --sink \(name)`") }
        return .ok(id, message)
    }

    // The HTTP face

    private func face(_ server: ServerSettings) async -> Finding {
        let host = ["0.0.0.0", "::", "[::]"].contains(server.host) ? "127.0.0.1" : server.host
        let address = "http://\(host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host):\(server.port)/readyz"
        do {
            let response = try await transport.send(
                HTTPRequest(url: address, timeouts: Timeouts(connect: .seconds(2), exchange: .seconds(5))))
            guard response.status == 200 else {
                let reasons = String(decoding: response.body, as: UTF8.self).split(separator: "\n").joined(
                    separator: "; ")
                return .failed("server", "not ready: \(reasons)")
            }
            return .ok("server", "\(address) says that all is well")
        } catch {
            return .warning("server", "\(error)", "it answers while `auspex run` runs")
        }
    }
}
