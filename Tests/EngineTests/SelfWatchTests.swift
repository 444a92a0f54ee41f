import CEL
import Core
import Engine
import SimulatedAurous
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `Auspex watching itself` {
    private static let down = """
        rules:
          - name: down
            watch: source
            when: "!self.reachable"
            for: 5m
            title: "${self.name} is down: ${self.last_error_kind}"
        """

    /// Two sinks: what goes to `team` can be refused while `ops` listens.
    private func sinks(_ bench: Bench) -> String {
        """
          team: { kind: webhook, url: "http://127.0.0.1:\(bench.receiverPort)/team", secret: \(Bench.secret), retry: [5s] }
          ops: { kind: webhook, url: "http://127.0.0.1:\(bench.receiverPort)/ops", secret: \(Bench.secret) }
        """
    }

    /// Moves the clock on in steps, each of which comes to rest, until something is so.
    private func advance(
        _ service: RunningService, step: Duration = .seconds(1), limit: Int = 1000,
        until condition: () async throws -> Bool
    ) async throws {
        for _ in 0..<limit {
            if try await condition() { return }
            service.service.bench.clock.advance(by: step)
            try await eventually("rest") { service.isAtRest }
        }
        Issue.record("it never came to be")
    }

    private func types(_ bench: Bench) -> [String] { bench.receiver.received.compactMap { $0.json?["type"]?.text } }

    @Test func `tells five minutes after the API went down, and when it is back`() async throws {
        let bench = try await Bench()
        let service = RunningService(try bench.service(rules: Self.down))
        try await service.started()
        bench.api.setFaultRule { _ in .close }
        try await service.nextPoll()
        try await advance(service) { !bench.receiver.received.isEmpty }
        let alert = try #require(bench.receiver.received.first?.json?["data"]?["alerts"]?.elements?.first)
        #expect(await bench.arrived() == ["studio is down: network"])
        #expect(alert["source"]?.text == "studio" && alert["resource_id"]?.text == "studio")
        #expect(alert["kind"]?.text == "source" && alert["self"]?["reachable"] == false)
        let since = try #require(alert["since"]?.text.flatMap { Timestamp(rfc3339: $0) })
        let fired = try #require(alert["fired_at"]?.text.flatMap { Timestamp(rfc3339: $0) })
        #expect(fired.duration(since: since) == .seconds(300))
        bench.api.clearFaults()
        bench.api.setFaultRule(nil)
        try await advance(service) { bench.receiver.received.count > 1 }
        #expect(types(bench) == ["alert.fired", "alert.resolved"])
        await service.stop()
        await bench.stop()
    }

    @Test func `counts on across a restart, and says nothing before it has asked`() async throws {
        let bench = try await Bench()
        try await run(bench) { service in
            try await service.started()
            bench.api.setFaultRule { _ in .close }
            try await service.nextPoll()
            try await eventually("the alert is pending") {
                try await service.service.store.alertCounts()[.pending] == 1
            }
        }
        bench.clock.advance(by: .seconds(400))
        try await run(bench) { service in
            try await advance(service) { !bench.receiver.received.isEmpty }
        }
        #expect(types(bench) == ["alert.fired"])
        bench.api.setFaultRule(nil)
        try await run(bench) { service in
            try await advance(service) { bench.receiver.received.count > 1 }
        }
        #expect(types(bench) == ["alert.fired", "alert.resolved"])
        await bench.stop()
    }

    /// The life of one process; when it is over, its store is free for the next.
    private func run(_ bench: Bench, _ body: (RunningService) async throws -> Void) async throws {
        let service = RunningService(try bench.service(rules: Self.down))
        try await body(service)
        await service.stop()
    }

    @Test func `ends the alerts of a source and a sink that leave the configuration`() async throws {
        let bench = try await Bench()
        let rules = """
            rules:
              - { name: down, watch: source, when: "!self.reachable", send_resolved: true, notify: [ops] }
              - { name: dead, watch: sink, when: self.dead > 0, send_resolved: true, notify: [ops] }
              - { name: new, watch: generation, when: self.status == "pending", notify: [team] }
            """
        bench.receiver.setRule { $0.target == "/team" ? .status(410) : nil }
        do {
            let first = try bench.service(bench.configuration(sinks: sinks(bench)), rules: rules)
            await first.once()
            bench.put(["id": "img_1", "status": "pending"])
            await first.once()
            bench.api.setFaultRule { _ in .close }
            await first.once()
        }
        let ops = bench.receiver.received.filter { $0.target == "/ops" }
        let fired = ops.compactMap { $0.json?["data"]?["rule"]?["name"]?.text }
        #expect(Set(fired) == ["dead", "down"])
        let configuration = bench.configuration(sinks: sinks(bench))
            .replacing("name: studio", with: "name: other").replacing("team: { kind", with: "renamed: { kind")
            .replacing("notify: [team]", with: "notify: [ops]")
        let second = try bench.service(configuration, rules: rules.replacing("[team]", with: "[renamed]"))
        await second.once()
        let ended = bench.receiver.received.filter { $0.json?["type"]?.text == "alert.resolved" }
        #expect(ended.count == 2)
        let alerts = try await second.store.alerts(includingResolved: false, limit: 10)
        #expect(alerts.map(\.resource.id).filter { $0 == "studio" || $0 == "team" } == [])
        await bench.stop()
    }

    @Test func `tells the other sink of one that fails, once`() async throws {
        let bench = try await Bench()
        let rules = """
            rules:
              - { name: new, watch: generation, when: self.status == "pending", notify: [team] }
              - { name: dead, watch: sink, when: self.dead > 0, notify: [ops], title: "${self.name} ${self.dead}" }
            """
        bench.receiver.setRule { $0.target == "/team" ? .status(410) : nil }
        let service = RunningService(try bench.service(bench.configuration(sinks: sinks(bench)), rules: rules))
        try await service.started()
        bench.put(3, "pending")
        try await advance(service, limit: 60) { bench.receiver.received.contains { $0.target == "/ops" } }
        try await advance(service, limit: 60) {
            try await service.service.store.deliveryCounts()["team"]?.dead == 3
        }
        let ops = bench.receiver.received.filter { $0.target == "/ops" }
        #expect(ops.count == 1)
        let alert = ops.first?.json?["data"]?["alerts"]?.elements?.first
        #expect(alert?["source"]?.text == "auspex" && alert?["resource_id"]?.text == "team")
        await service.stop()
        await bench.stop()
    }

    /// Rules that would feed themselves: on the very sink that is broken, and on each other.
    @Test func `does not multiply what a broken sink is told about itself`() async throws {
        let bench = try await Bench()
        let rules = """
            rules:
              - { name: new, watch: generation, when: self.status == "pending", notify: [team] }
              - { name: waits, watch: sink, when: self.pending > 0, notify: [team, ops], send_resolved: true }
              - { name: dead, watch: sink, when: self.dead > 0, notify: [team, ops], send_resolved: true }
              - { name: fails, watch: sink, when: self.consecutive_failures > 0, notify: [team, ops], send_resolved: true }
            """
        bench.receiver.setRule { _ in .status(503) }
        let service = RunningService(try bench.service(bench.configuration(sinks: sinks(bench)), rules: rules))
        try await service.started()
        bench.put(["id": "img_1", "status": "pending"])
        try await advance(service, limit: 900) { bench.clock.seconds > 600 }
        let lines = try await service.service.store.deliveries(sink: nil, deadOnly: false, limit: 1000)
        // One of the generation; of each of two sinks' three troubles one to each sink, and of one its end.
        #expect((3...15).contains(lines.count))
        bench.receiver.setRule(nil)
        try await advance(service, limit: 900) { bench.clock.seconds > 1300 }
        let after = try await service.service.store.deliveries(sink: nil, deadOnly: false, limit: 1000).count
        try await advance(service, limit: 900) { bench.clock.seconds > 1900 }
        #expect(try await service.service.store.deliveries(sink: nil, deadOnly: false, limit: 1000).count == after)
        await service.stop()
        await bench.stop()
    }

    @Test func `writes no row for polls that find nothing`() async throws {
        let bench = try await Bench()
        let service = RunningService(try bench.service(rules: Self.down))
        try await service.started()
        try await eventually("the source is known") {
            try await service.service.store.ownResources() == [.source("studio")]
        }
        let before = try await service.service.store.known(source: "studio", kind: .source, ids: ["studio"])
        for _ in 0..<20 { try await service.nextPoll() }
        let after = try await service.service.store.known(source: "studio", kind: .source, ids: ["studio"])
        #expect(before["studio"]?.snapshot?.observedAt == after["studio"]?.snapshot?.observedAt)
        await service.stop()
        await bench.stop()
    }

    @Test func `knows a refused key, and when it has caught up`() async throws {
        let bench = try await Bench()
        let rules = """
            rules:
              - { name: refused, watch: source, when: self.key_refused, title: "${self.last_error_kind}" }
              - { name: synced, watch: source, when: self.synced, title: "synced" }
            """
        let service = RunningService(try bench.service(rules: rules))
        try await service.started()
        #expect(await bench.arrived(atLeast: 1) == ["synced"])
        bench.api.setKey(Bench.keys["studio"] ?? "", .revoked)
        try await advance(service, limit: 60) { bench.receiver.received.count == 2 }
        #expect(await bench.arrived().last == "authentication")
        await service.stop()
        await bench.stop()
    }
}
