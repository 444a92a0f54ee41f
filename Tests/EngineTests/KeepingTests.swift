import CEL
import Core
import Engine
import SimulatedAurous
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `Retention` {
    private func wholeIDs(_ service: Service) async throws -> [String] {
        try await service.store.wholeIDs(source: "studio", kind: .generation, after: "", limit: 100)
    }

    @Test func `takes the details of what settled, and says nothing false of it afterwards`() async throws {
        let bench = try await Bench()
        bench.put(3, "failed")
        bench.put(["id": "img_done", "status": "succeeded", "created_at": .string(Sample.at(-100).rfc3339)])
        bench.put(["id": "img_live", "status": "processing", "created_at": .string(Sample.at(-200).rfc3339)])
        let service = try bench.service(bench.configuration(more: "retention: { detail: 1h }"))
        let running = RunningService(service)
        try await running.started()
        #expect(try await wholeIDs(service).count == 5)
        bench.clock.advance(by: .seconds(7200))
        try await eventually("the details leave") { try await wholeIDs(service) == ["img_live"] }

        // Its fingerprint is another, its status the same: nobody knows what it was, so nothing is news.
        bench.change("img_0000", ["error_message": "it is late"])
        // The API says that this never happens; if it does, it is said.
        bench.change("img_done", ["status": "failed"])
        for _ in 0..<2 { try await running.nextPoll() }
        #expect(await bench.arrived(atLeast: 1) == ["img_done failed"])
        #expect(bench.events.changes == ["img_done"])
        let told = await bench.receiver.received(atLeast: 1)
        guard case .array(let alerts)? = told.first?.json?["data"]?["alerts"] else { throw Unexpected() }
        #expect(alerts.first?["old"] != nil && alerts.first?["old"]?.members == nil)
        #expect(alerts.first?["self"]?["status"]?.text == "failed")
        await running.stop()
        await bench.stop()
    }

    @Test func `keeps what a new rule may ask about, and a new rule asks about nothing else`() async throws {
        let bench = try await Bench()
        bench.put(2, "failed")
        let configuration = bench.configuration(more: "retention: { detail: 1h }")
        do {
            let service = try bench.service(configuration, rules: "rules: []")
            let running = RunningService(service)
            try await running.started()
            bench.clock.advance(by: .seconds(7200))
            try await eventually("the details leave") { try await wholeIDs(service).isEmpty }
            bench.put(["id": "img_young", "status": "failed", "created_at": .string(Sample.at(7200).rfc3339)])
            try await running.nextPoll()
            await running.stop()
        }
        let held = """
            rules:
              - { name: held, watch: generation, when: self.error_message == null, for: 1s, title: "${self.id}" }
            """
        let service = try bench.service(configuration, rules: held)
        await service.once()
        bench.clock.advance(by: .seconds(10))
        await service.once()
        #expect(await bench.arrived(atLeast: 1) == ["img_young"])
        await bench.stop()
    }
}
