import Hummingbird

/// A request to `/_sim/…`.
struct ControlRequest: Sendable {
    var method: String
    var target: String
    var key: String?
    var body: [UInt8]
}

/// The HTTP face of the simulation itself, for users' own tests. It is no part of the Aurous API.
///
/// The team is that of `X-Api-Key`, or of `?team=NAME`, or the first.
/// - `POST /_sim/generations`, `POST /_sim/characters`: an object or an array of them, placed as they stand → 201.
/// - `PATCH /_sim/ID`: sets members of a resource → 200. `DELETE /_sim/ID[?soft=true]` → 204.
/// - `PATCH /_sim/balance`: `credits`, `held_credits`, `billing_mode` → 200.
/// - `POST /_sim/fault`: `{"fault": "status", "status": 503, "endpoint": "images", "times": 3}` → 204;
///   `DELETE /_sim/fault` forgets all.
/// - `GET /_sim/requests[?since=NUMBER]`: what arrived → 200.
enum ControlFace {
    static let bodyLimit = 64 << 20

    static func refusal(_ status: Int, _ message: String) -> Answer {
        .json(status, ["error": ["message": .string(message)]])
    }

    static func answer(_ request: ControlRequest, api: inout SimulatedAPI, at now: WorldTime) -> Answer {
        let path = request.target.prefix { $0 != "?" }
        let query = Query(request.target.dropFirst(path.count).dropFirst())
        guard let team = team(request, query, api) else { return refusal(404, "there is no such team") }
        api.teams[team]?.world.advance(to: now)
        let subject = Query.decode(path.dropFirst("/_sim/".count))
        do throws(JSONError) {
            switch (request.method, subject) {
            case ("POST", "generations"), ("POST", "characters"):
                return put(try SimulatedJSON(parsing: request.body), on: subject, team, &api)
            case ("GET", "requests"):
                return .json(200, requests(since: query["since"].flatMap { Int($0) } ?? 0, api))
            case ("POST", "fault"): return plan(try SimulatedJSON(parsing: request.body), query["team"], &api)
            case ("DELETE", "fault"):
                api.faults.clear()
                return Answer(status: 204)
            case ("PATCH", "balance"): return patchBalance(try SimulatedJSON(parsing: request.body), team, &api)
            case ("PATCH", _): return patch(subject, try SimulatedJSON(parsing: request.body), team, &api)
            case ("DELETE", _): return delete(subject, softly: query["soft"] == "true", team, &api)
            default: return refusal(404, "there is no such place; see auspex simulate --help")
            }
        } catch {
            return refusal(400, "the body is no JSON: \(error)")
        }
    }

    private static func team(_ request: ControlRequest, _ query: Query, _ api: SimulatedAPI) -> String? {
        if let name = query["team"] { return api.teams[name] == nil ? nil : name }
        if let key = request.key { return api.keys[key]?.team }
        return api.firstTeam
    }

    private static func put(
        _ body: SimulatedJSON, on list: String, _ team: String, _ api: inout SimulatedAPI
    ) -> Answer {
        let resources = body.elements ?? [body]
        guard resources.allSatisfy({ $0.members != nil }) else {
            return refusal(400, "an object or an array of objects was expected")
        }
        let stored = resources.compactMap { resource -> SimulatedJSON? in
            let id =
                list == "generations"
                ? api.teams[team]?.world.put(generation: resource) : api.teams[team]?.world.put(character: resource)
            return id.flatMap { api.teams[team]?.world.resource($0) }
        }
        return .json(201, body.elements == nil ? stored.first ?? nil : .array(stored))
    }

    private static func patch(
        _ id: String, _ body: SimulatedJSON, _ team: String, _ api: inout SimulatedAPI
    ) -> Answer {
        guard let members = body.members else { return refusal(400, "an object was expected") }
        let isKnown = api.teams[team]?.world.update(id) { resource in
            // Neither a resource's id nor its place in the list can change.
            for member in members where member.name != "id" { resource[member.name] = member.value }
        }
        guard isKnown == true else { return refusal(404, "there is no such resource") }
        return .json(200, api.teams[team]?.world.resource(id) ?? nil)
    }

