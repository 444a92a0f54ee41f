import ConfigurationFiles
import Core
import Engine
import SimulatedAurous
import Sinks
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `A heartbeat` {
    private func configuration(_ bench: Bench, _ more: String = "") -> String {
        let address = "http://127.0.0.1:\(bench.receiverPort)"
        return bench.configuration(
            sinks: """
                  team: { kind: webhook, url: "\(address)/team", secret: \(Bench.secret) }
                  alive: { kind: heartbeat, url: "\(address)/ping/secret-id", interval: 30s, method: POST\(more) }
                """)
    }

    private func beats(_ bench: Bench) -> [String] { bench.receiver.received.map(\.target) }

    @Test func `is sent at its interval while all is well`() async throws {
        let bench = try await Bench()
        let service = RunningService(try bench.service(configuration(bench)))
        try await service.started()
        try await eventually("three beats") {
            bench.clock.advance(by: .seconds(1))
            try await Task.sleep(for: .milliseconds(2))
            return beats(bench).count >= 3
        }
        #expect(Set(beats(bench)) == ["/ping/secret-id"])
        // One soon, then one every thirty seconds; what is under way while the clock goes on may come a little late.
        #expect(bench.clock.seconds >= 65)
        #expect(try await service.service.store.deliveryCounts()["alive"] == nil)
        await service.stop()
        let before = beats(bench).count
        bench.clock.advance(by: .seconds(300))
        #expect(beats(bench).count == before)
        await bench.stop()
    }

    @Test(arguments: ["silent", "fail"]) func `stops, or tells, when polling fails`(_ choice: String) async throws {
        let bench = try await Bench()
        let service = RunningService(try bench.service(configuration(bench, ", on_failure: \(choice)")))
        try await service.started()
        bench.api.setFaultRule { _ in .status(500, code: "internal") }
        try await service.nextPoll()
        #expect(await !service.service.watch.troubles().isEmpty)
        let before = beats(bench).count
        for _ in 0..<120 {
            bench.clock.advance(by: .seconds(1))
            try await Task.sleep(for: .milliseconds(2))
        }
        if choice == "fail" {
            try await eventually("a failure") {
                bench.clock.advance(by: .seconds(1))
                return beats(bench).contains("/ping/secret-id/fail")
            }
        }
        let later = Array(beats(bench).dropFirst(before))
        #expect(later.allSatisfy { choice == "fail" && $0 == "/ping/secret-id/fail" })
        await service.stop()
        await bench.stop()
    }

    @Test func `that fails is reported, and not sent later`() async throws {
        let bench = try await Bench()
        bench.receiver.setRule { _ in .status(503) }
        let service = RunningService(try bench.service(configuration(bench)))
        try await service.started()
        try await eventually("a failed beat") {
            bench.clock.advance(by: .seconds(1))
            try await Task.sleep(for: .milliseconds(2))
            return bench.events.all.contains { event in
                if case .beat("alive", let result, true) = event { result.outcome.name == "failed" } else { false }
            }
        }
        #expect(try await service.service.store.deliveryCounts()["alive"] == nil)
        try await eventually("a word for `status`") {
            let facts = try await service.service.store.facts(prefix: "heartbeat/alive")
            return facts.contains { HeartbeatState(document: $0.value)?.problem?.hasPrefix("HTTP 503") == true }
        }
        await service.stop()
        await bench.stop()
    }

    @Test func `cannot be notified`() async throws {
        let bench = try await Bench()
        let rules = Bench.failedRule + "\n    notify: [alive]\n"
        try bench.folder.write(rules, to: "rules.yaml")
        func said(_ text: String) throws -> String {
            let path = try bench.folder.write(text, to: "auspex.yaml")
            return try ConfigurationLoader.load(path: path, environment: [:], services: nil).diagnostics
                .map(\.rendered).joined(separator: "\n")
        }
        let configuration = configuration(bench)
        #expect(try said(configuration).contains("rules.yaml:6:14: error: the sink 'alive' is a heartbeat"))
        let everywhere = try said(configuration.replacing("notify: [team]", with: "notify: [alive]"))
        #expect(everywhere.contains("auspex.yaml:") && everywhere.contains("takes no notifications"))
        #expect(
            try said(configuration.replacing("interval: 30s", with: "interval: 30s, retry: [1s]"))
                .contains("unknown key"))
        await bench.stop()
    }
}
