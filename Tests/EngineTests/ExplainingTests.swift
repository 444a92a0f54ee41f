import CEL
import Core
import Engine
import SimulatedAurous
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `What is kept to explain` {
    private static let rules = """
        rules:
          - name: refused
            watch: generation
            when: self.status == "failed" && self.error_message.matches("policy")
            for: 1m
            title: "${self.id} was refused"
        """

    private func bench() async throws -> (Bench, Service) {
        let bench = try await Bench()
        let service = try bench.service(rules: Self.rules)
        await service.once()
        return (bench, service)
    }

    @Test func `is the value of every part, also of what did not fire`() async throws {
        let (bench, service) = try await bench()
        bench.put(["id": "img_1", "status": "processing"])
        await service.once()
        let key = try #require(try await service.store.resources(named: "img_1").first)
        #expect(key == Sample.key("img_1"))
        let look = try #require(try await service.store.looks(at: key, limit: 10).first?.rules.first)
        #expect(look.rule == "refused")
        #expect(look.verdict == .fails)
        #expect(look.condition == #"self.status == "failed" && self.error_message.matches("policy")"#)
        let values = Dictionary(look.parts.map { ($0.text, $0.value) }, uniquingKeysWith: { first, _ in first })
        #expect(values["self.status"] == #""processing""#)
        #expect(values[#"self.status == "failed""#] == "false")
        #expect(values["self.error_message"] == .some(nil), "it was not reached")
        await bench.stop()
    }

    @Test func `is each step of an alert and each attempt of its deliveries`() async throws {
        let (bench, service) = try await bench()
        bench.put([
            "id": "img_1", "status": "failed", "error_message": "policy",
            "completed_at": .string(bench.clock.wall.rfc3339),
        ])
        await service.once()
        bench.clock.advance(by: .seconds(61))
        await service.once()
        let alert = try #require(try await service.store.alerts(about: Sample.key("img_1")).first)
        let steps = try await service.store.journal(of: alert.id.rawValue)
        #expect(steps.map(\.step) == [.pending, .fired, .told])
        let deliveries = try await service.store.deliveries(about: alert)
        #expect(deliveries.map(\.record.sink) == ["team"])
        let attempts = try await service.store.journal(of: deliveries[0].record.id.rawValue)
        #expect(attempts.map(\.step) == [.attempt])
        #expect(attempts[0].detail.hasPrefix("delivered"))
        #expect(try await service.store.alerts(toldIn: deliveries[0].record.id) == [alert])
        await bench.stop()
    }

    @Test func `tells of a pending alert that nobody heard of`() async throws {
        let (bench, service) = try await bench()
        bench.put([
            "id": "img_1", "status": "failed", "error_message": "policy",
            "completed_at": .string(bench.clock.wall.rfc3339),
        ])
        await service.once()
        let alert = try #require(try await service.store.alerts(about: Sample.key("img_1")).first)
        bench.change("img_1", ["error_message": "a time limit"])
        await service.once()
        #expect(try await service.store.alert(alert.id.rawValue) == nil)
        #expect(try await service.store.journal(of: alert.id.rawValue).map(\.step) == [.pending, .forgotten])
        await bench.stop()
    }

    @Test func `does not grow with the first sight of a source, and leaves with the details`() async throws {
        let bench = try await Bench()
        bench.put(20, "succeeded")
        let service = try bench.service(rules: Self.rules)
        await service.once()
        #expect(try await service.store.everyLook() == [])
        bench.put(["id": "img_1", "status": "processing"])
        await service.once()
        #expect(try await service.store.everyLook().count == 1)
        for chore in Chore.explanations {
            _ = try await service.store.work(
                on: chore, before: bench.clock.wall.advanced(by: .seconds(60)), after: nil, limit: 100)
        }
        #expect(try await service.store.everyLook() == [])
        await bench.stop()
    }
}
