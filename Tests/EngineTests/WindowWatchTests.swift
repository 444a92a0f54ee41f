import CEL
import ConfigurationFiles
import Core
import Engine
import SimulatedAurous
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `A watched window` {
    private static let rate = """
        rules:
          - name: failure-rate
            watch: generation
            over: 15m
            by: [self.inference_type]
            measure:
              total: count(self.status in ["succeeded", "failed"])
              failed: count(self.status == "failed")
            when: total >= 4 && double(failed) / double(total) > 0.5
            title: "${failed} of ${total} ${inference_type} failed, such as ${samples[0]}"
        """
    private static let silence = """
        rules:
          - name: silence
            watch: generation
            over: 1h
            measure: { done: 'count(self.status == "succeeded")' }
            when: done == 0
        """

    private func end(_ bench: Bench, _ id: String, _ status: String, at seconds: Int, type: String = "t2i") {
        bench.put([
            "id": .string(id), "status": .string(status), "inference_type": .string(type),
            "created_at": .string(Sample.at(seconds - 5).rfc3339), "completed_at": .string(Sample.at(seconds).rfc3339),
        ])
    }

    /// What arrived: the type and the alert's times in seconds after noon.
    private func told(_ bench: Bench) -> [String] {
        bench.receiver.received.compactMap { callback in
            guard let type = callback.json?["type"]?.text,
                let alert = callback.json?["data"]?["alerts"]?.elements?.first
            else { return nil }
            func seconds(_ name: String) -> String {
                guard let time = alert[name]?.text.flatMap({ Timestamp(rfc3339: $0) }) else { return "-" }
                return "\(time.seconds - Sample.noon.seconds)"
            }
            let id = alert["resource_id"]?.text ?? ""
            return "\(type.dropFirst(6)) \(id) since \(seconds("since")) until \(seconds("resolved_at"))"
        }
    }

    @Test func `tells of a group, with its measures and some of its resources`() async throws {
        let bench = try await Bench()
        end(bench, "img_0", "succeeded", at: -2000)
        let service = try bench.service(rules: Self.rate)
        await service.once()
        bench.clock.advance(by: .seconds(100))
        for number in 1...3 { end(bench, "img_\(number)", "failed", at: 10 * number) }
        end(bench, "img_4", "succeeded", at: 50)
        for number in 5...9 { end(bench, "img_\(number)", "succeeded", at: 60, type: "i2i") }
        await service.once()
        #expect(await bench.arrived(atLeast: 1) == ["3 of 4 t2i failed, such as img_3"])
        #expect(told(bench) == ["fired inference_type=t2i since 50 until -"])
        let alert = try #require(bench.receiver.received[0].json?["data"]?["alerts"]?.elements?.first)
        #expect(alert["kind"]?.text == "generation" && alert["source"]?.text == "studio")
        #expect(alert["self"]?["inference_type"]?.text == "t2i")
        #expect(alert["self"]?["samples"]?.elements?.compactMap(\.text) == ["img_3", "img_2", "img_1"])
        bench.clock.advance(by: .seconds(900))
        await service.once()
        _ = await bench.arrived(atLeast: 2)
        // The first failure leaves 15 minutes after it happened.
        #expect(told(bench).last == "resolved inference_type=t2i since 50 until 910")
        await bench.stop()
    }

    @Test func `counts what the first sight finds, by its own times`() async throws {
        let bench = try await Bench()
        for number in 1...4 { end(bench, "img_\(number)", "failed", at: -10 * number) }
        for number in 5...9 { end(bench, "img_\(number)", "failed", at: -5000, type: "i2i") }
        let service = try bench.service(rules: Self.rate)
        await service.once()
        _ = await bench.arrived(atLeast: 1)
        #expect(told(bench) == ["fired inference_type=t2i since 0 until -"])
        await bench.stop()
    }

    @Test func `says nothing of a time in which nobody could look, before it is known`() async throws {
        let bench = try await Bench()
        end(bench, "img_0", "succeeded", at: -60)
        let service = try bench.service(rules: Self.silence)
        await service.once()
        bench.api.setFaultRule { _ in .status(500, code: "internal") }
        for _ in 0..<4 {
            bench.clock.advance(by: .seconds(3600))
            await service.once()
        }
        #expect(told(bench) == [])
        // In fact something succeeded every half hour, until three quarters of an hour ago.
        bench.api.clearFaults()
        bench.api.setFaultRule(nil)
        for number in 1...6 { end(bench, "img_\(number)", "succeeded", at: 1800 * number) }
        for number in 7...8 { end(bench, "img_\(number)", "failed", at: 1800 * number) }
        await service.once()
        // The last success was at 10800, so from 14400 on there was none for an hour.
        _ = await bench.arrived(atLeast: 1)
        #expect(told(bench) == ["fired all since 14400 until -"])
        await bench.stop()
    }

    @Test func `says that nothing happened at the minute, without waiting for the next regular poll`() async throws {
        let bench = try await Bench()
        end(bench, "img_0", "succeeded", at: -3590)
        let service = try bench.service(rules: Self.silence)
        let running = RunningService(service)
        try await running.started()
        // The idle pace is 15 seconds; what is due in ten is looked at then.
        for _ in 0..<12 {
            bench.clock.advance(by: .seconds(1))
            try await eventually("rest") { running.isAtRest }
        }
        _ = await bench.arrived(atLeast: 1)
        #expect(told(bench) == ["fired all since 10 until -"])
        await running.stop()
        await bench.stop()
    }

    /// One process, and one that is restarted before every poll, say the same under the same ids.
    @Test func `is the same after a restart at every step`() async throws {
        func story(restarts: Bool) async throws -> [String] {
            let bench = try await Bench()
            end(bench, "img_0", "succeeded", at: -100)
            var service: Service? = try bench.service(rules: Self.rate)
            await service?.once()
            var random = SeededRandom(seed: 5)
            for step in 0..<25 {
                bench.clock.advance(by: .seconds(Int.random(in: 30...120, using: &random)))
                let now = Int(bench.clock.seconds)
                for number in 0..<Int.random(in: 0...3, using: &random) {
                    end(
                        bench, "img_\(step)_\(number)", random.oneIn(3) ? "succeeded" : "failed",
                        at: now - Int.random(in: 0...100, using: &random), type: random.oneIn(2) ? "t2i" : "i2i")
                }
                if restarts {
                    // The first is gone before the second comes.
                    service = nil
                    service = try bench.service(rules: Self.rate)
                }
                await service?.once()
            }
            let all = bench.receiver.received.map { callback in
                let data = callback.json?["data"]
                return [
                    data?["id"]?.text, data?["alerts"]?.elements?.first?["id"]?.text, callback.json?["type"]?.text,
                    data?["title"]?.text, data?["alerts"]?.elements?.first?["since"]?.text,
                ].compactMap(\.self).joined(separator: " ")
            }
            service = nil
            await bench.stop()
            return all
        }
        let steady = try await story(restarts: false)
        let restarted = try await story(restarts: true)
        #expect(steady.count > 3)
        #expect(steady.sorted() == restarted.sorted())
        #expect(Set(restarted).count == restarted.count)
    }

    @Test func `of a rule that is gone, or looks at single resources now, ends`() async throws {
        for other in [
            "rules: []", Self.rate.replacing("failure-rate", with: "renamed"),
            """
            rules:
              - { name: failure-rate, watch: generation, when: self.status == "cancelled" }
            """,
        ] {
            let bench = try await Bench()
            do {
                let first = try bench.service(rules: Self.rate)
                await first.once()
                for number in 1...5 { end(bench, "img_\(number)", "failed", at: -number) }
                await first.once()
                #expect(await bench.arrived(atLeast: 1).count == 1)
            }
            let second = try bench.service(rules: other)
            await second.once()
            _ = await bench.arrived(atLeast: 2)
            let ends = told(bench).filter { $0.hasPrefix("resolved inference_type=t2i") }
            #expect(ends.count == 1, "\(other)")
            await bench.stop()
        }
    }

    @Test func `of a source that is watched no more ends`() async throws {
        let bench = try await Bench()
        do {
            let first = try bench.service(rules: Self.silence)
            await first.once()
            _ = await bench.arrived(atLeast: 1)
        }
        let second = try bench.service(
            bench.configuration().replacing("name: studio", with: "name: other"), rules: "rules: []")
        await second.once()
        _ = await bench.arrived(atLeast: 2)
        #expect(told(bench).map { $0.prefix(12) } == ["fired all si", "resolved all"])
        await bench.stop()
    }

    @Test func `takes new words from a rule without beginning anew`() async throws {
        let bench = try await Bench()
        let service = try bench.service(rules: Self.rate)
        await service.once()
        for number in 1...3 { end(bench, "img_\(number)", "failed", at: -number) }
        await service.once()
        let next = RuleFileReader.read(
            FileText(name: "rules.yaml", text: Self.rate.replacing("failed, such as", with: "broke:")),
            surroundings: .init(sinks: ["team"], notify: ["team"]))
        service.rules.replace(with: next.rules)
        end(bench, "img_4", "failed", at: 0)
        await service.once()
        #expect(await bench.arrived(atLeast: 1) == ["4 of 4 t2i broke: img_4"])
        await bench.stop()
    }

    @Test func `needs what happened for as long as it looks back`() async throws {
        let bench = try await Bench()
        let rules = Self.rate.replacing("over: 15m", with: "over: 48h")
        let configuration = bench.configuration(more: "retention: { detail: 1h, history: 1h }")
        do {
            let service = try bench.service(configuration, rules: rules)
            let running = RunningService(service)
            try await running.started()
            for number in 1...3 { end(bench, "img_\(number)", "failed", at: -number) }
            try await running.nextPoll()
            bench.clock.advance(by: .seconds(86_400))
            try await running.nextPoll()
            await running.stop()
        }
        let service = try bench.service(configuration, rules: rules)
        end(bench, "img_4", "failed", at: 86_400)
        await service.once()
        #expect(await bench.arrived(atLeast: 1) == ["4 of 4 t2i failed, such as img_4"])
        await bench.stop()
    }
}
