import Foundation
import Synchronization
import Transport

/// The watched API as far as a burst needs it, answering from memory: pages of generations, the newest first, all of
/// them succeeded. What it costs is part of nobody's figures.
final class ScriptedAPI: HTTPTransport {
    private struct State {
        var count = 0
        var burstBegan: ContinuousClock.Instant?
    }

    private let state = Mutex(State())
    private static let pageSize = 100

    /// So many more generations; the next poll finds them.
    func add(_ count: Int) {
        state.withLock { state in
            state.count += count
            state.burstBegan = nil
        }
    }

    /// When the first page with what was added last was handed out.
    var burstBegan: ContinuousClock.Instant? { state.withLock(\.burstBegan) }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let count = state.withLock { state in
            state.burstBegan = state.burstBegan ?? .now
            return state.count
        }
        var newest = count
        if let cursor = request.url.components(separatedBy: "starting_after=img_").dropFirst().first {
            newest = (Int(cursor.prefix { $0.isNumber }) ?? 1_000_000) - 1_000_000
        }
        let oldest = max(0, newest - ScriptedAPI.pageSize)
        let rows = stride(from: newest, to: oldest, by: -1).map {
            SamplePage.row(id: "img_\(1_000_000 + $0 - 1)", $0)
        }
        let cursor = oldest > 0 ? "\"img_\(1_000_000 + oldest)\"" : "null"
        let body =
            #"{"object":"list","data":["# + rows.joined(separator: ",")
            + #"],"has_more":\#(oldest > 0),"next_cursor":\#(cursor)}"#
        return HTTPResponse(
            status: 200, headerFields: [HeaderField("Content-Type", "application/json")], body: Array(body.utf8))
    }
}
