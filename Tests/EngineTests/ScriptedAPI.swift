import CEL
import Core
import Synchronization
import TestSupport
import Transport

/// The watched API in memory, on a clock that the test moves: it answers at once, counts every request, and can lie.
final class ScriptedAPI: HTTPTransport {
    struct Row: Sendable {
        var id: String
        var status: String
        var createdAt: Timestamp
        var updatedAt: Timestamp
        var completedAt: Timestamp?
    }

    struct Request: Sendable {
        /// Seconds of the clock.
        var time: Double
        var path: String
        var cursor: String?
        var status: Int
    }

    /// What is wrong with one answer.
    enum Lie: Sendable {
        case status(Int, retryAfter: String? = nil)
        case dead, html, truncated
        case duplicate, moreWithoutCursor, emptyWithMore
        case cursor(String)
        /// Any number of pages of rows that nobody knows.
        case endless
    }

    private struct World {
        var generations: [Row] = []
        var characters: [Row] = []
        var requests: [Request] = []
        var tokens = ["images": 1200.0, "characters": 240.0]
        var filledAt = 0.0
        var count = 0
        var lie: (@Sendable (Request) -> Lie?)?
        /// Called after each answer, with the world still locked.
        var between: (@Sendable (inout ScriptedAPI.Hands) -> Void)?
    }

    /// What a test may do to the world.
    struct Hands {
        /// Newest first.
        var generations: [Row]
        var characters: [Row]
    }

    private let clock: TestClock
    private let world = Mutex(World())
    private let tellsLimits: Bool

    init(clock: TestClock, tellsLimits: Bool = true) {
        self.clock = clock
        self.tellsLimits = tellsLimits
    }

    var requests: [Request] { world.withLock { $0.requests } }
    func forgetRequests() { world.withLock { $0.requests = [] } }
    func setLie(_ lie: (@Sendable (Request) -> Lie?)?) { world.withLock { $0.lie = lie } }
    func setBetween(_ between: (@Sendable (inout Hands) -> Void)?) { world.withLock { $0.between = between } }

    func edit(_ body: (inout Hands) -> Void) { world.withLock { ScriptedAPI.edit(&$0, body) } }

