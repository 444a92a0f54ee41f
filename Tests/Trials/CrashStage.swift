import Foundation
import SimulatedAurous
import Synchronization

/// The world around the program: an API in which things happen, and three receivers behind one port, of which one is
/// good, one is flaky, and one is down for long.
final class CrashStage: Sendable {
    static let sinks = ["steady", "flaky", "down"]
    private static let key = "al_live_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    private static let secret = "whsec_YXVzcGV4IHRlc3Qgc2VjcmV0IGZvciBsb29wYmFjaw=="

    private struct Manners {
        var chance: Chance
        /// Whether the third receiver is down.
        var isDown = false
        /// Whether the second is flaky, and the API now and then.
        var areFlaky = false
    }

    private struct Lives {
        var count = 0
        /// Generations that are under way, and characters that wait for review.
        var underWay: [String] = []
        var waiting: [String] = []
    }

    let folder: URL
    let ledger = CrashLedger()
    let trap = Trap()
    private let runs = Atomic<Int>(0)
    /// For the next run of the program, which says in each callback which one it is.
    var environment: [String: String] {
        let run = runs.add(1, ordering: .relaxed).newValue
        return ["AUROUS_API_KEY": CrashStage.key, "HOOK_SECRET": CrashStage.secret, "RUN": "\(run)"]
    }
    private let api: SimulatedAurousServer
    private let receiver: CallbackReceiver
    private let manners: Mutex<Manners>
    private let lives = Mutex(Lives())
    private let now: @Sendable () -> WorldTime

