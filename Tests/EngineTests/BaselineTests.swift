import CEL
import Core
import Engine
import SimulatedAurous
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `The baseline` {
    @Test func `of many pages says nothing of what was so already, and what fails later is told`() async throws {
        let bench = try await Bench()
        bench.put(250, "failed")
        bench.put(["id": "img_live", "status": "processing", "created_at": .string(Sample.at(-500).rfc3339)])
        let service = try bench.service()
        #expect(await service.once() == [])
        #expect(await bench.arrived() == [])
        #expect(try await service.store.presentCount(source: "studio", kind: .generation) == 251)
        bench.change("img_live", ["status": "failed"])
        await service.once()
        #expect(await bench.arrived(atLeast: 1) == ["img_live failed"])
        await bench.stop()
    }

    @Test func `is begun only when the API answers, however often it did not`() async throws {
        let bench = try await Bench()
        bench.put(130, "failed")
        bench.api.inject(.status(500, code: "internal_error"), times: 3)
        let service = RunningService(try bench.service())
        try await service.started()
        for _ in 0..<5 { try await service.nextPoll() }
        await service.stop()
        #expect(bench.events.changes == [])
        #expect(await bench.arrived() == [])
        #expect(try await service.service.store.presentCount(source: "studio", kind: .generation) == 130)
        await bench.stop()
    }

    /// The process dies after any number of answers; the next one goes on and nothing old is told.
    @Test(arguments: 1...6) func `goes on after a kill at any page`(answers: Int) async throws {
        let bench = try await Bench()
        bench.put(450, "failed")
        do {
            let first = try bench.service()
            bench.api.setFaultRule { request in
                request.number >= answers ? .status(500, code: "internal_error") : nil
            }
            await first.once()
        }
        bench.api.clearFaults()
        bench.put(["id": "img_new", "status": "failed", "created_at": .string(Sample.at(60).rfc3339)])
        let second = try bench.service()
        #expect(await second.once() == [])
        #expect(try await second.store.progress(source: "studio", kind: .generation).isBaselined)
        #expect(try await second.store.presentCount(source: "studio", kind: .generation) == 451)
        #expect(await bench.arrived(atLeast: 1) == ["img_new failed"])
        await bench.stop()
    }

    @Test func `is not complete before it is read whole, but what arrives meanwhile is news`() async throws {
        let bench = try await Bench()
        bench.put(250, "failed")
        bench.api.setFaultRule { $0.number == 2 ? .status(500, code: "internal_error") : nil }
        let first = try bench.service()
        await first.once()
        #expect(try await first.store.progress(source: "studio", kind: .generation).isBaselined == false)
        bench.put(130, "failed", prefix: "img_new_", startingAt: 1000)
        await first.once()
        #expect(await bench.arrived(atLeast: 130).count == 130)
        #expect(bench.events.changes.allSatisfy { $0.hasPrefix("img_new_") })
        #expect(try await first.store.presentCount(source: "studio", kind: .generation) == 380)
        await bench.stop()
    }

    @Test func `ends in a listing that says there is more but not where`() async throws {
        let bench = try await Bench()
        bench.put(5, "failed")
        bench.api.setFaultRule { $0.endpoint == .images ? .moreWithoutCursor : nil }
        let service = try bench.service()
        await service.once()
        await service.once()
        #expect(try await service.store.progress(source: "studio", kind: .generation).isBaselined)
        #expect(await bench.arrived() == [])
        await bench.stop()
    }

    @Test func `of two sources with the same ids keeps them apart`() async throws {
        let bench = try await Bench()
        bench.put(["id": "img_1", "status": "processing"])
        bench.put(["id": "img_1", "status": "processing"], team: "annex")
        let annex = """
              - name: annex
                api: http://127.0.0.1:\(bench.port)
                key: \(Bench.keys["annex"] ?? "")
                watch: [generation]
            """
        let service = try bench.service(bench.configuration(sources: annex))
        await service.once()
        bench.change("img_1", ["status": "failed"], team: "annex")
        await service.once()
        let arrived = await bench.receiver.received(atLeast: 1)
        #expect(arrived.count == 1)
        guard case .array(let alerts)? = arrived.first?.json?["data"]?["alerts"] else { throw Unexpected() }
        #expect(alerts.first?["source"]?.text == "annex")
        await bench.stop()
    }

    @Test func `is read in full by --once although another process was in the middle`() async throws {
        let bench = try await Bench()
        for number in 0..<350 {
            bench.put([
                "id": .string("char_\(1000 + number)"), "status": "ready", "name": "a",
                "created_at": .string(Sample.at(-number).rfc3339), "updated_at": .string(Sample.at(-number).rfc3339),
            ])
        }
        let rules = """
            rules:
              - { name: changed, watch: character, when: 'self.name == "b"', title: "${self.id}" }
            """
        let service = try bench.service(bench.configuration(watch: "[character]"), rules: rules)
        await service.once()
        // Another process has read three pages of the four.
        var progress = try await service.store.progress(source: "studio", kind: .character)
        progress.sweepStartedAt = Sample.at(0)
        progress.sweepCursor = "char_1299"
        try await service.store.commit(
            ObservationCommit(decision: Decision(), progress: [.character: progress], source: "studio"))
        bench.change("char_1150", ["name": "b"])
        await service.once()
        #expect(await bench.arrived(atLeast: 1) == ["char_1150"])
        await bench.stop()
    }
}

struct Unexpected: Error {}
