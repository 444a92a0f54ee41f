import CEL
import Core
import Engine
import SimulatedAurous
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `Delivering` {
    private static let rules = """
        rules:
          - name: busy
            watch: generation
            when: self.status == "processing"
            send_resolved: true
            title: "${self.id} ${self.status}"
        """

    @Test func `keeps the order of one alert although its firing must be tried again`() async throws {
        let bench = try await Bench()
        let service = RunningService(try bench.service(rules: Self.rules))
        try await service.started()
        bench.receiver.answer(with: .status(503))
        bench.put(["id": "img_1", "status": "processing"])
        try await service.nextPoll()
        _ = await bench.arrived(atLeast: 1)
        bench.change("img_1", ["status": "succeeded"])
        try await service.nextPoll()
        try await eventually("the retry and the end") {
            bench.clock.advance(by: .milliseconds(500))
            return bench.receiver.received.count == 3
        }
        let types = bench.receiver.received.compactMap { $0.json?["type"]?.text }
        #expect(types == ["alert.fired", "alert.fired", "alert.resolved"])
        let ids = bench.receiver.received.compactMap { $0[header: "webhook-id"] }
        #expect(ids[0] == ids[1] && ids[1] != ids[2])
        await service.stop()
        await bench.stop()
    }

    @Test func `tries again no sooner than the schedule says`() async throws {
        let bench = try await Bench()
        let service = RunningService(try bench.service(rules: Self.rules))
        try await service.started()
        bench.receiver.answer(with: .status(503), .status(429, retryAfter: "600"))
        bench.put(["id": "img_1", "status": "processing"])
        try await service.nextPoll()
        var times: [Double] = []
        try await eventually("three attempts") {
            while times.count < bench.receiver.received.count { times.append(bench.clock.seconds) }
            bench.clock.advance(by: .seconds(2))
            return times.count == 3
        }
        #expect(times[1] - times[0] >= 5)
        #expect(times[2] - times[1] >= 600)
        await service.stop()
        await bench.stop()
    }

    @Test func `lets one dead sink delay nobody`() async throws {
        let bench = try await Bench()
        let sinks = """
              team: { kind: webhook, url: "http://127.0.0.1:\(bench.receiverPort)/team", secret: \(Bench.secret) }
              hung: { kind: webhook, url: "http://127.0.0.1:\(bench.receiverPort)/hung", secret: \(Bench.secret), concurrency: 1 }
            """
        bench.receiver.setRule { $0.target == "/hung" ? .hang : nil }
        let configuration = bench.configuration(sinks: sinks).replacing("notify: [team]", with: "notify: [hung, team]")
        let service = RunningService(try bench.service(configuration, rules: Self.rules))
        try await service.started()
        bench.put(20, "processing", startingAt: 100)
        try await service.nextPoll()
        try await eventually("all of the healthy sink's") {
            bench.receiver.received.filter { $0.target == "/team" }.count == 20
        }
        #expect(bench.receiver.received.filter { $0.target == "/hung" }.count == 1)
        await bench.receiver.stop()
        await service.stop()
        await bench.api.stop()
    }

    @Test func `runs as many attempts at once as the sink allows and no more`() async throws {
        let bench = try await Bench()
        bench.receiver.setRule { _ in .hang }
        let service = RunningService(
            try bench.service(bench.configuration(lane: "concurrency: 3"), rules: Self.rules))
        try await service.started()
        bench.put(9, "processing", startingAt: 100)
        try await service.nextPoll()
        _ = await bench.receiver.received(atLeast: 3)
        bench.clock.advance(by: .seconds(2))
        try await Task.sleep(for: .milliseconds(30))
        #expect(bench.receiver.received.count == 3)
        await bench.receiver.stop()
        await service.stop()
        await bench.api.stop()
    }

    @Test func `keeps to the sink's rate`() async throws {
        let bench = try await Bench()
        let service = RunningService(
            try bench.service(bench.configuration(lane: "rate: 2/10s"), rules: Self.rules))
        try await service.started()
        bench.put(6, "processing", startingAt: 100)
        try await service.nextPoll()
        let start = bench.clock.seconds
        try await eventually("all six") {
            bench.clock.advance(by: .milliseconds(500))
            return bench.receiver.received.count == 6
        }
        #expect(bench.clock.seconds - start >= 19)
        await service.stop()
        await bench.stop()
    }

    @Test func `notices that another process asked for a replay`() async throws {
        let bench = try await Bench()
        let service = RunningService(try bench.service(rules: Self.rules))
        try await service.started()
        bench.receiver.answer(with: .status(410))
        bench.put(["id": "img_1", "status": "processing"])
        try await service.nextPoll()
        try await eventually("the dead letter") {
            try await service.service.store.deliveryCounts()["team"]?.dead == 1
        }
        let visitor = try SQLiteStore(path: bench.folder.path("auspex.db"), access: .visiting)
        let dead = try await visitor.deadDeliveries(sink: nil)
        #expect(try await visitor.replay(dead, at: bench.clock.wall).count == 1)
        try await eventually("the replay") {
            bench.clock.advance(by: .milliseconds(500))
            return bench.receiver.received.count == 2
        }
        #expect(Set(bench.receiver.received.map { $0[header: "webhook-id"] }).count == 1)
        await service.stop()
        await bench.stop()
    }

    @Test func `goes on after a restart where it was`() async throws {
        let bench = try await Bench()
        bench.receiver.answer(with: .status(503))
        do {
            let first = try bench.service(rules: Self.rules)
            await first.once()
            bench.put(["id": "img_1", "status": "processing"])
            await first.once()
        }
        bench.clock.advance(by: .seconds(60))
        let second = try bench.service(rules: Self.rules)
        await second.once()
        let ids = await bench.receiver.received(atLeast: 2).map { $0[header: "webhook-id"] }
        #expect(Set(ids).count == 1)
        #expect(try await second.store.deliveryCounts()["team"]?.delivered == 1)
        await bench.stop()
    }

    @Test func `signs what it sends`() async throws {
        let bench = try await Bench()
        let service = try bench.service(rules: Self.rules)
        await service.once()
        bench.put(["id": "img_1", "status": "processing"])
        await service.once()
        #expect(await bench.receiver.received(atLeast: 1).map(\.verdict) == [.verified])
        await bench.stop()
    }
}