    private static func edit(_ world: inout World, _ body: (inout Hands) -> Void) {
        var hands = Hands(generations: world.generations, characters: world.characters)
        body(&hands)
        let newest: (Row, Row) -> Bool = { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
        world.generations = hands.generations.sorted(by: newest)
        world.characters = hands.characters.sorted(by: newest)
    }

    /// The team's own application takes so many requests.
    func drink(_ count: Double, of bucket: String = "images") {
        let now = clock.seconds
        world.withLock { world in
            ScriptedAPI.refill(&world, at: now)
            world.tokens[bucket] = max(0, (world.tokens[bucket] ?? 0) - count)
        }
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let answer = world.withLock { self.answer(request.url, in: &$0) }
        guard let answer else { throw TransportError(kind: .timedOut(bytesSent: true), cause: "the script says so") }
        return answer
    }

    private func answer(_ url: String, in world: inout World) -> HTTPResponse? {
        let now = clock.seconds
        let path = url[(url.firstRange(of: "v1/")?.lowerBound ?? url.startIndex)...].prefix { $0 != "?" }
        let cursor = url.firstRange(of: "starting_after=").map { String(url[$0.upperBound...]) }
        let names = path.split(separator: "/").map(String.init)
        let bucket = names.count > 1 ? names[1] : ""
        var record = Request(time: now, path: String(path), cursor: cursor, status: 0)
        let lie = world.lie?(record)
        ScriptedAPI.refill(&world, at: now)
        defer {
            world.requests.append(record)
            if let between = world.between { ScriptedAPI.edit(&world, between) }
        }
        if case .dead? = lie { return nil }
        guard (world.tokens[bucket] ?? 0) >= 1 else {
            record.status = 429
            return respond(429, ScriptedAPI.problem, bucket, world, [("Retry-After", "1")])
        }
        world.tokens[bucket, default: 0] -= 1
        var (status, body) =
            names.count > 2
            ? single(names[2], bucket, world) : list(bucket, after: cursor, lie: lie, in: &world)
        var fields: [(String, String)] = []
        switch lie {
        case .status(let said, let retryAfter)?:
            (status, body) = (said, ScriptedAPI.problem)
            if let retryAfter { fields.append(("Retry-After", retryAfter)) }
        case .html?: (status, body) = (502, "<html>bad gateway</html>")
        case .truncated?: body = String(body.prefix(body.count / 2))
        default: break
        }
        record.status = status
        return respond(status, body, bucket, world, fields)
    }

    private static let problem = #"{"error":{"type":"t","code":"c","message":"m"}}"#

    private static func refill(_ world: inout World, at now: Double) {
        for (bucket, capacity, rate) in [("images", 1200.0, 10.0), ("characters", 240.0, 2.0)] {
            world.tokens[bucket] = min(capacity, (world.tokens[bucket] ?? 0) + (now - world.filledAt) * rate)
        }
        world.filledAt = now
    }

    private func respond(
        _ status: Int, _ body: String, _ bucket: String, _ world: World, _ fields: [(String, String)]
    ) -> HTTPResponse {
        var all = fields + [("Content-Type", "application/json")]
        if tellsLimits {
            all.append(("X-RateLimit-Limit", bucket == "characters" ? "240" : "1200"))
            all.append(("X-RateLimit-Remaining", String(Int(world.tokens[bucket] ?? 0))))
        }
        return HTTPResponse(
            status: status, headerFields: all.map { HeaderField($0.0, $0.1) }, body: Array(body.utf8))
    }

    private func single(_ id: String, _ bucket: String, _ world: World) -> (Int, String) {
        let rows = bucket == "characters" ? world.characters : world.generations
        guard let row = rows.first(where: { $0.id == id }) else { return (404, ScriptedAPI.problem) }
        return (200, json(row))
    }

    private func list(_ bucket: String, after cursor: String?, lie: Lie?, in world: inout World) -> (Int, String) {
        if case .endless? = lie {
            let rows = (0..<100).map { number -> Row in
                world.count += 1
                return Row(
                    id: "img_endless_\(world.count)", status: "succeeded", createdAt: Sample.at(-world.count),
                    updatedAt: Sample.at(-number))
            }
            return (200, page(rows, hasMore: true, cursor: "cursor_\(world.count)"))
        }
        let all = bucket == "characters" ? world.characters : world.generations
        var start = 0
        if let cursor {
            guard let place = all.firstIndex(where: { $0.id == cursor }) else {
                return (world.requests.count % 2 == 0 ? 400 : 404, ScriptedAPI.problem)
            }
            start = place + 1
        }
        var rows = Array(all[start...].prefix(100))
        let hasMore = start + rows.count < all.count
        switch lie {
        case .duplicate?: if let first = rows.first { rows.append(first) }
        case .moreWithoutCursor?: return (200, page(rows, hasMore: true, cursor: nil))
        case .emptyWithMore?: return (200, page([], hasMore: true, cursor: "cursor_\(world.requests.count)"))
        case .cursor(let other)?: return (200, page(rows, hasMore: true, cursor: other))
        default: break
        }
        return (200, page(rows, hasMore: hasMore, cursor: hasMore ? rows.last?.id : nil))
    }

    private func page(_ rows: [Row], hasMore: Bool, cursor: String?) -> String {
        let data = rows.map(json).joined(separator: ",")
        let next = cursor.map { "\"\($0)\"" } ?? "null"
        return "{\"object\":\"list\",\"data\":[\(data)],\"has_more\":\(hasMore),\"next_cursor\":\(next)}"
    }

    private func json(_ row: Row) -> String {
        var text = "{\"id\":\"\(row.id)\",\"status\":\"\(row.status)\",\"created_at\":\"\(row.createdAt.rfc3339)\""
        if row.id.hasPrefix("char_") { text += ",\"updated_at\":\"\(row.updatedAt.rfc3339)\"" }
        if let completed = row.completedAt { text += ",\"completed_at\":\"\(completed.rfc3339)\"" }
        let isVideo = row.id.hasPrefix("vid_")
        return text
            + ",\"media_type\":\"\(isVideo ? "video" : "image")\",\"inference_type\":\"\(isVideo ? "t2v" : "t2i")\"}"
    }
}
