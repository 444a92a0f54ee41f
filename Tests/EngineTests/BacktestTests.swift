import CEL
import ConfigurationFiles
import Core
import Engine
import SimulatedAurous
import Store
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `A backtest` {
    private static let rules = """
        rules:
          - { name: failed, watch: generation, when: self.status == "failed", title: "${self.id} failed" }
          - { name: came-back, watch: generation, when: 'old != null && old.status == "pending" && "status" in changed' }
          - { name: slow, watch: generation, when: self.status == "processing", for: 90s }
          - { name: old, watch: generation, when: 'self.status == "processing" && now - self.created_at > duration("92999ms")' }
          - name: failures
            watch: generation
            over: 5m
            by: [self.inference_type]
            measure: { failed: 'count(self.status == "failed")' }
            when: failed >= 2
        """

    private func read(_ text: String) -> [Rule] {
        RuleFileReader.read(
            FileText(name: "rules.yaml", text: text), surroundings: .init(sinks: ["team"], notify: ["team"])
        ).rules
    }

    /// A few hours of generations that come, work and end, seen by a watch with these rules.
    private func lived(_ bench: Bench, seed: UInt64 = 3) async throws -> Service {
        var random = SeededRandom(seed: seed)
        let service = try bench.service(rules: Self.rules)
        await service.once()
        var working: [String] = []
        for step in 0..<40 {
            bench.clock.advance(by: .seconds(30))
            let now = Int(bench.clock.seconds)
            for id in working where random.oneIn(3) {
                working.removeAll { $0 == id }
                bench.change(
                    id,
                    [
                        "status": .string(random.oneIn(2) ? "failed" : "succeeded"),
                        "completed_at": .string(Sample.at(now - 7).rfc3339),
                    ])
            }
            for id in working where random.oneIn(2) { bench.change(id, ["status": "processing"]) }
            for number in 0..<Int.random(in: 0...2, using: &random) {
                let id = "img_\(step)_\(number)"
                working.append(id)
                bench.put([
                    "id": .string(id), "status": "pending", "inference_type": .string(random.pick(["t2i", "i2i"])),
                    "created_at": .string(Sample.at(now - 3).rfc3339),
                ])
            }
            await service.once()
        }
        return service
    }

    private func run(_ service: Service, _ rules: [Rule], since: Int = -10, workers: Int = 2) async throws
        -> BacktestResult
    {
        try await Backtest(
            store: service.store, rules: rules, since: Sample.at(since), until: service.bench.clock.wall,
            workers: workers
        ).run { _ in }.result
    }

    @Test func `says what the watch has said, under the same ids`() async throws {
        let bench = try await Bench()
        let service = try await lived(bench)
        let result = try await run(service, read(Self.rules))
        let records = try await service.store.alerts(includingResolved: true, limit: 10_000)
        for rule in ["failed", "came-back", "slow", "old", "failures"] {
            let live = records.filter { $0.rule == rule && $0.firedAt != nil }
            let replayed = try #require(result.rules[rule]).alerts
            #expect(!live.isEmpty, "\(rule)")
            #expect(Set(replayed.map(\.id)) == Set(live.map(\.id)), "\(rule)")
            for alert in replayed {
                guard let record = live.first(where: { $0.id == alert.id }) else { continue }
                #expect((alert.resolvedAt == nil) == (record.resolvedAt == nil), "\(rule) \(alert.resource.id)")
                // Timers are due at the polls of this story, so that both look at the same moments.
                let late = (record.firedAt ?? alert.firedAt).duration(since: alert.firedAt)
                #expect(late >= .zero && late <= .seconds(1), "\(rule) \(alert.resource.id): \(late)")
                #expect(alert.title == record.title)
            }
        }
        // And as many notifications as were delivered.
        let delivered = bench.receiver.received.count
        #expect(result.rules.values.reduce(0) { $0 + ($1.told["team"]?.all ?? 0) } == delivered)
        service.store.close()
        await bench.stop()
    }

    @Test func `is the same however many share the work`() async throws {
        let bench = try await Bench()
        let service = try await lived(bench)
        let one = try await run(service, read(Self.rules), workers: 1)
        let four = try await run(service, read(Self.rules), workers: 4)
        #expect(one.rules.mapValues(\.alerts) == four.rules.mapValues(\.alerts))
        #expect(one.rules.values.contains { !$0.alerts.isEmpty })
        service.store.close()
        await bench.stop()
    }

    @Test func `changes nothing in the store that it reads, and works beside a watch`() async throws {
        let bench = try await Bench()
        let service = try await lived(bench)
        let before = try await service.store.alertCounts()
        let deliveries = try await service.store.deliveries(sink: nil, deadOnly: false, limit: 10_000).count
        // The watch has the store open; a visitor reads it.
        let visitor = try SQLiteStore(path: service.store.path, access: .visiting)
        let other = read("rules: [{ name: any, watch: generation, when: 'true' }]")
        let result = try await Backtest(
            store: visitor, rules: other, since: Sample.at(-10), until: bench.clock.wall, workers: 2
        ).run { _ in }.result
        #expect(result.rules["any"]?.alerts.isEmpty == false)
        #expect(try await service.store.alertCounts() == before)
        #expect(try await service.store.deliveries(sink: nil, deadOnly: false, limit: 10_000).count == deliveries)
        #expect(await service.once() == [])
        visitor.close()
        service.store.close()
        await bench.stop()
    }

    @Test func `begins in the middle as a new rule would`() async throws {
        let bench = try await Bench()
        let service = try await lived(bench)
        let middle = 600
        let result = try await run(service, read(Self.rules), since: middle)
        let whole = try await run(service, read(Self.rules))
        let late = try #require(whole.rules["failed"]).alerts.filter { $0.firedAt > Sample.at(middle) }
        #expect(try #require(result.rules["failed"]).alerts.map(\.resource) == late.map(\.resource))
        #expect(!late.isEmpty && late.count < whole.rules["failed"]?.alerts.count ?? 0)
        // What the window had in it before is in it, so a group that is over the limit fires at once.
        let window = try #require(result.rules["failures"]).alerts
        #expect(window.allSatisfy { $0.firedAt >= Sample.at(middle) })
        service.store.close()
        await bench.stop()
    }

    @Test func `finds what only the clock can tell of what has not changed`() async throws {
        let bench = try await Bench()
        bench.put(["id": "img_stuck", "status": "processing", "created_at": .string(Sample.at(-50).rfc3339)])
        let service = try bench.service(rules: "rules: []")
        await service.once()
        bench.clock.advance(by: .seconds(7200))
        await service.once()
        let rules = read("rules: [{ name: stuck, watch: generation, when: self.status == \"processing\", for: 1h }]")
        let alerts = try #require(try await run(service, rules, since: 10).rules["stuck"]).alerts
        #expect(alerts.map(\.resource.id) == ["img_stuck"])
        #expect(alerts.first?.since == Sample.at(-50))
        #expect(alerts.first?.firedAt == Sample.at(3550))
        service.store.close()
        await bench.stop()
    }

    @Test func `tells what another set of rules adds and takes away`() async throws {
        let bench = try await Bench()
        let service = try await lived(bench)
        let old = read(Self.rules)
        let new = read(
            Self.rules.replacing("failed >= 2", with: "failed >= 3").replacing("name: slow", with: "name: sluggish"))
        let differences = BacktestDifference.between(
            try await run(service, old), try await run(service, new))
        let byRule = Dictionary(uniqueKeysWithValues: differences.map { ($0.rule, $0) })
        #expect(byRule["failed"]?.added == [] && byRule["failed"]?.removed == [])
        #expect(byRule["failed"]?.kept ?? 0 > 0)
        #expect(byRule["slow"]?.isGone == true && byRule["sluggish"]?.isNew == true)
        #expect(byRule["slow"]?.removed.count == byRule["sluggish"]?.added.count)
        #expect(byRule["failures"]?.removed.isEmpty == false)
        #expect(byRule["failures"]?.told["team"]?.old ?? 0 > 0)
        service.store.close()
        await bench.stop()
    }

    @Test func `tells how far it has come`() async throws {
        let bench = try await Bench()
        bench.put(2500, "failed")
        let service = try bench.service()
        await service.once()
        let told = Mutex<[Int]>([])
        _ = try await Backtest(
            store: service.store, rules: read(Self.rules), since: Sample.at(-10), until: bench.clock.wall, workers: 1
        ).run { count in told.withLock { $0.append(count) } }
        #expect(told.withLock { $0 } == [1000, 2000])
        #expect(try await service.store.recordedChanges(after: Sample.at(-10)).count >= 2500)
        service.store.close()
        await bench.stop()
    }
}
