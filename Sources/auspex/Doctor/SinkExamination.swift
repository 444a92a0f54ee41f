import Core
import Engine
import Glibc
import Sinks
import Transport

/// Whether a sink could be told something now. Nothing is sent.
struct SinkExamination: Sendable {
    /// Made with a ``Probe``.
    let sink: any Sink
    let settings: SinkSettings
    let now: Timestamp

    private var id: String { "sink/\(sink.name)/reach" }

    func finding() async -> Finding {
        switch sink.kind {
        case "log": return .ok(id, "writes into auspex's own log")
        case "file": return file()
        case "exec": return program()
        default: return await connection()
        }
    }

    private func connection() async -> Finding {
        let record = Probe.Record()
        let result = await Probe.$record.withValue(record) { () async -> AttemptResult? in
            if let heartbeat = sink as? HeartbeatSink { return await heartbeat.beat(isHealthy: true, at: now) }
            return await sink.attempt(TestNotification.delivery(to: sink.name, at: now), at: now)
        }
        if let trouble = record.trouble {
            return .failed(id, "\(trouble)", "see to the address, the network and the certificates")
        }
        guard record.reached.isEmpty else {
            return .ok(id, "\(record.reached.joined(separator: ", ")) can be connected to; nothing was sent")
        }
        return .failed(
            id, result?.outcome.reason ?? "makes no request", "`auspex sink test \(sink.name) --dry-run` shows it")
    }

    private func file() -> Finding {
        guard case .string(let path)? = settings.configuration.values["path"] else {
            return .warning(id, "has no path that could be looked at")
        }
        let folder = FileAccess.folder(of: path)
        var information = stat()
        if stat(path, &information) == 0 {
            guard information.st_mode & S_IFMT == S_IFREG else { return .failed(id, "\(path) is not an ordinary file") }
            guard access(path, W_OK) == 0 else { return .failed(id, "\(path) cannot be written: \(reason)") }
            return .ok(id, "\(path) can be written")
        }
        guard access(folder, W_OK) == 0 else { return .failed(id, "\(path) cannot be made: \(folder): \(reason)") }
        return .ok(id, "\(path) can be made")
    }

    private func program() -> Finding {
        guard case .stringList(let command)? = settings.configuration.values["command"], let program = command.first
        else { return .warning(id, "has no program that could be looked at") }
        guard access(program, X_OK) == 0 else { return .failed(id, "\(program) cannot be run: \(reason)") }
        return .ok(id, "\(program) can be run; it was not")
    }

    private var reason: String { String(cString: strerror(errno)) }
}
