import SimulatedAurous
import Synchronization
import Transport

/// A network without sockets and without time: requests to the API are answered by the simulation, all else is a
/// callback that is taken and noted.
final class VirtualNetwork: HTTPTransport {
    struct Asked: Sendable {
        /// Milliseconds after midnight.
        var at: Int64
        var target: String
        var status: Int
    }

    struct Told: Sendable, Hashable {
        var rule: String
        var id: String
    }

    private struct State {
        var asked: [Asked] = []
        var told: [Told: [Int64]] = [:]
    }

    static let api = "http://127.0.0.1:1"
    static let receiver = "http://127.0.0.1:2/hook"

    private let server: SimulatedAurousServer
    private let milliseconds: @Sendable () -> Int64
    private let state = Mutex(State())

    /// - Parameter milliseconds: the time of the day.
    init(_ server: SimulatedAurousServer, milliseconds: @escaping @Sendable () -> Int64) {
        self.server = server
        self.milliseconds = milliseconds
    }

    var asked: [Asked] { state.withLock { $0.asked } }
    /// When what was told, in milliseconds after midnight.
    var told: [Told: [Int64]] { state.withLock { $0.told } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let time = milliseconds()
        guard request.url.hasPrefix(Self.api) else {
            note(request.body ?? [], at: time)
            return HTTPResponse(status: 204)
        }
        let target = String(request.url.dropFirst(Self.api.count))
        func field(_ name: String) -> String? { request.headerFields.first { $0.isNamed(name) }?.value }
        let answer = server.respond(to: target, key: field("X-Api-Key"), version: field("Aurous-Version"))
        state.withLock { $0.asked.append(Asked(at: time, target: target, status: answer.status)) }
        return HTTPResponse(
            status: answer.status, headerFields: answer.headers.map { HeaderField($0.name, $0.value) },
            body: answer.body)
    }

    private func note(_ body: [UInt8], at time: Int64) {
        guard let data = (try? SimulatedJSON(parsing: body))?["data"], let rule = data["rule"]?["name"]?.text else {
            return
        }
        let ids = data["alerts"]?.elements?.compactMap { $0["resource_id"]?.text } ?? []
        state.withLock { state in
            for id in ids { state.told[Told(rule: rule, id: id), default: []].append(time) }
        }
    }
}
