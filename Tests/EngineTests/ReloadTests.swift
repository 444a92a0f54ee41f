import CEL
import Core
import Engine
import SimulatedAurous
import Store
import Synchronization
import TestSupport
import Testing
import Transport

/// HTTP that does something else first, when it is asked to.
private final class InterruptedTransport: HTTPTransport {
    private let transport = CurlTransport(options: .init())
    private let interruption = Mutex<(@Sendable () -> Void)?>(nil)

    /// Before the next request.
    func interrupt(with body: @escaping @Sendable () -> Void) { interruption.withLock { $0 = body } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let body = interruption.withLock { body in
            defer { body = nil }
            return body
        }
        body?()
        return try await transport.send(request)
    }
}

@Suite(.timeLimit(.minutes(30))) struct `Rules that are replaced while a poll is under way` {
    private let rule = Sample.rule(
        "stuck", when: #"self.status == "processing""#, for: .zero, title: "${self.id} is stuck")

    /// A watch that has told of one resource.
    private func told() async throws -> (Bench, Service, InterruptedTransport) {
        let bench = try await Bench()
        let http = InterruptedTransport()
        let service = try bench.service(rules: "rules: []", http: http)
        service.rules.replace(with: [rule])
        bench.put(["id": "img_1", "status": "processing", "created_at": .string(Sample.at(-100).rfc3339)])
        await service.once()
        #expect(await bench.arrived(atLeast: 1) == ["img_1 is stuck"])
        return (bench, service, http)
    }

    private func kinds(_ bench: Bench) -> [String?] { bench.receiver.received.map { $0.json?["type"]?.text } }

    @Test func `end what the old ones said, in this poll or the next`() async throws {
        let (bench, service, http) = try await told()
        http.interrupt { service.rules.replace(with: []) }
        await service.once()
        await service.once()
        #expect(kinds(bench) == ["alert.fired", "alert.resolved"])
        #expect(try await service.store.alertCounts()[.firing] == nil)
        await bench.stop()
    }

    @Test func `begin anew what had ended while they were away`() async throws {
        let (bench, service, http) = try await told()
        service.rules.replace(with: [])
        let rule = rule
        http.interrupt { service.rules.replace(with: [rule]) }
        await service.once()
        await service.once()
        #expect(kinds(bench) == ["alert.fired", "alert.resolved", "alert.fired"])
        #expect(try await service.store.alertCounts()[.firing] == 1)
        await bench.stop()
    }

    @Test func `go on with what a rule said under its old name`() async throws {
        let (bench, service, http) = try await told()
        let rules = [
            Sample.rule("slow", when: #"self.status == "processing""#, for: .zero, title: "${self.id} is slow")
                .with(renamedFrom: ["stuck"])
        ]
        http.interrupt {
            service.rules.replace(with: rules)
            bench.change("img_1", ["prompt": "another"])
        }
        await service.once()
        await service.once()
        bench.change("img_1", ["status": "succeeded"])
        await service.once()
        #expect(kinds(bench) == ["alert.fired", "alert.resolved"])
        await bench.stop()
    }
}
