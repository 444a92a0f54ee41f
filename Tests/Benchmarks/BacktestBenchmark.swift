import CEL
import ConfigurationFiles
import Core
import Engine
import Foundation
import Store
import TestSupport

/// How long a million recorded changes take through the rules that we ship.
///
/// The figure to hold: under 20 seconds. `BACKTEST_CHANGES=100000` makes it fewer.
enum BacktestBenchmark {
    private static let batch = 500

    static func run() async {
        let changes = ProcessInfo.processInfo.environment["BACKTEST_CHANGES"].flatMap { Int($0) } ?? 1_000_000
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("auspex-backtest-\(getpid())")
        defer { try? FileManager.default.removeItem(at: folder) }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let path = folder.appendingPathComponent("auspex.db").path
            try await fill(path, resources: changes / 3)
            let store = try SQLiteStore(path: path, access: .visiting)
            let workers = ProcessInfo.processInfo.activeProcessorCount
            let all = try rules()
            for (name, rules) in [
                ("all", all), ("single resources", all.filter { $0.window == nil }),
                ("windows", all.filter { $0.window != nil }),
            ] {
                let backtest = Backtest(
                    store: store, rules: rules, since: Sample.at(-10), until: Sample.at(changes), workers: workers)
                let began = ContinuousClock().now
                let outcome = try await backtest.run { _ in }
                let seconds = (ContinuousClock().now - began) / .seconds(1)
                let fired = outcome.result.rules.values.reduce(0) { $0 + $1.alerts.count }
                print(
                    String(
                        format: "backtest: %d changes through %d rules (%@) on %d cores: %.1f s, %d alerts",
                        outcome.changes,
                        rules.count, name, workers, seconds, fired))
            }
        } catch {
            print("backtest: \(error)")
        }
    }

    /// The rules over generations that we ship.
    private static func rules() throws -> [Rule] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../rules")
            .standardizedFileURL
        let files = ["generations.yaml", "windows.yaml"].map { folder.appending(path: $0).path(percentEncoded: false) }
        return RuleFileReader.read(files: files, surroundings: .init(sinks: ["team"], notify: ["team"])).rules
    }

    /// Generations that are seen pending, at work and at their end, as a watch would have recorded them.
    private static func fill(_ path: String, resources: Int) async throws {
        let store = try SQLiteStore(path: path, access: .watching)
        defer { store.close() }
        let engine = RuleEngine(rules: [])
        var random = SeededRandom(seed: 3)
        var baselined = ListingProgress()
        baselined.isBaselined = true
        for start in stride(from: 0, to: resources, by: batch) {
            var decision = Decision()
            for number in start..<min(start + batch, resources) {
                var known = KnownResource(snapshot: nil, latest: [:])
                let end = random.oneIn(10) ? "failed" : "succeeded"
                for (step, status) in ["pending", "processing", end].enumerated() {
                    var now = Decision()
                    let observation = Observation(
                        key: Sample.key("img_\(number)"), body: body(number, status, step, &random),
                        fingerprint: UInt64(step),
                        status: status, observedAt: Sample.at(3 * number + 10 * step))
                    engine.observed(
                        observation, known: known, isBaseline: false, now: observation.observedAt, into: &now)
                    known.snapshot = now.snapshots.last
                    decision.changes += now.changes
                }
                if let snapshot = known.snapshot { decision.snapshots.append(snapshot) }
            }
            try await store.commit(
                ObservationCommit(decision: decision, progress: [.generation: baselined], source: "studio"))
        }
    }

    private static let prompt = String(repeating: "a cat in the rain, oil on canvas, ", count: 12)

    private static func body(_ number: Int, _ status: String, _ step: Int, _ random: inout SeededRandom) -> [UInt8] {
        let created = 3 * number
        var fields = [
            ("prompt", "\"\(prompt)\""), ("created_at", Sample.time(created)), ("media_type", "\"image\""),
            ("inference_type", number % 3 == 0 ? "\"i2i\"" : "\"t2i\""), ("width", "1024"), ("height", "1024"),
            ("image_count", "1"), ("size_preset", "\"square\""), ("seed", "\(number)"), ("cfg_rescale", "0.7"),
            ("cost", "{\"amount\":0.25,\"currency\":\"credit\",\"breakdown\":{\"base\":0.2,\"size\":0.05}}"),
            ("loras", "[{\"id\":\"lora_1\",\"name\":\"ink\"}]"), ("creation_request_id", "\"req_\(number)\""),
            ("aurous_version", "\"2026-05-15\""),
        ]
        if step == 2 {
            fields += [
                ("completed_at", Sample.time(created + 19)),
                ("duration_ms", "\(Int.random(in: 4000...70_000, using: &random))"),
                ("output_urls", "[\"https://cdn.example.com/\(number)/0.png?token=abcdef\"]"),
            ]
            if status == "failed" { fields.append(("error_message", "\"the provider gave up\"")) }
        }
        return Sample.json("img_\(number)", status, fields)
    }
}
