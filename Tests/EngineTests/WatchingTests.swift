import CEL
import Core
import Engine
import SimulatedAurous
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `A watched listing of generations` {
    /// A service that has read its baseline of one generation in flight.
    private func settled(_ rules: String = Bench.failedRule) async throws -> (Bench, Service) {
        let bench = try await Bench()
        bench.put(["id": "img_0", "status": "processing", "created_at": .string(Sample.at(-10).rfc3339)])
        let service = try bench.service(rules: rules)
        await service.once()
        return (bench, service)
    }

    @Test func `shows three hundred new failures at once, each exactly once`() async throws {
        let (bench, service) = try await settled()
        bench.put(300, "failed", startingAt: 500)
        await service.once()
        await service.once()
        let arrived = await bench.arrived(atLeast: 300)
        #expect(arrived.count == 300)
        #expect(Set(arrived).count == 300)
        await bench.stop()
    }

    @Test(arguments: 1...4) func `shows them exactly once although the walk is cut off`(answers: Int) async throws {
        let (bench, first) = try await settled()
        bench.put(300, "failed", startingAt: 500)
        let before = bench.api.requests.count
        bench.api.setFaultRule { $0.number >= before + answers ? .close : nil }
        await first.once()
        bench.api.clearFaults()
        await first.once()
        let arrived = await bench.arrived(atLeast: 300)
        #expect(arrived.count == 300)
        #expect(Set(arrived).count == 300)
        await bench.stop()
    }

    @Test func `shows each exactly once while rows shift between its pages`() async throws {
        let (bench, service) = try await settled()
        bench.put(250, "failed", startingAt: 500)
        let api = bench.api
        // New ones arrive while the pages are read.
        let pump = Task {
            for number in 0..<20 {
                _ = api.withWorld(of: "studio") { world in
                    world.put(generation: [
                        "id": .string("img_late_\(number)"), "status": "failed",
                        "created_at": .string(Sample.at(600 + number).rfc3339),
                    ])
                }
                try? await Task.sleep(for: .milliseconds(2))
            }
        }
        await service.once()
        await pump.value
        await service.once()
        let arrived = await bench.arrived(atLeast: 270)
        #expect(arrived.count == 270)
        #expect(Set(arrived).count == 270)
        await bench.stop()
    }

    @Test func `takes an id that comes twice on a page for one`() async throws {
        let (bench, service) = try await settled()
        bench.put(3, "failed", startingAt: 500)
        bench.api.inject(.duplicateRow, on: .images)
        await service.once()
        await service.once()
        #expect(Set(await bench.arrived(atLeast: 3)).count == 3)
        #expect(await bench.arrived().count == 3)
        await bench.stop()
    }

    @Test func `reports rows that cannot be understood and goes on with the page`() async throws {
        let (bench, service) = try await settled()
        bench.put(["id": "img_1", "status": "failed"])
        bench.api.setFaultRule { $0.endpoint == .images ? .malformedRows : nil }
        #expect(await service.once() == [])
        #expect(await bench.arrived(atLeast: 1) == ["img_1 failed"])
        let unreadable = bench.events.all.compactMap {
            if case .unreadableRow(_, _, let id, _) = $0 { id ?? "-" } else { nil }
        }
        #expect(unreadable.contains("img_malformed"))
        #expect(unreadable.count == 5)
        await bench.stop()
    }

    @Test func `is not led in circles`() async throws {
        let (bench, service) = try await settled()
        bench.put(150, "failed", startingAt: 500)
        bench.api.setFaultRule { $0.endpoint == .images ? .nextCursor("img_0") : nil }
        let before = bench.api.requests.count
        await service.once()
        #expect(bench.api.requests.count - before < 20)
        await bench.stop()
    }

    @Test func `survives the deletion of the row that its cursor names`() async throws {
        let (bench, service) = try await settled()
        bench.put(250, "failed", startingAt: 500)
        bench.api.inject(.nextCursor("img_deleted"), on: .images)
        #expect(await service.once() == [])
        await service.once()
        let arrived = await bench.arrived(atLeast: 250)
        #expect(arrived.count == 250)
        #expect(Set(arrived).count == 250)
        await bench.stop()
    }

    @Test func `asks by id for what is in flight and not on its first page`() async throws {
        let bench = try await Bench()
        bench.put(["id": "img_old", "status": "processing", "created_at": .string(Sample.at(-5000).rfc3339)])
        bench.put(220, "succeeded")
        let service = RunningService(try bench.service())
        try await service.started()
        bench.change("img_old", ["status": "failed"])
        bench.api.forgetRequests()
        try await service.nextPoll()
        #expect(await bench.arrived(atLeast: 1) == ["img_old failed"])
        #expect(bench.api.requests.prefix(2).map(\.endpoint) == [.images, .image])
        await service.stop()
        await bench.stop()
    }

    @Test func `that is unchanged costs one request and no row`() async throws {
        let bench = try await Bench()
        bench.put(100, "succeeded")
        let service = RunningService(try bench.service())
        try await service.started()
        bench.api.forgetRequests()
        try await service.nextPoll()
        #expect(bench.api.requests.count == 1)
        #expect(bench.events.changes == [])
        await service.stop()
        await bench.stop()
    }

    @Test func `says that a generation is gone when its id is unknown twice`() async throws {
        let (bench, service) = try await settled(
            """
            rules:
              - { name: gone, watch: generation, when: self.gone, title: "${self.id} gone" }
            """)
        bench.remove("img_0")
        await service.once()
        await service.once()
        #expect(await bench.arrived(atLeast: 1) == ["img_0 gone"])
        await service.once()
        #expect(await bench.arrived().count == 1)
        await bench.stop()
    }

    @Test func `passes unknown statuses, media types and fields through`() async throws {
        let (bench, service) = try await settled(
            """
            rules:
              - { name: odd, watch: generation, when: 'self.status == "dreaming" && raw.mood == "blue"', title: "${self.id}" }
            """)
        bench.put(["id": "img_odd", "status": "dreaming", "media_type": "smell", "mood": "blue"])
        await service.once()
        #expect(await bench.arrived(atLeast: 1) == ["img_odd"])
        await bench.stop()
    }
}

