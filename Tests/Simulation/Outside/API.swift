import Core
import TestSupport
import Transport

/// The watched API: honest about the team, as far as its weather lets it.
// Safe because only the thread that drives the story touches it.
final class API: @unchecked Sendable {
    enum Weather: String, CaseIterable {
        case fair
        /// Errors, pages of proxies, broken and empty bodies.
        case noisy
        /// Rows doubled, missing and of a moment ago; cursors that lead nowhere.
        case lying
        /// No answer at all, or only to some.
        case dead
        /// 429, with and without a time.
        case limiting
        /// The key is refused.
        case refusing
    }

    final class Request {
        let sent: Kernel.Time
        let at: Kernel.Time
        let kind: EndpointClass
        let life: Int
        let status: Int
        /// Seconds that the asker is to wait, where it was told so.
        let patience: Double?
        /// When the answer arrived.
        var heard: Kernel.Time?

        init(sent: Kernel.Time, at: Kernel.Time, kind: EndpointClass, life: Int, status: Int, patience: Double?) {
            self.sent = sent
            self.at = at
            self.kind = kind
            self.life = life
            self.status = status
            self.patience = patience
        }
    }

    struct Character {
        /// The most rows of a page, whatever was asked for.
        var pageSize = 100
        /// Requests in the team's full buckets.
        var burst = 1200
        var tellsLimits = true
        /// What a dead cursor is answered with.
        var deadCursor = 400
        /// A little ahead of, or behind, the true time.
        var clock: Kernel.Time = 0
    }

    static let address = "http://127.0.0.1:1"

    let team: Team
    let character: Character
    private let kernel: Kernel
    var weather = Weather.fair
    private(set) var requests: [Request] = []
    private var tokens: [EndpointClass: Double]
    private var filledAt: [EndpointClass: Kernel.Time] = [:]

    init(team: Team, character: Character, kernel: Kernel) {
        self.team = team
        self.character = character
        self.kernel = kernel
        tokens = Dictionary(
            EndpointClass.allCases.map { ($0, API.burst($0, character)) }, uniquingKeysWith: { first, _ in first })
    }

    /// The sizes and rates of the API's pages, made smaller by the story.
    static func burst(_ kind: EndpointClass, _ character: Character) -> Double {
        Double(character.burst) / (kind == .characters ? 5 : 1)
    }
    static func perSecond(_ kind: EndpointClass, _ character: Character) -> Double { burst(kind, character) / 120 }

    /// An answer, with what it says of which resource once somebody reads it.
    struct Answer {
        var response: HTTPResponse?
        var says: [(thing: Team.Thing, state: Team.State)] = []
        var request: Request?
    }

    /// The team's own application takes some of the bucket.
    func drink(_ count: Double, _ kind: EndpointClass) {
        refill(kind)
        tokens[kind] = max(0, (tokens[kind] ?? 0) - count)
    }

    /// Answers, or does not.
    func answer(_ request: HTTPRequest, sent: Kernel.Time, life: Int) -> Answer {
        let target = request.url.dropFirst(API.address.count)
        let kind: EndpointClass = target.hasPrefix("/v1/characters") ? .characters : .general
        refill(kind)
        var answer = weather == .dead && !kernel.chance.oneIn(5) ? Answer() : reply(target, kind)
        if answer.response != nil, weather != .fair { spoil(&answer, kind) }
        let patience = answer.response?.first(named: "Retry-After").flatMap(Double.init)
        let record = Request(
            sent: sent, at: kernel.now, kind: kind, life: life, status: answer.response?.status ?? 0, patience: patience
        )
        requests.append(record)
        answer.request = record
        kernel.note("api \(target) -> \(answer.response?.status ?? 0) \(answer.says.count)")
        return answer
    }

    private func refill(_ kind: EndpointClass) {
        let since = (kernel.now - (filledAt[kind] ?? 0)).inSeconds
        let full = API.burst(kind, character)
        tokens[kind] = min(full, (tokens[kind] ?? full) + since * API.perSecond(kind, character))
        filledAt[kind] = kernel.now
    }

    private func reply(_ target: Substring, _ kind: EndpointClass) -> Answer {
        guard (tokens[kind] ?? 0) >= 1 else { return problem(429, kind, retryAfter: "1") }
        tokens[kind, default: 0] -= 1
        let parts = target.split(separator: "?")
        let names = parts[0].split(separator: "/")
        if names[1] == "balance" { return single(team.balance, kind) }
        let resource: ResourceKind = kind == .characters ? .character : .generation
        if names.count > 2 {
            guard let thing = team.things[String(names[2])] else { return problem(404, kind) }
            return single(thing, kind)
        }
        let cursor = parts.last?.split(separator: "&").first { $0.hasPrefix("starting_after=") }
        return list(resource, after: cursor.map { String($0.dropFirst(15)) }, kind)
    }

