import CEL
import Core
import Engine
import Foundation
import Logging
import Sinks
import Store
import Synchronization
import Transport

/// A whole watch in a process of its own, so that its memory can be read: scripted pages in, signed callbacks out.
struct DeliveryWorker {
    private let api = ScriptedAPI()
    private let tally = Tally()
    private let watch: Watch
    private let gate: Gate

    /// What was delivered, and when what was decided was first sent.
    private final class Tally: Sendable {
        struct State {
            var delivered = 0
            var lastDelivery = ContinuousClock.now
            var decided: [NotificationID: ContinuousClock.Instant] = [:]
            var firstAttempts: [Duration] = []
            var firstDecision: ContinuousClock.Instant?
            var lastDecision = ContinuousClock.now
            var decidedCount = 0
        }

        let state = Mutex(State())

        func note(_ event: EngineEvent) {
            switch event {
            case .attempt(let record, _, _) where record.phase == .delivered && record.sink == "team":
                state.withLock { state in
                    state.delivered += 1
                    state.lastDelivery = .now
                }
            case .decided(let decided):
                let now = ContinuousClock.now
                state.withLock { state in
                    state.decided[decided.notification.id] = now
                    state.firstDecision = state.firstDecision ?? now
                    state.lastDecision = now
                    state.decidedCount += 1
                }
            default: break
            }
        }

        func attempted(_ id: NotificationID) {
            let now = ContinuousClock.now
            state.withLock { state in
                if let decided = state.decided.removeValue(forKey: id) { state.firstAttempts.append(now - decided) }
            }
        }
    }

    /// Holds the sinks back until all is decided, to measure what is left: sending.
    private final class Gate: Sendable {
        private let opening: Mutex<Bool>

        init(isOpen: Bool) { opening = Mutex(isOpen) }

        var isOpen: Bool { opening.withLock { $0 } }

        func open() { opening.withLock { $0 = true } }