@Suite(.timeLimit(.minutes(30))) struct `A watched listing of characters` {
    private static let rules = """
        rules:
          - { name: ready, watch: character, when: 'self.status == "ready"', title: "${self.id} ready" }
          - { name: gone, watch: character, when: self.gone, title: "${self.id} gone" }
          - name: stuck
            watch: character
            when: self.status == "reviewing"
            for: 30m
            title: "${self.id} stuck"
        """

    private func bench(_ count: Int) async throws -> Bench {
        let bench = try await Bench()
        for number in 0..<count { bench.put(character(number, "failed")) }
        return bench
    }

    private func character(_ number: Int, _ status: String, updated: Int = -100) -> SimulatedJSON {
        [
            "id": .string("char_\(1000 + number)"), "status": .string(status),
            "created_at": .string(Sample.at(-1000 - number).rfc3339),
            "updated_at": .string(Sample.at(updated).rfc3339),
        ]
    }

    @Test func `shows changes at any age`() async throws {
        let bench = try await bench(250)
        let service = try bench.service(bench.configuration(watch: "[character]"), rules: Self.rules)
        await service.once()
        for number in [249, 0, 120] { bench.put(character(number, "ready", updated: 5)) }
        await service.once()
        #expect(Set(await bench.arrived(atLeast: 3)) == ["char_1249 ready", "char_1000 ready", "char_1120 ready"])
        await bench.stop()
    }

    @Test func `shows what is gone, by a complete listing and its id, and once`() async throws {
        let bench = try await bench(150)
        let service = try bench.service(bench.configuration(watch: "[character]"), rules: Self.rules)
        await service.once()
        bench.remove("char_1140")
        _ = bench.api.withWorld(of: "studio") { $0.hide("char_1003") }
        await service.once()
        #expect(Set(await bench.arrived(atLeast: 2)) == ["char_1140 gone", "char_1003 gone"])
        await service.once()
        #expect(await bench.arrived().count == 2)
        await bench.stop()
    }

    @Test func `takes nothing for gone that one answer hid`() async throws {
        let bench = try await bench(3)
        let service = try bench.service(bench.configuration(watch: "[character]"), rules: Self.rules)
        await service.once()
        bench.api.inject(
            .answer(
                200, contentType: "application/json",
                body: #"{"object":"list","data":[],"has_more":false,"next_cursor":null}"#), on: .characters)
        await service.once()
        #expect(await bench.arrived() == [])
        #expect(try await service.store.presentCount(source: "studio", kind: .character) == 3)
        await bench.stop()
    }

    @Test func `tells at the first poll of what has long been stuck`() async throws {
        let bench = try await Bench()
        bench.put(character(1, "reviewing", updated: -3600))
        bench.put(character(2, "reviewing", updated: -60))
        let service = try bench.service(bench.configuration(watch: "[character]"), rules: Self.rules)
        await service.once()
        #expect(await bench.arrived(atLeast: 1) == ["char_1001 stuck"])
        await bench.stop()
    }

    @Test func `fires a timer only after a look, and not while the API is down`() async throws {
        let bench = try await Bench()
        bench.put(character(2, "reviewing", updated: -60))
        let service = try bench.service(bench.configuration(watch: "[character]"), rules: Self.rules)
        await service.once()
        bench.clock.advance(by: .seconds(3600))
        bench.api.setFaultRule { _ in .status(503, code: "provider_unavailable") }
        #expect(await service.once() == ["studio/character"])
        #expect(await bench.arrived() == [])
        #expect(try await service.store.alertCounts() == [.pending: 1])
        bench.api.clearFaults()
        bench.put(character(2, "ready", updated: 30))
        await service.once()
        #expect(await bench.arrived(atLeast: 1) == ["char_1002 ready"])
        await bench.stop()
    }

    @Test func `fires a timer at its time while it runs`() async throws {
        let bench = try await Bench()
        bench.put(character(2, "reviewing", updated: -1795))
        let configuration = bench.configuration(watch: "[character]")
        let service = RunningService(try bench.service(configuration, rules: Self.rules))
        try await service.started(.character)
        #expect(await bench.arrived() == [])
        while bench.clock.seconds < 5 { try await service.nextPoll(.character) }
        #expect(await bench.arrived(atLeast: 1) == ["char_1002 stuck"])
        #expect(bench.clock.seconds < 12)
        await service.stop()
        await bench.stop()
    }
}

@Suite(.timeLimit(.minutes(30))) struct `A source in trouble` {
    @Test func `is not asked before its Retry-After is over`() async throws {
        let bench = try await Bench()
        let service = RunningService(try bench.service())
        try await service.started()
        bench.api.inject(.rateLimited(retryAfter: "90"))
        try await service.nextPoll()
        bench.api.forgetRequests()
        let before = bench.clock.seconds
        try await service.nextPoll()
        #expect(bench.clock.seconds - before >= 89)
        await service.stop()
        await bench.stop()
    }

    @Test func `is not asked earlier for a hint either`() async throws {
        let bench = try await Bench()
        let service = RunningService(try bench.service())
        try await service.started()
        bench.api.inject(.rateLimited(retryAfter: "90"))
        try await service.nextPoll()
        let before = bench.clock.seconds
        service.service.watch.rulesChanged()
        try await service.nextPoll()
        #expect(bench.clock.seconds - before >= 89)
        await service.stop()
        await bench.stop()
    }

    @Test(arguments: [
        Fault.html(502), .empty(500), .truncated(afterBytes: 20),
        .answer(200, contentType: "text/html", body: "<html>"), .empty(200),
    ])
    func `says so, changes nothing and recovers`(fault: Fault) async throws {
        let bench = try await Bench()
        bench.put(["id": "img_1", "status": "processing"])
        let service = RunningService(try bench.service())
        try await service.started()
        bench.change("img_1", ["status": "failed"])
        bench.api.inject(fault, on: .images)
        try await service.nextPoll()
        #expect(bench.events.all.contains { if case .pollFailed = $0 { true } else { false } })
        #expect(await bench.arrived() == [])
        try await service.nextPoll()
        #expect(await bench.arrived(atLeast: 1) == ["img_1 failed"])
        #expect(bench.events.all.contains { if case .recovered = $0 { true } else { false } })
        await service.stop()
        await bench.stop()
    }

    @Test func `with a refused key goes on as soon as the key's file is another`() async throws {
        let bench = try await Bench()
        let good = try #require(Bench.keys["studio"])
        try bench.folder.write("al_live_" + String(repeating: "0", count: 64) + "\n", to: "key")
        let service = RunningService(try bench.service(bench.configuration(key: "{ file: key }")))
        try await service.started()
        #expect(
            bench.events.all.contains {
                if case .pollFailed(_, _, _, let isLoud, _) = $0 { isLoud } else { false }
            })
        try bench.folder.write(good + "\n", to: "key")
        let before = bench.clock.seconds
        try await service.nextPoll()
        #expect(bench.clock.seconds - before <= 5)
        #expect(bench.events.all.contains { if case .recovered = $0 { true } else { false } })
        await service.stop()
        await bench.stop()
    }

    @Test func `never shows its key`() async throws {
        let bench = try await Bench()
        bench.api.setKey(try #require(Bench.keys["studio"]), .revoked)
        let service = try bench.service()
        await service.once()
        let key = try #require(Bench.keys["studio"])
        #expect(!bench.events.all.contains { "\($0)".contains(key) })
        let facts = try await service.store.facts(prefix: "source/").map(\.value)
        #expect(facts.count == 1)
        #expect(!facts.contains { $0.contains(key) })
        await bench.stop()
    }
}
