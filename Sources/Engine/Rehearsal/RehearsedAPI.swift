import CEL
import Core
import Synchronization
import Transport

/// The watched API as a timeline has it, in memory: the same pages, the same answers by id, the same failures.
final class RehearsedAPI: HTTPTransport {
    fileprivate struct Row {
        var number: Int
        var createdAt: Timestamp
        var members: [(String, CELValue)]
    }

    private struct World {
        var rows: [ResourceKey: Row] = [:]
        var faults: [String: APIFault] = [:]
        var count = 0
    }

    private let world = Mutex(World())

    /// The address of a source, by which requests are told apart.
    static func address(of source: String) -> String { "https://rehearsal.example/\(source)" }

    func setFault(_ fault: APIFault?, of source: String) { world.withLock { $0.faults[source] = fault } }
    func hasFault(_ source: String) -> Bool { world.withLock { $0.faults[source] != nil } }
    func remove(_ key: ResourceKey) { world.withLock { $0.rows[key] = nil } }

    /// Takes in what a timeline says of a resource. What it never said of the resource's times follows from when it
    /// said the rest.
    func put(_ given: GivenResource, at now: Timestamp) {
        world.withLock { world in
            var row = world.rows[given.key] ?? Row(number: world.count, createdAt: now, members: [])
            if world.rows[given.key] == nil { world.count += 1 }
            let before = row.status
            for (name, value) in given.members { row[name] = value }
            let says = { (name: String) in given.members.contains { $0.0 == name } }
            row.fillIn(given.key, isFirst: world.rows[given.key] == nil, before: before, says: says, at: now)
            if case .string(let text)? = row["created_at"], let time = Timestamp(rfc3339: text) { row.createdAt = time }
            world.rows[given.key] = row
        }
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        guard let parts = try? URLParts(request.url) else {
            throw TransportError(kind: .invalidRequest(reason: "no address"), endpoint: "")
        }
        let names = parts.path.split(separator: "/").map(String.init)
        let source = names.first ?? ""
        let answer = world.withLock { world -> (Int, [UInt8])? in
            switch world.faults[source] {
            case .down?: nil
            case .failing?: (503, RehearsedAPI.problem("unavailable", "the test says so"))
            case .refused?: (401, RehearsedAPI.problem("unauthorized", "the test says so"))
            case .limited?: (429, RehearsedAPI.problem("rate_limited", "the test says so"))
            case nil: RehearsedAPI.answer(Array(names.dropFirst(2)), query: parts.query, source, world)
            }
        }
        guard let (status, body) = answer else { throw TransportError(kind: .connect, endpoint: "the API") }
        let fields =
            [("Content-Type", "application/json"), ("X-RateLimit-Limit", "1000000")]
            + [("X-RateLimit-Remaining", "1000000")]
        return HTTPResponse(status: status, headerFields: fields.map { HeaderField($0.0, $0.1) }, body: body)
    }

    private static func problem(_ code: String, _ message: String) -> [UInt8] {
        Array(#"{"error":{"type":"\#(code)","code":"\#(code)","message":"\#(message)"}}"#.utf8)
    }

    /// `names` are what stands behind `/v1` in the path.
    private static func answer(
        _ names: [String], query: String?, _ source: String, _ world: World
    ) -> (Int, [UInt8]) {
        let kinds: [String: ResourceKind] = ["images": .generation, "characters": .character, "balance": .balance]
        guard let name = names.first, let kind = kinds[name] else { return (404, problem("not_found", "no such path")) }
        let rows = world.rows.filter { $0.key.kind == kind && $0.key.source == source }
        if kind == .balance {
            guard let row = rows.first?.value else { return (200, Array("{}".utf8)) }
            return (200, row.json)
        }
        if names.count > 1 {
            let id = names[1].removingPercentEncoding
            guard let row = rows.first(where: { $0.key.id == id })?.value else {
                return (404, problem("not_found", "no such resource"))
            }
            return (200, row.json)
        }
        let newest = rows.sorted { ($0.value.createdAt, $0.value.number) > ($1.value.createdAt, $1.value.number) }
        return (200, page(newest.map { ($0.key.id, $0.value) }, after: query))
    }

    private static func page(_ rows: [(id: String, row: Row)], after query: String?) -> [UInt8] {
        let cursor = query?.split(separator: "&").first { $0.hasPrefix("starting_after=") }
            .map { String($0.dropFirst("starting_after=".count)).removingPercentEncoding }
        let from = cursor.flatMap { cursor in rows.firstIndex { $0.id == cursor }.map { $0 + 1 } } ?? 0
        let shown = rows[from...].prefix(SourceRequests.pageSize)
        let hasMore = from + shown.count < rows.count
        let next = hasMore ? shown.last.map { CELValue.string($0.id) } ?? .null : .null
        return JSON.serializedBytes(
            .map(
                CELMap([
                    ("object", .string("list")), ("data", .list(shown.map { .map(CELMap($0.row.members)) })),
                    ("has_more", .bool(hasMore)), ("next_cursor", next),
                ])))
    }
}

extension RehearsedAPI.Row {
    subscript(name: String) -> CELValue? {
        get { members.first { $0.0 == name }?.1 }
        set {
            guard let newValue else { return members.removeAll { $0.0 == name } }
            if let index = members.firstIndex(where: { $0.0 == name }) {
                members[index].1 = newValue
            } else {
                members.append((name, newValue))
            }
        }
    }

    fileprivate var status: String? { if case .string(let text)? = self["status"] { text } else { nil } }
    fileprivate var json: [UInt8] { JSON.serializedBytes(.map(CELMap(members))) }

    /// What the API would add by itself.
    fileprivate mutating func fillIn(
        _ key: ResourceKey, isFirst: Bool, before: String?, says: (String) -> Bool, at now: Timestamp
    ) {
        guard key.kind != .balance else { return }
        self["id"] = .string(key.id)
        if isFirst, !says("created_at") { self["created_at"] = .string(now.rfc3339) }
        if key.kind == .character {
            if !says("updated_at") { self["updated_at"] = .string(now.rfc3339) }
            return
        }
        if isFirst, !says("media_type") { self["media_type"] = .string(key.id.hasPrefix("vid_") ? "video" : "image") }
        let isFinal = status.map { Snapshot.isSettled(status: $0, kind: .generation) } ?? false
        if isFinal, status != before, !says("completed_at") { self["completed_at"] = .string(now.rfc3339) }
    }
}

extension String {
    /// Without the `%41` of an address.
    fileprivate var removingPercentEncoding: String {
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            let pair = rest.prefix(2)
            if byte == UInt8(ascii: "%"), pair.count == 2,
                let value = UInt8(String(decoding: pair, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
