/// Where a request goes, as far as faults, buckets and records distinguish.
package enum Endpoint: String, CaseIterable, Sendable {
    case images, image, characters, character, balance
    /// Any other path.
    case other
}

/// Something that goes wrong with one answer.
package enum Fault: Sendable {
    /// An answer in the API's own envelope.
    case status(Int, code: String, message: String = "Injected fault", retryAfter: String? = nil)
    /// An answer of any kind, such as a proxy's.
    case answer(Int, contentType: String, body: String)
    /// The right answer, cut off after so many bytes although its length was announced, and the connection closed.
    case truncated(afterBytes: Int)
    /// The head of the right answer, then its body a byte at a time with a pause between, for as long as it takes.
    case drip(pauseMilliseconds: Int64)
    /// No answer, until the client or the server gives up.
    case hang
    /// The right answer after so long.
    case delay(milliseconds: Int64)
    /// The connection is closed instead of an answer.
    case close
    /// Rows that stand in front of a page's own, whatever they are.
    case extraRows([SimulatedJSON])
    /// A page repeats its first row at its end.
    case duplicateRow
    /// A page that says that there is more, but not where.
    case moreWithoutCursor
    /// A page whose next cursor is this, and that says that there is more.
    case nextCursor(String)

    /// A proxy's page in HTML.
    package static func html(_ status: Int) -> Fault {
        .answer(status, contentType: "text/html", body: "<html><body><h1>\(status)</h1><hr>nginx</body></html>")
    }

    /// An answer of no bytes.
    package static func empty(_ status: Int) -> Fault { .answer(status, contentType: "application/json", body: "") }

    /// Rows that nothing can be made of, among them one that has an id: no id, an id that is a number, a status that
    /// is a number, a string, null.
    package static let malformedRows = Fault.extraRows([
        ["status": "succeeded"], ["id": 7, "status": "failed"], ["id": "img_malformed", "status": 9], "a row", nil,
    ])

    /// What one 429 looks like; it need not mean that the bucket is empty.
    package static func rateLimited(retryAfter: String?) -> Fault {
        .status(429, code: "too_many_requests", message: "Too many requests", retryAfter: retryAfter)
    }
}

/// The faults to come.
struct FaultPlan: Sendable {
    private struct Entry: Sendable {
        var fault: Fault
        var endpoint: Endpoint?
        var team: String?
        var timesLeft: Int
    }

    private var entries: [Entry] = []
    /// Asked for each request that no planned fault meets.
    var rule: (@Sendable (RequestRecord) -> Fault?)?

    mutating func add(_ fault: Fault, endpoint: Endpoint?, team: String?, times: Int) {
        guard times > 0 else { return }
        entries.append(Entry(fault: fault, endpoint: endpoint, team: team, timesLeft: times))
    }

    mutating func clear() {
        entries = []
        rule = nil
    }

    /// The first planned fault that fits the request, used up by it.
    mutating func fault(for request: RequestRecord) -> Fault? {
        let index = entries.firstIndex { entry in
            (entry.endpoint == nil || entry.endpoint == request.endpoint)
                && (entry.team == nil || entry.team == request.team)
        }
        guard let index else { return rule?(request) }
        let fault = entries[index].fault
        entries[index].timesLeft -= 1
        if entries[index].timesLeft == 0 { entries.remove(at: index) }
        return fault
    }
}

/// A request that arrived, and what became of it.
package struct RequestRecord: Sendable {
    /// Counted from 0 over the life of the server object.
    package var number: Int
    /// When it was answered, by the server's clock.
    package var time: WorldTime
    package var method: String
    /// Path and query as sent.
    package var target: String
    /// Where it went.
    package var endpoint: Endpoint
    /// The key as sent, nil without one.
    package var key: String?
    /// The team of a good key.
    package var team: String?
    /// The status answered, 0 where the answer had none.
    package var status: Int
}
