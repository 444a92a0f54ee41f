import Hummingbird

/// What a key may do.
package enum KeyState: Sendable {
    case active
    /// A key without the scope that reading needs.
    case withoutScope
    case revoked
}

/// A request as far as the API looks at it.
struct APIRequest: Sendable {
    var method: String
    var target: String
    var key: String?
    var version: String?
}

/// The whole simulated API as a value: requests in, answers out, at an instant.
struct SimulatedAPI: Sendable {
    struct Team: Sendable {
        var world: SimulatedWorld
        var isRateLimited: Bool
        var general: TokenBucket
        var characters: TokenBucket
    }

    /// Older records are forgotten beyond this.
    static let recordsKept = 50_000
    private static let defaultVersion = "2026-05-15"

    /// The name of the first team.
    let firstTeam: String?
    private let newerOrder: PageRequest.NewerOrder
    private let rateHeaders: RateHeaders
    private var requestMint = IdentifierMint()
    private var requestChance: Chance
    private var tokens: TokenMint
    private var anonymous: TokenBucket
    private(set) var records: [RequestRecord] = []
    private var requestCount = 0
    var teams: [String: Team] = [:]
    var keys: [String: (team: String, state: KeyState)] = [:]
    var faults = FaultPlan()

    init(_ options: SimulationOptions) {
        firstTeam = options.teams.first?.name
        newerOrder = options.newerOrder
        rateHeaders = options.rateHeaders
        requestChance = Chance(seed: options.seed ^ 0x7265_7175_6573_7473)
        tokens = TokenMint(seed: options.seed ^ 0x746F_6B65_6E73)
        anonymous = .general(at: options.startTime)
        for (index, team) in options.teams.enumerated() {
            add(team, at: options.startTime, speed: options.speed, seed: options.seed &+ UInt64(index))
        }
    }

    /// A team of the same name gets one more key.
    mutating func add(_ team: SimulatedTeam, at start: WorldTime, speed: Double, seed: UInt64) {
        keys[team.key] = (team.name, .active)
        guard teams[team.name] == nil else { return }
        teams[team.name] = Team(
            world: SimulatedWorld(seed: team.seed ?? seed, start: start, pace: team.pace, speed: speed),
            isRateLimited: team.isRateLimited, general: .general(at: start), characters: .characters(at: start))
    }

    mutating func forgetRecords() { records = [] }

    /// Answers a request, and remembers it.
    mutating func answer(_ request: APIRequest, at now: WorldTime) -> Answer {
        let path = request.target.prefix { $0 != "?" }
        let query = Query(request.target.dropFirst(path.count).dropFirst())
        let (endpoint, id) = Self.route(path)
        let known = request.key.flatMap { keys[$0] }
        var record = RequestRecord(
            number: requestCount, time: now, method: request.method, target: request.target, endpoint: endpoint,
            key: request.key, team: known?.team, status: 0)
        requestCount += 1
        let fault = faults.fault(for: record)
        var answer = respond(to: request, endpoint, id: id, query: query, fault: fault, at: now)
        Self.apply(fault, to: &answer)
        if case .never = answer.fate {} else if case .closed = answer.fate {} else { record.status = answer.status }
        remember(record)
        return answer
    }

    private mutating func remember(_ record: RequestRecord) {
        records.append(record)
        // In portions, so that forgetting costs nothing on average.
        if records.count > Self.recordsKept * 2 { records.removeFirst(records.count - Self.recordsKept) }
    }

    private static func route(_ path: Substring) -> (Endpoint, id: String) {
        let parts = path.split(separator: "/")
        switch (parts.first, parts.dropFirst().first, parts.count) {
        case ("v1", "images", 2): return (.images, "")
        case ("v1", "images", 3): return (.image, Query.decode(parts[2]))
        case ("v1", "characters", 2): return (.characters, "")
        case ("v1", "characters", 3): return (.character, Query.decode(parts[2]))
        case ("v1", "balance", 2): return (.balance, "")
        default: return (.other, "")
        }
    }

    private mutating func respond(
        to request: APIRequest, _ endpoint: Endpoint, id: String, query: Query, fault: Fault?, at now: WorldTime
    ) -> Answer {
        let requestID = requestMint.next("req_", at: now, using: &requestChance)
        let version = request.version ?? Self.defaultVersion
        let bucketKey: WritableKeyPath<Team, TokenBucket> =
            endpoint == .characters || endpoint == .character ? \.characters : \.general
        let team = request.key.flatMap { keys[$0] }
        var answer: Answer
        do throws(APIError) {
            let name = try authenticate(request.key, bucketKey, at: now)
            guard Self.isVersion(version) else {
                throw .invalid("Aurous-Version", "Aurous-Version must look like 2026-05-15")
            }
            if case .status(let status, let code, let message, let retryAfter) = fault {
                throw .injected(status, code: code, message: message, retryAfter: retryAfter)
            }
            guard request.method == "GET" else { throw .notFound }
            answer = try get(endpoint, id: id, query: query, of: name, fault: fault, at: now)
        } catch {
            answer = .json(error.status, error.envelope(requestID: requestID))
            if let retryAfter = error.retryAfter { answer.headers.append(("Retry-After", retryAfter)) }
        }
        let bucket = team.flatMap { teams[$0.team]?[keyPath: bucketKey] } ?? anonymous
        answer.headers += [("Aurous-Request-Id", requestID)] + rateHeaders.headers(for: bucket, at: now)
        if Self.isVersion(version) { answer.headers.append(("Aurous-Version", version)) }
        return answer
    }