    private static func delete(_ id: String, softly: Bool, _ team: String, _ api: inout SimulatedAPI) -> Answer {
        let isGone = softly ? api.teams[team]?.world.hide(id) : api.teams[team]?.world.remove(id)
        return isGone == true ? Answer(status: 204) : refusal(404, "there is no such resource")
    }

    private static func patchBalance(_ body: SimulatedJSON, _ team: String, _ api: inout SimulatedAPI) -> Answer {
        func hundredths(_ name: String) -> Int64? {
            // Beyond a million million credits, sums could overflow.
            body[name]?.number.flatMap { $0.magnitude < 1e12 ? Int64(exactly: ($0 * 100).rounded()) : nil }
        }
        if let credits = hundredths("credits") { api.teams[team]?.world.balance.creditHundredths = credits }
        if let held = hundredths("held_credits") { api.teams[team]?.world.balance.heldHundredths = held }
        if let mode = body["billing_mode"]?.text { api.teams[team]?.world.balance.billingMode = mode }
        return .json(200, api.teams[team]?.world.balance.json ?? nil)
    }

    private static func plan(_ body: SimulatedJSON, _ team: String?, _ api: inout SimulatedAPI) -> Answer {
        var endpoint: Endpoint?
        if let name = body["endpoint"]?.text {
            guard let known = Endpoint(rawValue: name) else {
                let names = Endpoint.allCases.map(\.rawValue).joined(separator: ", ")
                return refusal(400, "endpoint must be one of \(names)")
            }
            endpoint = known
        }
        guard let fault = Fault(body) else { return refusal(400, "fault must be one of \(Fault.names)") }
        let times = Int(clamping: body["times"]?.integer ?? 1)
        api.faults.add(fault, endpoint: endpoint, team: team, times: times)
        return Answer(status: 204)
    }

    private static func requests(since number: Int, _ api: SimulatedAPI) -> SimulatedJSON {
        .array(
            api.records.filter { $0.number >= number }.map { record in
                [
                    "number": .int(Int64(record.number)),
                    "time": .string(record.time.description),
                    "method": .string(record.method),
                    "target": .string(record.target),
                    "endpoint": .string(record.endpoint.rawValue),
                    "team": record.team.map { .string($0) } ?? nil,
                    "status": .int(Int64(record.status)),
                ]
            })
    }
}

extension Fault {
    static let names = """
        status, html, empty, truncated, drip, hang, delay, close, malformed_rows, duplicate_row, \
        more_without_cursor, next_cursor
        """

    /// As the control face spells it; nil for an unknown name.
    init?(_ body: SimulatedJSON) {
        let status = Int(clamping: body["status"]?.integer ?? 503)
        let milliseconds = min(3_600_000, max(0, body["milliseconds"]?.integer ?? 1_000))
        switch body["fault"]?.text {
        case "status":
            let retryAfter = body["retry_after"].flatMap { $0.text ?? $0.integer.map { String($0) } }
            let usual = status == 429 ? "too_many_requests" : "internal_error"
            self = .status(status, code: body["code"]?.text ?? usual, retryAfter: retryAfter)
        case "html": self = .html(status)
        case "empty": self = .empty(status)
        case "truncated": self = .truncated(afterBytes: Int(clamping: max(0, body["bytes"]?.integer ?? 100)))
        case "drip": self = .drip(pauseMilliseconds: milliseconds)
        case "hang": self = .hang
        case "delay": self = .delay(milliseconds: milliseconds)
        case "close": self = .close
        case "malformed_rows": self = .malformedRows
        case "duplicate_row": self = .duplicateRow
        case "more_without_cursor": self = .moreWithoutCursor
        case "next_cursor": self = .nextCursor(body["cursor"]?.text ?? "zzz_unknown")
        default: return nil
        }
    }
}
