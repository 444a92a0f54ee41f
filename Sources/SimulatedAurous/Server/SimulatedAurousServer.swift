import Hummingbird
package import Logging
import NIOCore
import Synchronization

/// The simulated Aurous API on a port of 127.0.0.1. It can be stopped and started again with the same worlds, as an
/// outage; every request and fault is under the hand of whoever holds it.
package final class SimulatedAurousServer: Sendable {
    private let options: SimulationOptions
    private let now: @Sendable () -> WorldTime
    private let api: Mutex<SimulatedAPI>
    private let turnstile = Turnstile()
    private let http: LocalHTTPServer

    /// - Parameter now: the wall clock, or a test's own.
    package init(_ options: SimulationOptions, logger: Logger = .silent, now: @escaping @Sendable () -> WorldTime) {
        self.options = options
        self.now = now
        api = Mutex(SimulatedAPI(options))
        http = LocalHTTPServer(logger: logger)
    }

    /// Serves until cancelled or asked to stop gracefully, then closes every connection.
    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - started: called with the bound port once connections are accepted.
    package func run(port: Int, started: @escaping @Sendable (Int) -> Void) async throws {
        try await http.run(port: port, handler: { await self.answer($0) }, started: started)
    }

    /// Serves in the background until `stop`; returns the bound port. After an outage, port 0 means the port it had.
    package func start(port: Int = 0) async throws -> Int {
        try await http.start(port: port) { await self.answer($0) }
    }

    /// Cuts every connection and frees the port. Worlds, buckets, faults and records stay.
    package func stop() async { await http.stop() }

    private func answer(_ request: Request) async -> Answer {
        let target = request.head.path ?? "/"
        let key = request.headers[named: "X-Api-Key"]
        if options.controlFace, target.hasPrefix("/_sim/") {
            guard let body = try? await request.body.collect(upTo: ControlFace.bodyLimit) else {
                return ControlFace.refusal(413, "the body is too large")
            }
            let control = ControlRequest(
                method: request.method.rawValue, target: target, key: key, body: Array(body.readableBytesView))
            return api.withLock { ControlFace.answer(control, api: &$0, at: now()) }
        }
        let asked = APIRequest(
            method: request.method.rawValue, target: target, key: key,
            version: request.headers[named: "Aurous-Version"])
        defer { turnstile.pass() }
        return api.withLock { $0.answer(asked, at: now()) }
    }

    /// Answers a GET without a socket, for simulations of whole days in a process: the same answer, and remembered in the
    /// same way, but whatever faults do to its way is left out.
    package func respond(
        to target: String, key: String?, version: String?
    ) -> (status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        let asked = APIRequest(method: "GET", target: target, key: key, version: version)
        defer { turnstile.pass() }
        let answer = api.withLock { $0.answer(asked, at: now()) }
        return (answer.status, answer.headers, Array(answer.body.readableBytesView))
    }

    // The hand of the holder

    /// Works on a team's world, advanced to now. Nil if no team has the key or name.
    package func withWorld<Result: Sendable>(
        of keyOrTeam: String, _ body: (inout SimulatedWorld) -> Result
    ) -> Result? {
        api.withLock { api in
            let name = api.keys[keyOrTeam]?.team ?? keyOrTeam
            // Taken out while the body works, so that changing a large world copies nothing.
            guard var team = api.teams.removeValue(forKey: name) else { return nil }
            defer { api.teams[name] = team }
            team.world.advance(to: now())
            return body(&team.world)
        }
    }

    /// One more team, or one more key for a team that exists.
    package func add(_ team: SimulatedTeam) {
        api.withLock { api in
            let seed = options.seed &+ UInt64(api.teams.count)
            api.add(team, at: now(), speed: options.speed, seed: seed)
        }
    }

    /// Revokes a key, takes its scope, or makes it good again.
    package func setKey(_ key: String, _ state: KeyState) {
        api.withLock { $0.keys[key]?.state = state }
    }

    /// Takes requests out of a team's buckets down to so many, as the team's own application does.
    package func drainBuckets(of team: String, to remaining: Int64) {
        api.withLock { api in
            api.teams[team]?.general.drain(to: remaining, at: now())
            api.teams[team]?.characters.drain(to: remaining, at: now())
        }
    }

    /// Plans a fault for the next requests that fit; faults come in the order in which they were planned.
    /// - Parameters:
    ///   - endpoint: nil for any.
    ///   - team: a team's name, nil for any.
    ///   - times: how many requests it meets.
    package func inject(_ fault: Fault, on endpoint: Endpoint? = nil, team: String? = nil, times: Int = 1) {
        api.withLock { $0.faults.add(fault, endpoint: endpoint, team: team, times: times) }
    }

    /// Decides about each request that no planned fault meets; called with the server's lock held.
    package func setFaultRule(_ rule: (@Sendable (RequestRecord) -> Fault?)?) {
        api.withLock { $0.faults.rule = rule }
    }

    /// Forgets every planned fault and the rule.
    package func clearFaults() { api.withLock { $0.faults.clear() } }

    /// Every request that arrived, oldest first; the oldest are forgotten beyond some ten thousands.
    package var requests: [RequestRecord] { api.withLock { $0.records } }

    /// Every request, once at least so many have arrived since the beginning, or the task is cancelled.
    package func requests(atLeast count: Int) async -> [RequestRecord] {
        await turnstile.wait(for: count)
        return requests
    }

    /// Forgets the requests so far; their numbers go on.
    package func forgetRequests() { api.withLock { $0.forgetRecords() } }
}

extension Logger {
    /// Says nothing.
    package static var silent: Logger { Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() } }
}