    /// The name of the key's team, after a request was taken out of its bucket.
    private mutating func authenticate(
        _ key: String?, _ bucketKey: WritableKeyPath<Team, TokenBucket>, at now: WorldTime
    ) throws(APIError) -> String {
        guard let key, !key.isEmpty else { throw .missingKey }
        guard let (name, state) = keys[key], teams[name] != nil else { throw .invalidKey }
        switch state {
        case .active: break
        case .withoutScope: throw .missingScope
        case .revoked: throw .revokedKey
        }
        guard teams[name]?.isRateLimited == true else { return name }
        guard teams[name]?[keyPath: bucketKey].take(at: now) == true else {
            throw .rateLimited(retryAfter: teams[name]?[keyPath: bucketKey].retryAfter ?? 1)
        }
        return name
    }

    private static func isVersion(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 10
            && bytes.enumerated().allSatisfy { index, byte in
                index == 4 || index == 7 ? byte == UInt8(ascii: "-") : (48...57).contains(byte)
            }
    }

    private mutating func get(
        _ endpoint: Endpoint, id: String, query: Query, of name: String, fault: Fault?, at now: WorldTime
    ) throws(APIError) -> Answer {
        teams[name]?.world.advance(to: now)
        guard let world = teams[name]?.world else { throw .invalidKey }
        switch endpoint {
        case .images:
            return try list(world.generations, anchor: try imagesAnchor(query), query: query, fault: fault)
        case .characters:
            let anchor = query["starting_after"].map { PageRequest.Anchor.startingAfter($0) } ?? .newest
            return try list(world.characters, anchor: anchor, query: query, fault: fault)
        case .image: return try single(world.generations[id])
        case .character: return try single(world.characters[id])
        case .balance: return .json(200, world.balance.json)
        case .other: throw .notFound
        }
    }

    private func imagesAnchor(_ query: Query) throws(APIError) -> PageRequest.Anchor {
        switch (query["starting_after"], query["ending_before"]) {
        case (nil, nil): return .newest
        case (let id?, nil): return .startingAfter(id)
        case (nil, let id?): return .endingBefore(id, newerOrder)
        case (.some, .some):
            throw .invalid("ending_before", "starting_after and ending_before exclude each other")
        }
    }

    private mutating func list(
        _ shelf: Shelf, anchor: PageRequest.Anchor, query: Query, fault: Fault?
    ) throws(APIError) -> Answer {
        guard let page = shelf.page(PageRequest(limit: try query.limit(), anchor: anchor)) else {
            let isNewer = if case .endingBefore = anchor { true } else { false }
            throw .invalid(isNewer ? "ending_before" : "starting_after", "The cursor names no resource of this team")
        }
        var draft = PageDraft(page)
        if let fault { draft.suffer(fault) }
        var answer = Answer(status: 200, headers: [("Content-Type", "application/json; charset=utf-8")])
        answer.body = draft.render(tokens: &tokens)
        return answer
    }

    private mutating func single(_ row: Shelf.Row?) throws(APIError) -> Answer {
        guard let row, !row.isHidden else { throw .notFound }
        var answer = Answer(status: 200, headers: [("Content-Type", "application/json; charset=utf-8")])
        row.item.emit(tokens: &tokens) { answer.body.writeBytes($0) }
        return answer
    }

    private static func apply(_ fault: Fault?, to answer: inout Answer) {
        switch fault {
        case .answer(let status, let contentType, let body):
            // A proxy knows nothing of request ids and buckets.
            answer = Answer(status: status, headers: [("Content-Type", contentType)], body: ByteBuffer(string: body))
        case .truncated(let count): answer.fate = .truncated(afterBytes: count)
        case .drip(let pause): answer.fate = .drip(pauseMilliseconds: pause)
        case .delay(let milliseconds): answer.fate = .delayed(milliseconds: milliseconds)
        case .hang: answer.fate = .never
        case .close: answer.fate = .closed
        case .status, .extraRows, .duplicateRow, .moreWithoutCursor, .nextCursor, nil: break
        }
    }
}