@Suite(.timeLimit(.minutes(30))) struct `A running watch` {
    @Test func `lets attempts under way end when it is told to stop, and starts no others`() async throws {
        let bench = try await Bench()
        bench.receiver.setRule { _ in .delayed(milliseconds: 100, status: 204) }
        let service = RunningService(try bench.service(bench.configuration(lane: "concurrency: 1")))
        try await service.started()
        bench.put(5, "failed", startingAt: 100)
        try await service.nextPoll()
        _ = await bench.receiver.received(atLeast: 1)
        await service.stop()
        let counts = try await service.service.store.deliveryCounts()["team"]
        #expect(counts?.delivered == bench.receiver.received.count)
        #expect((counts?.pending ?? 0) >= 3)
        await bench.stop()
    }

    @Test func `waits no longer than its limit for an attempt that hangs`() async throws {
        let bench = try await Bench()
        bench.receiver.setRule { _ in .hang }
        let service = RunningService(try bench.service())
        try await service.started()
        bench.put(["id": "img_1", "status": "failed"])
        try await service.nextPoll()
        _ = await bench.receiver.received(atLeast: 1)
        async let stopped: Void = service.stop()
        let start = bench.clock.seconds
        try await eventually("the end") {
            bench.clock.advance(by: .milliseconds(500))
            return service.hasEnded
        }
        await stopped
        #expect(bench.clock.seconds - start <= 60)
        #expect(try await service.service.store.deliveryCounts()["team"]?.pending == 1)
        await bench.receiver.stop()
        await bench.api.stop()
    }

    @Test func `stops at once while a poll hangs`() async throws {
        let bench = try await Bench()
        let service = RunningService(try bench.service())
        try await service.started()
        bench.api.setFaultRule { _ in .hang }
        bench.clock.advance(by: .seconds(15))
        let before = bench.api.requests.count
        _ = before
        try await Task.sleep(for: .milliseconds(50))
        await service.stop()
        #expect(service.hasEnded)
        await bench.stop()
    }

    @Test func `goes on without any sink until it is told to stop`() async throws {
        let bench = try await Bench()
        let configuration = bench.configuration(sinks: "  {}").replacing("notify: [team]", with: "")
        let service = RunningService(try bench.service(configuration, rules: "rules: []"))
        try await service.started()
        try await service.nextPoll()
        #expect(!service.hasEnded)
        await service.stop()
        await bench.stop()
    }

    @Test func `looks with new rules at what it knows, and tells the end of what old ones said`() async throws {
        let bench = try await Bench()
        bench.put(["id": "img_1", "status": "processing", "created_at": .string(Sample.at(-100).rfc3339)])
        let rules = """
            rules:
              - { name: old, watch: generation, when: 'self.status == "processing"', for: 0s, title: "old ${self.id}" }
            """
        let service = RunningService(try bench.service(rules: rules))
        try await service.started()
        #expect(await bench.arrived(atLeast: 1) == ["old img_1"])
        let new = Sample.rule(
            "new", when: #"self.status == "processing""#, for: .seconds(60), title: "new ${self.id}")
        service.service.rules.replace(with: [new])
        service.service.watch.rulesChanged()
        let arrived = await bench.receiver.received(atLeast: 3)
        #expect(Set(arrived.compactMap { $0.json?["type"]?.text }) == ["alert.fired", "alert.resolved"])
        #expect(await bench.arrived().contains("new img_1"))
        await service.stop()
        await bench.stop()
    }
}
