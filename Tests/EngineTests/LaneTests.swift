import CEL
import Core
import Engine
import SimulatedAurous
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `A lane under fire` {
    private static let rules = """
        rules:
          - name: busy
            watch: generation
            when: self.status == "processing"
            send_resolved: true
            title: "${self.id}"
        """

    private func webhook(_ name: String, _ bench: Bench, _ lane: String = "") -> String {
        let url = "http://127.0.0.1:\(bench.receiverPort)/\(name)"
        return "  \(name): { kind: webhook, url: \"\(url)\", secret: \(Bench.secret)\(lane) }\n"
    }

    private func targets(_ bench: Bench) -> [String: Int] {
        Dictionary(bench.receiver.received.map { ($0.target, 1) }, uniquingKeysWith: +)
    }

    /// Moves the clock on until something is so.
    private func inTime(
        _ bench: Bench, _ what: String, step: Duration = .milliseconds(500), _ condition: () async throws -> Bool
    ) async throws {
        try await eventually(what) {
            bench.clock.advance(by: step)
            return try await condition()
        }
    }

    @Test func `spends no attempts of what waits while its sink keeps failing, and sends all when it is up again`()
        async throws
    {
        let bench = try await Bench()
        bench.receiver.setRule { _ in .status(503) }
        let service = RunningService(
            try bench.service(bench.configuration(lane: "concurrency: 2"), rules: Self.rules))
        try await service.started()
        bench.put(40, "processing", startingAt: 100)
        try await service.nextPoll()
        try await eventually("the circuit to open") { service.service.watch.lanes[0].current.circuit == .open }
        // The 11th may have begun before the 10th ended.
        let spent = bench.receiver.received.count
        #expect((10...12).contains(spent))
        try await inTime(bench, "a probe") { bench.receiver.received.count > spent }
        bench.receiver.setRule(nil)
        try await inTime(bench, "all of them") {
            try await service.service.store.deliveryCounts()["team"]?.delivered == 40
        }
        #expect(bench.receiver.received.count < 40 + spent + 8)
        let lane = service.service.watch.lanes[0].current
        #expect(lane.circuit == .closed && lane.consecutiveFailures == 0)
        #expect(
            bench.events.turns == [.open, .halfOpen, .open, .halfOpen, .closed] || bench.events.turns.last == .closed)
        await service.stop()
        await bench.stop()
    }

    @Test func `is paused when its sink is set up wrongly: one dead letter, the rest waits until it is mended`()
        async throws
    {
        let bench = try await Bench()
        bench.receiver.setRule { _ in .status(401) }
        let service = RunningService(
            try bench.service(bench.configuration(lane: "concurrency: 1"), rules: Self.rules))
        try await service.started()
        bench.put(12, "processing", startingAt: 100)
        try await service.nextPoll()
        try await eventually("the pause") { service.service.watch.lanes[0].current.pausedReason != nil }
        try await eventually("the dead letter") {
            try await service.service.store.deliveryCounts()["team"]?.dead == 1
        }
        #expect(bench.receiver.received.count == 1)
        #expect(service.service.watch.lanes[0].current.pausedReason?.contains("401") == true)
        let fact = try await service.service.store.facts(prefix: "lane/team").first
        #expect(fact.flatMap { LaneStatus(document: $0.value) }?.pausedReason?.contains("401") == true)
        bench.receiver.setRule(nil)
        try await inTime(bench, "the rest") {
            try await service.service.store.deliveryCounts()["team"]?.delivered == 11
        }
        await service.stop()
        await bench.stop()
    }

    @Test func `goes on when only one message is not liked`() async throws {
        let bench = try await Bench()
        bench.receiver.setRule { $0.number % 2 == 0 ? .status(422) : nil }
        let service = try bench.service(rules: Self.rules)
        await service.once()
        bench.put(10, "processing", startingAt: 100)
        await service.once()
        let counts = try await service.store.deliveryCounts()["team"]
        #expect(counts?.dead == 5 && counts?.delivered == 5)
        await bench.stop()
    }

    @Test func `begins after a restart with one probe, and goes on at once where the sink is up`() async throws {
        let bench = try await Bench()
        bench.receiver.setRule { _ in .status(503) }
        let configuration = bench.configuration(lane: "concurrency: 1")
        do {
            let first = try bench.service(configuration, rules: Self.rules)
            await first.once()
            bench.put(30, "processing", startingAt: 100)
            await first.once()
            #expect(first.watch.lanes[0].current.circuit == .open)
        }
        let spent = bench.receiver.received.count
        do {
            let second = try bench.service(configuration, rules: Self.rules)
            await second.once()
            #expect(bench.receiver.received.count == spent + 1)
        }
        bench.receiver.setRule(nil)
        bench.clock.advance(by: .seconds(1000))
        let third = try bench.service(configuration, rules: Self.rules)
        await third.once()
        #expect(try await third.store.deliveryCounts()["team"]?.delivered == 30)
        await bench.stop()
    }

    @Test func `says through its fallback what it cannot deliver, with the same id, and then the end`() async throws {
        let bench = try await Bench()
        let sinks = webhook("first", bench, ", fallback: second") + webhook("second", bench)
        bench.receiver.setRule { $0.target == "/first" ? .status(410) : nil }
        let configuration = bench.configuration(sinks: sinks).replacing("notify: [team]", with: "notify: [first]")
        let service = try bench.service(configuration, rules: Self.rules)
        await service.once()
        bench.put(["id": "img_1", "status": "processing"])
        await service.once()
        #expect(targets(bench) == ["/first": 1, "/second": 1])
        #expect(Set(bench.receiver.received.map { $0[header: "webhook-id"] }).count == 1)
        bench.change("img_1", ["status": "succeeded"])
        await service.once()
        let told = bench.receiver.received.filter { $0.target == "/second" }.compactMap { $0.json?["type"]?.text }
        #expect(told == ["alert.fired", "alert.resolved"])
        #expect(targets(bench)["/first"] == 1)
        await bench.stop()
    }

    @Test func `says through its fallback what has waited too long, once, and delivers it still`() async throws {
        let bench = try await Bench()
        let sinks =
            webhook("first", bench, ", concurrency: 1, fallback: second, fallback_after: 30s")
            + webhook("second", bench)
        bench.receiver.setRule { $0.target == "/first" ? .status(503) : nil }
        let configuration = bench.configuration(sinks: sinks).replacing("notify: [team]", with: "notify: [first]")
        let service = RunningService(try bench.service(configuration, rules: Self.rules))
        try await service.started()
        bench.put(15, "processing", startingAt: 100)
        try await service.nextPoll()
        try await eventually("the circuit to open") { service.service.watch.lanes[0].current.circuit != .closed }
        #expect(targets(bench)["/second"] == nil)
        try await inTime(bench, "the fallback") { targets(bench)["/second"] == 15 }
        bench.receiver.setRule(nil)
        try await inTime(bench, "the first") {
            try await service.service.store.deliveryCounts()["first"]?.delivered == 15
        }
        #expect(targets(bench)["/second"] == 15)
        await service.stop()
        await bench.stop()
    }

    @Test func `gives up what its deadline has passed, and says so`() async throws {
        let bench = try await Bench()
        bench.receiver.setRule { _ in .status(503) }
        let service = RunningService(
            try bench.service(bench.configuration(lane: "deadline: 1m, retry: [5s, 10m]"), rules: Self.rules))
        try await service.started()
        bench.put(["id": "img_1", "status": "processing"])
        try await service.nextPoll()
        try await inTime(bench, "the end") { try await service.service.store.deliveryCounts()["team"]?.dead == 1 }
        let line = try await service.service.store.deliveries(sink: "team", deadOnly: true, limit: 1).first
        #expect(
            line?.record.lastReason?.hasPrefix("not delivered within its deadline of 1m; the last attempt: HTTP 503")
                == true)
        #expect(bench.receiver.received.count == 2)
        await service.stop()
        await bench.stop()
    }

    @Test func `gathers a backlog that has grown too long into one digest, and loses nothing`() async throws {
        let bench = try await Bench()
        bench.receiver.setRule { _ in .status(503) }
        let service = RunningService(
            try bench.service(bench.configuration(lane: "concurrency: 1, overflow: 20"), rules: Self.rules))
        try await service.started()
        bench.put(60, "processing", startingAt: 100)
        try await service.nextPoll()
        try await inTime(bench, "the digest") { try await service.service.store.backlog(sink: "team") <= 20 }
        bench.receiver.setRule(nil)
        try await inTime(bench, "everything") {
            try await service.service.store.deliveryCounts()["team"]?.pending == 0
        }
        let counts = try await service.service.store.deliveryCounts()["team"]
        #expect(counts?.dead == 0)
        #expect(counts?.delivered == 61)
        let titles = bench.receiver.received.filter { $0.status == 204 }.compactMap { $0.json?["data"]?["title"]?.text }
        #expect(titles.contains { $0.hasPrefix("Digest: ") })
        #expect(titles.count <= 40)
        await service.stop()
        await bench.stop()
    }

    @Test func `delays no other: five of fifty sinks hang, the rest have everything at once`() async throws {
        let bench = try await Bench()
        let names = (0..<50).map { "sink\($0)" }
        let hanging = Set((0..<5).map { "/sink\($0 * 10)" })
        bench.receiver.setRule { hanging.contains($0.target) ? .hang : nil }
        let configuration = bench.configuration(sinks: names.map { webhook($0, bench) }.joined())
            .replacing("notify: [team]", with: "notify: [\(names.joined(separator: ", "))]")
        let service = RunningService(try bench.service(configuration, rules: Self.rules))
        try await service.started()
        bench.put(10, "processing", startingAt: 100)
        try await service.nextPoll()
        let before = bench.clock.seconds
        try await eventually("all of the healthy sinks'") {
            targets(bench).filter { !hanging.contains($0.key) }.values.reduce(0, +) == 450
        }
        // No time has passed: nobody waited for a timeout, a retry or a glance.
        #expect(bench.clock.seconds == before)
        #expect(targets(bench).filter { hanging.contains($0.key) }.values.allSatisfy { $0 == 10 })
        await bench.receiver.stop()
        await service.stop()
        await bench.api.stop()
    }
}

extension EventRecord {
    /// How circuits turned, in order.
    fileprivate var turns: [CircuitState] {
        all.compactMap { if case .lane(_, let status) = $0 { status.circuit } else { nil } }
    }
}