    init(folder: URL, seed: UInt64) async throws {
        self.folder = folder
        let now: @Sendable () -> WorldTime = { WorldTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
        self.now = now
        manners = Mutex(Manners(chance: Chance(seed: seed)))
        let team = SimulatedTeam(name: "studio", key: CrashStage.key, pace: .still, isRateLimited: false)
        api = SimulatedAurousServer(
            SimulationOptions(seed: seed, speed: 1, teams: [team], controlFace: false, startTime: now()), now: now)
        receiver = CallbackReceiver(secrets: [CrashStage.secret], now: now) { [ledger, trap] callback in
            ledger.arrived(callback)
            trap.hit(.callback)
        }
        let (apiPort, receiverPort) = (try await api.start(port: 0), try await receiver.start(port: 0))
        receiver.setRule { [weak self] in self?.answer(to: $0) }
        api.setFaultRule { [weak self] _ in
            self?.trap.hit(.request)
            return self?.fault()
        }
        try write(apiPort: apiPort, receiverPort: receiverPort)
    }

    func close() async {
        receiver.setRule(nil)
        api.setFaultRule(nil)
        await api.stop()
        await receiver.stop()
    }

    private func write(apiPort: Int, receiverPort: Int) throws {
        let retry = Array(repeating: "200ms", count: 100).joined(separator: ", ")
        let sinks = CrashStage.sinks.map { name in
            """
              \(name): { kind: webhook, url: "http://127.0.0.1:\(receiverPort)/\(name)", secret: { env: HOOK_SECRET }, \
            headers: { X-Run: { env: RUN } }, timeout: 5s, retry: [\(retry)] }
            """
        }
        let configuration = """
            sources:
              - name: studio
                api: http://127.0.0.1:\(apiPort)
                key: { env: AUROUS_API_KEY }
                poll: { active: 50ms, idle: 50ms }
                budget: 1
            rules: [rules.yaml]
            sinks:
            \(sinks.joined(separator: "\n"))
            notify: [steady, flaky, down]
            """
        let rules = """
            rules:
              - { name: failed, watch: generation, when: self.status == "failed", title: "Failed: ${self.prompt}" }
              - { name: stuck, watch: character, when: self.status == "reviewing", for: 100ms, notify: [steady, flaky] }
            """
        try configuration.write(to: folder.appendingPathComponent("auspex.yaml"), atomically: true, encoding: .utf8)
        try rules.write(to: folder.appendingPathComponent("rules.yaml"), atomically: true, encoding: .utf8)
    }

    // Manners

    /// How the receivers and the API behave from now on.
    func behave(flaky: Bool, down: Bool) {
        manners.withLock { manners in
            manners.areFlaky = flaky
            manners.isDown = down
        }
    }

    private func answer(to callback: ReceivedCallback) -> CallbackAnswer? {
        guard callback.verdict == .verified else { return nil }
        return manners.withLock { manners in
            if callback.target == "/down", manners.isDown { return .status(503) }
            guard callback.target == "/flaky", manners.areFlaky else { return nil }
            switch Int.random(in: 0..<100, using: &manners.chance) {
            case 0..<55: return nil
            case 55..<70: return .delayed(milliseconds: .random(in: 1...80, using: &manners.chance), status: 204)
            case 70..<80: return .status(503)
            case 80..<85: return .status(500, body: "no")
            case 85..<88: return .status(429)
            case 88..<89: return .status(429, retryAfter: "1")
            default: return .close
            }
        }
    }

    private func fault() -> Fault? {
        manners.withLock { manners in
            guard manners.areFlaky else { return nil }
            switch Int.random(in: 0..<200, using: &manners.chance) {
            case 0: return .status(500, code: "internal_error")
            case 1: return .close
            case 2: return .truncated(afterBytes: 300)
            default: return nil
            }
        }
    }

    // Events

    /// So many more things happen, each of which somebody is to be told.
    func happen(_ count: Int) {
        for _ in 0..<count {
            switch manners.withLock({ Int.random(in: 0..<10, using: &$0.chance) }) {
            case 0..<5: fail(begin())
            case 5..<7: lives.withLock { $0.underWay.append(begin(in: &$0)) }
            case 7: endOldest()
            case 8: waitForReview()
            default: review()
            }
        }
    }

    /// Everything comes to its end.
    func endAll() {
        while endOldest() {}
    }

    /// Ends what waits and was told to; returns whether nothing waits any more.
    func reviewAll() -> Bool {
        while review() {}
        return lives.withLock(\.waiting.isEmpty)
    }

    private func begin() -> String { lives.withLock { begin(in: &$0) } }

    private func begin(in lives: inout Lives) -> String {
        lives.count += 1
        let id = "img_\(lives.count)"
        let text = now().description
        _ = api.withWorld(of: "studio") { world in
            world.put(generation: [
                "id": .string(id), "status": "pending", "prompt": .string("a lighthouse, number \(id)"),
                "created_at": .string(text),
            ])
        }
        return id
    }

    private func fail(_ id: String) {
        for sink in CrashStage.sinks {
            ledger.expect(Told(sink: sink, rule: "failed", resource: id, type: "alert.fired"))
        }
        let text = now().description
        api.withWorld(of: "studio") { world in
            _ = world.update(id) { json in
                json["status"] = "failed"
                json["error_message"] = "Content policy violation"
                json["completed_at"] = .string(text)
            }
        }
    }

    @discardableResult
    private func endOldest() -> Bool {
        let id = lives.withLock { $0.underWay.isEmpty ? nil : $0.underWay.removeFirst() }
        if let id { fail(id) }
        return id != nil
    }

    private func waitForReview() {
        let id = lives.withLock { lives in
            lives.count += 1
            lives.waiting.append("char_\(lives.count)")
            return "char_\(lives.count)"
        }
        for sink in ["steady", "flaky"] {
            ledger.expect(Told(sink: sink, rule: "stuck", resource: id, type: "alert.fired"))
        }
        let text = SimulatedJSON.string(now().description)
        _ = api.withWorld(of: "studio") { world in
            world.put(character: [
                "id": .string(id), "status": "reviewing", "name": "Aurora", "created_at": text, "updated_at": text,
            ])
        }
    }

    /// One whose waiting both receivers were told of is ready.
    @discardableResult
    private func review() -> Bool {
        let id = lives.withLock { lives -> String? in
            let place = lives.waiting.firstIndex { id in
                ["steady", "flaky"].allSatisfy { sink in
                    ledger.wasTaken(Told(sink: sink, rule: "stuck", resource: id, type: "alert.fired"))
                }
            }
            return place.map { lives.waiting.remove(at: $0) }
        }
        guard let id else { return false }
        for sink in ["steady", "flaky"] {
            ledger.expect(Told(sink: sink, rule: "stuck", resource: id, type: "alert.resolved"))
        }
        let text = SimulatedJSON.string(now().description)
        api.withWorld(of: "studio") { world in
            _ = world.update(id) { json in
                json["status"] = "ready"
                json["updated_at"] = text
            }
        }
        return true
    }
}

/// Kills a process at the very moment at which something arrives from it.
final class Trap: Sendable {
    enum Event: Sendable { case callback, request }

    private struct State {
        var event: Event?
        var left = 0
        var pid: Int32 = 0
    }

    private let state = Mutex(State())

    /// The `count`-th event from now on is the process's last.
    func set(_ event: Event, count: Int, pid: Int32) {
        state.withLock { $0 = State(event: event, left: count, pid: pid) }
    }

    func clear() { state.withLock { $0 = State() } }

    func hit(_ event: Event) {
        let victim = state.withLock { state -> Int32? in
            guard state.event == event, state.left > 0 else { return nil }
            state.left -= 1
            return state.left == 0 ? state.pid : nil
        }
        if let victim { kill(victim, SIGKILL) }
    }
}
