import CEL
import Core
import Foundation
import SimulatedAurous
import Store

/// What a poll, a start and a look cost with a thousand stored resources and with a million.
///
/// The figures to hold: with a million at most 1.2 times the cost of a poll with a thousand, and the same memory.
/// `GROWTH_ROWS=100000` makes the larger store smaller.
enum GrowthBenchmark {
    /// What one store came to.
    private struct Figures {
        var values: [(name: String, value: Double, unit: String)] = []

        mutating func add(_ name: String, _ value: Double, _ unit: String) { values.append((name, value, unit)) }
    }

    private static let pollSeconds = 10.0
    private static let now = Date()

    static func run() async {
        let larger = ProcessInfo.processInfo.environment["GROWTH_ROWS"].flatMap { Int($0) } ?? 1_000_000
        do {
            let small = try await measure(rows: 1000)
            let large = try await measure(rows: larger)
            print("growth: stored resources                         1000 \(pad("\(larger)", 12))    ratio")
            for (one, other) in zip(small.values, large.values) {
                let ratio = one.value > 0 ? other.value / one.value : 0
                print(
                    "growth: " + one.name.padding(toLength: 38, withPad: " ", startingAt: 0)
                        + pad(text(one.value), 15) + pad(text(other.value), 13) + pad(text(ratio), 9) + "  \(one.unit)")
            }
        } catch {
            print("growth: \(error)")
        }
    }

