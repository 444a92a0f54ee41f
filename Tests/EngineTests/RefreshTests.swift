import Core
import Engine
import SimulatedAurous
import Sinks
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `A sink that refreshes` {
    /// What arrived of `img_1`, whose first attempt was refused; the second is made `later`, after a change.
    private func arrived(
        later: Duration, _ lane: String = "retry: [5s], refresh: true", meanwhile: (Bench) -> Void
    ) async throws -> [ReceivedCallback] {
        let bench = try await Bench()
        let service = try bench.service(bench.configuration(lane: lane))
        await service.once()
        bench.receiver.answer(with: .status(503))
        bench.put(["id": "img_1", "status": "failed", "prompt": "first"])
        await service.once()
        meanwhile(bench)
        bench.clock.advance(by: later)
        await service.once()
        let received = await bench.receiver.received(atLeast: 2)
        await bench.stop()
        return received
    }

    private func prompt(_ callback: ReceivedCallback?) -> String? {
        callback?.json?["data"]?["alerts"]?.elements?.first?["self"]?["prompt"]?.text
    }

    private func change(_ bench: Bench) { bench.change("img_1", ["prompt": "second"]) }

    @Test func `sends an old resource as it is now, under the same id`() async throws {
        let received = try await arrived(later: .seconds(601), meanwhile: change)
        #expect(received.map { prompt($0) } == ["first", "second"])
        #expect(Set(received.map { $0[header: "webhook-id"] }).count == 1)
        #expect(received.allSatisfy { $0.verdict == .verified })
    }

    @Test func `asks for nothing that is young, and without the setting for nothing at all`() async throws {
        #expect(prompt(try await arrived(later: .seconds(300), meanwhile: change).last) == "first")
        #expect(prompt(try await arrived(later: .seconds(9000), "retry: [5s]", meanwhile: change).last) == "first")
    }

    @Test func `sends what is known of a resource that is gone`() async throws {
        #expect(prompt(try await arrived(later: .seconds(9000)) { $0.remove("img_1") }.last) == "first")
    }

    @Test func `sends what is known where the API does not answer`() async throws {
        let received = try await arrived(later: .seconds(9000)) { bench in
            bench.change("img_1", ["prompt": "second"])
            bench.api.setFaultRule { _ in .status(500, code: "internal") }
        }
        #expect(prompt(received.last) == "first")
    }

    @Test func `sends what is known where the API takes too long`() async throws {
        let bench = try await Bench()
        let service = try bench.service(bench.configuration(lane: "retry: [5s], refresh: true"))
        await service.once()
        bench.receiver.answer(with: .status(503))
        bench.put(["id": "img_1", "status": "failed", "prompt": "first"])
        await service.once()
        bench.api.setFaultRule { $0.target.contains("img_1") ? .hang : nil }
        bench.clock.advance(by: .seconds(700))
        _ = await service.onceInTime()
        #expect(await bench.receiver.received(atLeast: 2).count == 2)
        await bench.stop()
    }

    @Test func `fetches again for a replay days later`() async throws {
        let bench = try await Bench()
        let service = try bench.service(bench.configuration(lane: "retry: [], refresh: true"))
        await service.once()
        bench.receiver.answer(with: .status(400))
        bench.put(["id": "img_1", "status": "failed", "prompt": "first"])
        await service.once()
        let dead = try await service.store.deliveries(sink: nil, deadOnly: true, limit: 10).map(\.record.id)
        #expect(dead.count == 1)
        change(bench)
        bench.clock.advance(by: .seconds(3 * 86_400))
        _ = try await service.store.replay(dead, at: bench.clock.wall)
        await service.once()
        #expect(prompt(await bench.receiver.received(atLeast: 2).last) == "second")
        await bench.stop()
    }
}