        func pass() async {
            while !opening.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(1)) }
        }
    }

    /// A sink that notes when it was asked.
    private struct NotedSink: Sink {
        let sink: any Sink
        let tally: Tally
        let gate: Gate
        var name: String { sink.name }
        var kind: String { sink.kind }

        func preview(_ delivery: OutgoingDelivery, at now: Core.Timestamp) -> String { sink.preview(delivery, at: now) }

        func attempt(_ delivery: OutgoingDelivery, at now: Core.Timestamp) async -> AttemptResult {
            tally.attempted(delivery.notification.id)
            await gate.pass()
            return await sink.attempt(delivery, at: now)
        }
    }

    init(folder: String, port: String, hasDeadSink: Bool, isHeldBack: Bool) throws {
        gate = Gate(isOpen: !isHeldBack)
        let dead = hasDeadSink ? "  dead: { kind: webhook, url: \"http://127.0.0.1:9/\" }\n" : ""
        let configuration = """
            sources: [{ name: studio, api: "http://127.0.0.1:1", key: "k", watch: [generation], budget: 1, poll: { active: 50ms, idle: 50ms } }]
            rules: [rules.yaml]
            sinks:
              team: { kind: webhook, url: "http://127.0.0.1:\(port)/", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw }
            \(dead)notify: [\(hasDeadSink ? "dead, " : "")team]
            """
        let rules = """
            rules:
              - { name: done, watch: generation, when: self.status == "succeeded", title: "${self.id} is ready" }
            """
        try configuration.write(toFile: folder + "/auspex.yaml", atomically: true, encoding: .utf8)
        try rules.write(toFile: folder + "/rules.yaml", atomically: true, encoding: .utf8)
        let logger = Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
        let transport = CurlTransport(options: .init())
        let loaded = try ConfigurationLoader.load(
            path: folder + "/auspex.yaml", environment: [:],
            services: SinkServices(
                http: transport, mail: transport, productVersion: "benchmark", hostName: "localhost", logger: logger))
        guard let configuration = loaded.configuration else {
            throw CocoaError(.fileReadCorruptFile, userInfo: [:])
        }
        let (tally, gate) = (tally, gate)
        watch = Watch(
            Watch.Parts(
                settings: configuration.settings, rules: RuleBook(rules: configuration.rules),
                sinks: configuration.sinks.map { NotedSink(sink: $0, tally: tally, gate: gate) },
                store: try SQLiteStore(path: folder + "/auspex.db", access: .watching), http: api,
                userAgent: "auspex/benchmark"),
            dependencies: Dependencies(
                clock: ContinuousClock(),
                now: { Core.Timestamp(clampingMilliseconds: Int64(Date().timeIntervalSince1970 * 1000)) },
                random: { Double.random(in: 0..<1) }, logger: logger, report: { tally.note($0) }),
            steadySeconds: { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 })
    }

    func run(bursts: Int, of size: Int, singles: Int) async {
        let stopping = Mailbox<Void>()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [watch] in await watch.run { _ = await stopping.take() } }
            api.add(100)
            watch.rulesChanged()
            await pause(.seconds(2))
            for number in 0..<bursts { await burst(of: size, number: number) }
            if singles > 0 { await trickle(singles) }
            let memory = DeliveryWorker.memory()
            DeliveryBenchmark.say("memory \(memory.peakMB) \(memory.nowMB)")
            stopping.post(())
        }
    }

    private func burst(of size: Int, number: Int) async {
        tally.state.withLock { $0.firstDecision = nil }
        let goal = tally.state.withLock(\.delivered) + size
        var before = DeliveryWorker.cpuSeconds()
        var opened: ContinuousClock.Instant?
        api.add(size)
        watch.rulesChanged()
        let patience = ContinuousClock.now + .seconds(120)
        let decided = tally.state.withLock(\.decidedCount) + size
        if !gate.isOpen {
            while tally.state.withLock(\.decidedCount) < decided, ContinuousClock.now < patience {
                await pause(.milliseconds(5))
            }
            before = DeliveryWorker.cpuSeconds()
            opened = .now
            gate.open()
        }
        while tally.state.withLock(\.delivered) < goal, ContinuousClock.now < patience { await pause(.milliseconds(5)) }
        let (count, last) = tally.state.withLock { ($0.delivered, $0.lastDelivery) }
        let (first, settled) = tally.state.withLock { ($0.firstDecision ?? .now, $0.lastDecision) }
        if let began = api.burstBegan {
            DeliveryBenchmark.say("committed \((first - began) / .seconds(1)) \((settled - began) / .seconds(1))")
        }
        guard count >= goal, let began = opened ?? api.burstBegan else {
            return DeliveryBenchmark.say("burst \(number) \(size) never \(count)")
        }
        DeliveryBenchmark.say(
            "burst \(number) \(size) \((last - began) / .seconds(1)) \(DeliveryWorker.cpuSeconds() - before)")
    }

    /// One change after the other, with nothing else to do.
    private func trickle(_ count: Int) async {
        tally.state.withLock { state in
            state.firstAttempts = []
            state.decided = [:]
        }
        for _ in 0..<count {
            let goal = tally.state.withLock(\.delivered) + 1
            api.add(1)
            watch.rulesChanged()
            let patience = ContinuousClock.now + .seconds(10)
            while tally.state.withLock(\.delivered) < goal, ContinuousClock.now < patience {
                await pause(.milliseconds(2))
            }
            await pause(.milliseconds(30))
        }
        let waits = tally.state.withLock(\.firstAttempts).map { $0 / .milliseconds(1) }.sorted()
        guard !waits.isEmpty else { return }
        DeliveryBenchmark.say("first \(waits[waits.count / 2]) \(waits[min(waits.count - 1, waits.count * 99 / 100)])")
    }

    private func pause(_ duration: Duration) async {
        // A benchmark waits for what it measures.
        try? await Task.sleep(for: duration)
    }

    private static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func memory() -> (peakMB: Int, nowMB: Int) {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        func megabytes(_ name: String) -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
            return (Int(line.filter(\.isNumber)) ?? 0) / 1024
        }
        return (megabytes("VmHWM"), megabytes("VmRSS"))
    }
}