    private static func text(_ value: Double) -> String { String(format: value < 10 ? "%.2f" : "%.0f", value) }
    private static func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    private static func measure(rows: Int) async throws -> Figures {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("auspex-growth-\(getpid())-\(rows)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appendingPathComponent("auspex.db").path
        var figures = Figures()
        let watched = try await WatchedProcess(folder: folder)
        // The program reads its own baseline of the few that the API lists; what is older is put below.
        try await watched.baseline()
        try await fill(path, rows: rows)
        try await costOfCommits(path, rows: rows, into: &figures)
        let bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        try await watched.polls(for: pollSeconds, into: &figures)
        figures.add("bytes on disk per resource", Double(bytes) / Double(rows), "B")
        await watched.stop()
        return figures
    }

    private static func time(_ milliseconds: Int64) -> Timestamp {
        Timestamp(microseconds: Int64(now.timeIntervalSince1970 * 1000) * 1000 + milliseconds * 1000)
    }

    private static func snapshot(_ number: Int, isWhole: Bool) -> Snapshot {
        let at = time(-Int64(number + 1000) * 60_000)
        return Snapshot(
            key: ResourceKey(source: "studio", kind: .generation, id: "img_old_\(10_000_000 + number)"),
            body: Array(#"{"id":"img","status":"succeeded","prompt":"a lighthouse"}"#.utf8),
            fingerprint: UInt64(number), status: "succeeded", createdAt: at, statusSince: at, firstSeen: at,
            observedAt: at, isGone: false, isWhole: isWhole)
    }

    /// Resources that settled long ago, and an alert that was told about every tenth.
    private static func fill(_ path: String, rows: Int) async throws {
        let store = try SQLiteStore(path: path, access: .watching)
        defer { store.close() }
        let batch = 2000
        for first in stride(from: 0, to: rows, by: batch) {
            var decision = Decision()
            for number in first..<min(rows, first + batch) {
                let snapshot = snapshot(number, isWhole: false)
                decision.snapshots.append(snapshot)
                guard number % 10 == 0 else { continue }
                var alert = AlertRecord(
                    rule: "failed", resource: snapshot.key, activation: 1, phase: .resolved,
                    since: snapshot.statusSince, severity: .warning)
                (alert.firedAt, alert.resolvedAt) = (snapshot.statusSince, snapshot.statusSince)
                decision.records.append(alert)
                let said = AlertNotification(
                    id: NotificationID(alert: alert.id, sequence: 1), reason: .fired, timestamp: snapshot.statusSince,
                    rule: "failed", severity: .warning, labels: [], title: [.literal("it failed")], text: [],
                    alerts: [])
                decision.notifications.append(DecidedNotification(notification: said, sinks: ["team"], sequence: 1))
            }
            try await store.commit(ObservationCommit(decision: decision, progress: [:], source: "studio"))
            for due in try await store.dueDeliveries(
                sink: "team", at: time(0), limit: batch, excluding: [])
            {
                var record = due.record
                record.attemptEnded(AttemptResult(.delivered), schedule: .standard, at: time(0), unit: 0)
                try await store.record([record])
            }
        }
    }

    /// The store's part of a page, in this process: the median of many.
    private static func costOfCommits(_ path: String, rows: Int, into figures: inout Figures) async throws {
        let store = try SQLiteStore(path: path, access: .watching)
        defer { store.close() }
        var chance = SystemRandomNumberGenerator()
        func ids(outOf range: Range<Int>) -> [String] {
            (0..<100).map { _ in "img_old_\(10_000_000 + Int.random(in: range, using: &chance))" }
        }
        figures.add(
            "page asked from the store, unchanged",
            try await median(200) {
                _ = try await store.fingerprints(source: "studio", kind: .generation, ids: ids(outOf: 0..<rows))
            }, "ms")
        var next = rows
        figures.add(
            "page of 100 new rows, committed",
            try await median(100) {
                var decision = Decision()
                decision.snapshots = (next..<next + 100).map { snapshot($0, isWhole: true) }
                next += 100
                _ = try await store.known(source: "studio", kind: .generation, ids: decision.snapshots.map(\.key.id))
                try await store.commit(ObservationCommit(decision: decision, progress: [:], source: "studio"))
            }, "ms")
        for (name, range) in [("recent", next - 1000..<next), ("scattered", 0..<rows)] {
            figures.add(
                "page of 100 changed rows, \(name)",
                try await median(100) {
                    let ids = ids(outOf: range)
                    let known = try await store.known(source: "studio", kind: .generation, ids: ids)
                    var decision = Decision()
                    decision.snapshots = known.values.compactMap { resource in
                        guard var changed = resource.snapshot else { return nil }
                        (changed.fingerprint, changed.observedAt) = (changed.fingerprint &+ 1, time(0))
                        return changed
                    }
                    try await store.commit(ObservationCommit(decision: decision, progress: [:], source: "studio"))
                }, "ms")
        }
        var position: Chore.Position?
        figures.add(
            "a step of shrinking, 100 rows",
            try await median(50) {
                position = try await store.work(on: .details, before: time(0), after: position, limit: 100)
            }, "ms")
    }

    private static func median(_ rounds: Int, _ body: () async throws -> Void) async throws -> Double {
        var times: [Double] = []
        for _ in 0..<rounds {
            let start = Date()
            try await body()
            times.append(Date().timeIntervalSince(start) * 1000)
        }
        return times.sorted()[rounds / 2]
    }

    /// The built program over a store, polling a simulated API of 300 generations twenty times a second.
    private struct WatchedProcess {
        let folder: URL
        let program: URL
        let server: SimulatedAurousServer

        init(folder: URL) async throws {
            self.folder = folder
            program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
                .appendingPathComponent("auspex")
            guard FileManager.default.isExecutableFile(atPath: program.path) else {
                throw CocoaError(
                    .fileNoSuchFile, userInfo: [NSFilePathErrorKey: "\(program.path); build --product auspex first"])
            }
            let clock: @Sendable () -> WorldTime = {
                WorldTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            }
            let team = SimulatedTeam(
                name: "studio", key: SimulationOptions.defaultKey, pace: .still, isRateLimited: false)
            server = SimulatedAurousServer(
                SimulationOptions(seed: 1, speed: 1, teams: [team], controlFace: false, startTime: clock()), now: clock)
            let port = try await server.start(port: 0)
            for number in 0..<300 { put("img_\(1000 + number)") }
            let configuration = """
                sources:
                  - name: studio
                    api: http://127.0.0.1:\(port)
                    key: \(SimulationOptions.defaultKey)
                    watch: [generation]
                    poll: { active: 50ms, idle: 50ms, sweep: 300d }
                    budget: 1
                rules: [rules.yaml]
                sinks: { team: { kind: log } }
                notify: [team]
                # Nothing is due to leave the store: that all of it comes of age at once is so only here.
                retention: { detail: 3650d, history: 3650d }
                """
            let rules = "rules: [{ name: failed, watch: generation, when: self.status == \"failed\" }]\n"
            for (name, text) in [("auspex.yaml", configuration), ("rules.yaml", rules)] {
                try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
            }
        }

        func put(_ id: String) {
            _ = server.withWorld(of: "studio") { world in
                world.put(generation: [
                    "id": .string(id), "status": "succeeded", "prompt": "a lighthouse at dusk",
                ])
            }
        }

        func stop() async { await server.stop() }

        private func start(_ arguments: String...) throws -> Process {
            let process = Process()
            process.executableURL = program
            process.arguments = arguments
            process.currentDirectoryURL = folder
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            return process
        }

        func baseline() async throws {
            let process = try start("run", "--once")
            process.waitUntilExit()
        }

        func polls(for seconds: Double, into figures: inout Figures) async throws {
            let before = server.requests.count
            let began = Date()
            let process = try start("run")
            _ = await server.requests(atLeast: before + 1)
            figures.add("start to first request", Date().timeIntervalSince(began) * 1000, "ms")
            try await Task.sleep(for: .seconds(5))
            figures.add("poll of an unchanged page, CPU", try await cost(of: process, seconds: seconds) {}, "ms")
            var number = 0
            figures.add(
                "poll that finds 5 new rows, CPU",
                try await cost(of: process, seconds: seconds) {
                    for _ in 0..<5 {
                        number += 1
                        put("img_new_\(100_000 + number)")
                    }
                }, "ms")
            figures.add("resident memory", Double(MeasuredProcess.residentMB(of: process.processIdentifier)), "MB")
            for command in ["status", "alerts", "deliveries"] {
                let start = Date()
                try self.start(command, "--json").waitUntilExit()
                figures.add("auspex \(command)", Date().timeIntervalSince(start) * 1000, "ms")
            }
            process.terminate()
            process.waitUntilExit()
        }

        /// CPU milliseconds for each request that was made.
        private func cost(of process: Process, seconds: Double, stir: () -> Void) async throws -> Double {
            let before = ProcessClock.cpuSeconds(of: process.processIdentifier)
            let requests = server.requests.count
            let end = Date().addingTimeInterval(seconds)
            while Date() < end {
                stir()
                try await Task.sleep(for: .milliseconds(50))
            }
            let spent = ProcessClock.cpuSeconds(of: process.processIdentifier) - before
            return spent * 1000 / Double(max(1, server.requests.count - requests))
        }
    }
}