    private func single(_ thing: Team.Thing, _ kind: EndpointClass) -> Answer {
        let state = thing.states[thing.states.count - 1]
        guard state.status != nil else {
            var answer = problem(404, kind)
            answer.says = [(thing, state)]
            return answer
        }
        return Answer(response: respond(200, state.json, kind), says: [(thing, state)])
    }

    private func list(_ resource: ResourceKind, after cursor: String?, _ kind: EndpointClass) -> Answer {
        guard let (things, more) = team.rows(resource, after: cursor, limit: character.pageSize) else {
            return problem(character.deadCursor, kind)
        }
        var rows = things.map { ($0, $0.states[$0.states.count - 1]) }
        var (hasMore, next) = (more, more ? things.last?.id : nil)
        if weather == .lying, kernel.chance.oneIn(3) { lie(&rows, &hasMore, &next) }
        let data = rows.map(\.1.json).joined(separator: ",")
        let cursor = next.map { "\"\($0)\"" } ?? "null"
        let body = "{\"object\":\"list\",\"data\":[\(data)],\"has_more\":\(hasMore),\"next_cursor\":\(cursor)}"
        return Answer(response: respond(200, body, kind), says: rows)
    }

    private func lie(_ rows: inout [(Team.Thing, Team.State)], _ hasMore: inout Bool, _ next: inout String?) {
        switch Int.random(in: 0..<7, using: &kernel.chance) {
        case 0: if let first = rows.first { rows.append(first) }
        case 1: if !rows.isEmpty { rows.remove(at: Int.random(in: rows.indices, using: &kernel.chance)) }
        case 2: (hasMore, next) = (true, nil)
        case 3: (rows, hasMore, next) = ([], true, "img_nobody")
        case 4: (hasMore, next) = (true, rows.first?.0.id)
        case 5: (hasMore, next) = (true, "char_nobody")
        default:
            // As it was a moment ago.
            guard let place = rows.indices.randomElement(using: &kernel.chance), rows[place].0.states.count > 1 else {
                return
            }
            rows[place].1 = rows[place].0.states[rows[place].0.states.count - 2]
        }
    }

    /// What the way back makes of an answer.
    private func spoil(_ answer: inout Answer, _ kind: EndpointClass) {
        switch weather {
        case .fair, .lying, .dead: return
        case .noisy:
            if !kernel.chance.oneIn(3) { garble(&answer, kind) }
        case .limiting:
            if kernel.chance.oneIn(3) { answer = problem(429, kind, retryAfter: kernel.chance.pick(["7", "2", nil])) }
        case .refusing: answer = problem(kernel.chance.pick([401, 403]), kind)
        }
    }

    private func garble(_ answer: inout Answer, _ kind: EndpointClass) {
        guard let whole = answer.response else { return }
        switch Int.random(in: 0..<5, using: &kernel.chance) {
        case 0:
            let status = kernel.chance.pick([500, 502, 503, 504])
            answer = problem(status, kind, retryAfter: kernel.chance.oneIn(3) ? "3" : nil)
        case 1:
            let fields = [HeaderField("Content-Type", "text/html")]
            answer = Answer(response: HTTPResponse(status: 200, headerFields: fields, body: Array("<html>".utf8)))
        case 2: answer = Answer(response: HTTPResponse(status: 200))
        case 3:
            let half = Array(whole.body.prefix(whole.body.count / 2))
            answer = Answer(response: HTTPResponse(status: whole.status, body: half))
        default: answer = Answer()
        }
    }

    private func problem(_ status: Int, _ kind: EndpointClass, retryAfter: String? = nil) -> Answer {
        Answer(
            response: respond(
                status, #"{"error":{"type":"t","code":"c","message":"m"}}"#, kind,
                retryAfter.map { [HeaderField("Retry-After", $0)] } ?? []))
    }

    private func respond(_ status: Int, _ body: String, _ kind: EndpointClass, _ more: [HeaderField] = [])
        -> HTTPResponse
    {
        var fields = more + [HeaderField("Content-Type", "application/json")]
        if character.tellsLimits {
            fields.append(HeaderField("X-RateLimit-Limit", "\(Int(API.burst(kind, character)))"))
            fields.append(HeaderField("X-RateLimit-Remaining", "\(Int(tokens[kind] ?? 0))"))
        }
        return HTTPResponse(status: status, headerFields: fields, body: Array(body.utf8))
    }
}
