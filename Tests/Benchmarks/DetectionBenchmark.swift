import Foundation
import SimulatedAurous
import Synchronization
import Transport

/// How soon a change in the API is told: from the change to the arrival of the callback, over HTTP all the way.
///
/// Generations come at random times, each a change a few seconds later; the Python poller watches the same ones. Then
/// the same with the API's own webhooks as hints.
/// The figures to hold at `active: 2s`: a median below 1.2 s, 99 of 100 below 2.5 s; with hints a median below 50 ms.
enum DetectionBenchmark {
    private static let seed: UInt64 = 20_260_504
    private static let secret = "whsec_the_simulated_endpoint"
    private static let polled = Plan(perSecond: 5, seconds: 50)
    private static let hinted = Plan(perSecond: 3, seconds: 25)

    /// How many generations come for how long.
    struct Plan {
        var perSecond: Double
        var seconds: Double
    }

    static func run() async {
        do {
            let folder = try ScratchFolder("detection")
            defer { folder.remove() }
            try await measure(in: folder)
        } catch {
            Report.line("detection: \(error)")
        }
    }

    private static func measure(in folder: ScratchFolder) async throws {
        guard let program = MeasuredProcess.auspex() else { return }
        let stage = try await DetectionStage()
        let face = try LoopbackSocket.freePort()
        try folder.write(configuration(stage, face: face), to: "auspex/auspex.yaml")
        try folder.write(rules, to: "auspex/rules.yaml")
        let auspex = try MeasuredProcess(program, ["run"], in: try folder.folder("auspex"))
        defer { auspex.stop() }
        let python = try MeasuredProcess.python(
            "watch/poller.py",
            [
                "--api", "http://127.0.0.1:\(stage.port)", "--key", DetectionStage.secondKey, "--database",
                "poller.db", "--callback", "http://127.0.0.1:\(stage.receiverPort)/python", "--interval", "2",
            ], in: try folder.folder("python"))
        // Both have taken what is there as their baseline.
        _ = await stage.api.requests(atLeast: 6)
        Report.line(
            "detection at active: 2s, from the change in the API to the callback's arrival; \(polled.perSecond) "
                + "generations a second for \(polled.seconds) s, each ends 10 to 30 s later")
        let changes = await stage.live(polled, seed: seed) { _ in }
        report("Auspex", changes, stage.arrivals(at: "/auspex"))
        report("Python, every 2 s", changes, stage.arrivals(at: "/python"))
        python.end()
        Report.line(
            "the same with the API's own webhooks as hints; \(hinted.perSecond) a second for \(hinted.seconds) s")
        let transport = CurlTransport(options: .init())
        defer { transport.shutdown() }
        let hintedChanges = await stage.live(hinted, seed: seed + 1) { id in
            _ = try? await transport.send(hint(about: id, stage: stage, face: face))
        }
        report("Auspex, hinted", hintedChanges, stage.arrivals(at: "/auspex"))
        await stage.stop()
    }

    private static func report(
        _ name: String, _ changes: [String: ContinuousClock.Instant], _ arrivals: [String: ContinuousClock.Instant]
    ) {
        let told = changes.compactMap { id, changed in arrivals[id].map { ($0 - changed) / .milliseconds(1) } }
        let samples = Samples(told)
        let missing = changes.count - told.count
        Report.row(
            name,
            "median \(Report.number(samples.median, digits: 0)) ms   99 of 100 "
                + "\(Report.number(samples.percentile(99), digits: 0)) ms   longest "
                + "\(Report.number(samples.largest, digits: 0)) ms   \(told.count) changes"
                + (missing > 0 ? ", \(missing) NOT TOLD" : ""))
    }

    /// What the API would send, signed as it signs.
    private static func hint(about id: String, stage: DetectionStage, face: Int) -> HTTPRequest {
        let now = DetectionStage.wall()
        let hint = AurousHint(
            event: "image.failed", id: "evt_\(id)", at: now, resource: stage.resource(id) ?? ["id": .string(id)])
        return HTTPRequest(
            method: "POST", url: "http://127.0.0.1:\(face)/hooks/aurous/studio",
            headerFields: [
                HeaderField("Content-Type", "application/json"),
                HeaderField("Aurous-Webhook-Signature", hint.signature(at: now, secret: secret)),
            ],
            body: hint.body, timeouts: Timeouts(connect: .seconds(5), exchange: .seconds(10)))
    }

    private static func configuration(_ stage: DetectionStage, face: Int) -> String {
        """
        sources:
          - name: studio
            api: http://127.0.0.1:\(stage.port)
            key: \(SimulationOptions.defaultKey)
            watch: [generation]
            poll: { active: 2s, idle: 15s, sweep: 15m }
            webhook_secret: \(secret)
        rules: [rules.yaml]
        sinks: { jobs: { kind: webhook, url: "http://127.0.0.1:\(stage.receiverPort)/auspex" } }
        notify: [jobs]
        server: { listen: 127.0.0.1:\(face) }
        """
    }

    private static let rules = """
        rules:
          - { name: ended, watch: generation, when: 'self.status in ["succeeded", "failed"]' }
        """
}
