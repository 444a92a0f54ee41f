import AurousAPI
import CEL
import Testing

@Suite(.timeLimit(.minutes(30))) struct `Any answer of the API` {
    private static let answers = [
        #"{"object":"list","data":[{"id":"img_1","status":"succeeded","created_at":"2026-05-04T10:00:00Z"}]}"#,
        #"""
        {"object":"list","data":[{"id":"img_1","status":"succeeded","prompt":"see https://x.y/z?a=b",
        "created_at":"2026-05-04T10:00:00Z","output_urls":["https://x.y/z?token=eyJ1","http://a/b#c"],"width":7,
        "cost":{"amount":1.5,"currency":"credit"},"loras":[{"id":"l","w":-0.25e2}],"seed":18446744073709551615},
        {"id":"img_2\u00e9\ud83d\ude00\n","status":"pending","error":null,"url":"https://x.y/2?t=1"}],
        "has_more":true,"next_cursor":"img_2"}
        """#,
        #"{"data":[5,null,[1,[2]],"t",{"status":"x"},{"id":7,"status":"x"},{"id":"a"},{"id":"b","status":{}}]}"#,
        #"{"data":[],"data":[{"id":"z","status":"x","id":"y"}],"has_more":"no","next_cursor":{}}"#,
        #"{"id":"chr_1","status":"reviewing","name":"Ada","created_at":null,"tags":["a","b"]}"#,
        "<html><body>502 Bad Gateway</body></html>", "",
    ]
    private static let tokens = [
        #""id":"#, #""status":"#, #""data":"#, #""has_more":"#, #""next_cursor":"#, #""created_at":"#, #"{"id":"a","#,
        #""status":"x"}"#, "[{", "}]", "},{", #"\u0000"#, #"\ud800"#, #"\udc00"#, #"\u00e9"#, #"\x"#, #"\""#,
        "https://a/?", "http://", "#", "?", "true", "false", "null", "1e5", "-", "{}", "[]",
    ]

    @Test func `is scanned into rows that are as the API wrote them, or refused`() async throws {
        try await Fuzzing.run("page", usually: 1500) { seed in
            var mutator = Mutator(seed: seed, texts: Self.answers, tokens: Self.tokens)
            let bytes = mutator.bytes()
            return Self.problem(ofList: bytes).map { "\($0)\nanswer: \(shown(bytes))" }
        }
    }

    @Test func `to a request by id is one row, one problem, or refused`() async throws {
        try await Fuzzing.run("resource", usually: 1500) { seed in
            var mutator = Mutator(seed: seed, texts: Self.answers, tokens: Self.tokens)
            let bytes = mutator.bytes()
            guard let page = try? PageScan.single(bytes) else { return nil }
            let problem = page.rows.count + page.problems.count == 1 && !page.hasMore ? nil : "is not one"
            return (problem ?? Self.problem(of: page)).map { "\($0)\nanswer: \(shown(bytes))" }
        }
    }

    @Test func `is known again only where it says the same`() async throws {
        try await Fuzzing.run("imprint", usually: 800) { seed in
            var mutator = Mutator(seed: seed, texts: Self.answers, tokens: Self.tokens)
            let first = mutator.bytes()
            guard let page = try? PageScan.list(first, imprints: true), let imprint = page.imprint else { return nil }
            var again = Mutator(seed: seed, corpus: [first], tokens: Self.tokens)
            for _ in 0..<20 {
                let second = again.bytes()
                guard imprint.matches(second) else { continue }
                let other = try? PageScan.list(second)
                if other.map(Self.content) != Self.content(page) {
                    return "takes one for the other\nanswer: \(shown(first))\nother: \(shown(second))"
                }
            }
            return nil
        }
    }

    private static func content(_ page: PageScan) -> [String] {
        page.rows.map { "\($0.id)|\($0.status)|\($0.createdAt ?? "-")|\($0.fingerprint)" }
            + ["\(page.hasMore)|\(page.nextCursor ?? "-")|\(page.problems)|\(page.isRepaired)"]
    }

    private static func problem(ofList bytes: [UInt8]) -> String? {
        let page: PageScan
        do throws(PageScanError) {
            page = try PageScan.list(bytes)
        } catch {
            return error == .notUTF8 ? "the scan does not repair it" : nil
        }
        guard let again = try? PageScan.list(page.bytes), again.rows.map(\.id) == page.rows.map(\.id),
            again.rows.map(\.fingerprint) == page.rows.map(\.fingerprint), again.problems == page.problems,
            again.hasMore == page.hasMore, again.nextCursor == page.nextCursor, !again.isRepaired
        else { return "is scanned otherwise the second time" }
        if let cursor = page.nextCursor, !(1...256).contains(cursor.utf8.count) { return "has a cursor of no length" }
        guard (try? JSON.parse(page.bytes.withoutMark, maximumDepth: 1000)) != nil else { return "is not JSON" }
        return problem(of: page)
    }

    private static func problem(of page: PageScan) -> String? {
        var last = -1
        for row in page.rows {
            guard row.position > last else { return "row \(row.position) comes after row \(last)" }
            last = row.position
            let body = Array(row.body)
            guard case .map(let members)? = try? JSON.parse(body, maximumDepth: 1000) else {
                return "the body of row \(row.position) is no object"
            }
            guard members["id"] == .string(row.id), members["status"] == .string(row.status) else {
                return "row \(row.position) is '\(row.id)', '\(row.status)', which its body is not"
            }
            if let createdAt = row.createdAt, members["created_at"] != .string(createdAt) {
                return "row \(row.position) was not created at '\(createdAt)'"
            }
            guard PageScan.idHash(of: row.id) == row.idHash, (1...256).contains(row.id.utf8.count) else {
                return "row \(row.position) has another id's hash"
            }
            guard let alone = try? PageScan.single(body).rows.first, alone.id == row.id,
                alone.status == row.status, alone.fingerprint == row.fingerprint
            else { return "row \(row.position) says something else when it stands alone" }
        }
        return page.problems.contains { $0.description.isEmpty } ? "a problem says nothing" : nil
    }
}

extension [UInt8] {
    /// Without the byte order mark, which the scanner skips and a strict parser does not.
    fileprivate var withoutMark: [UInt8] { starts(with: [0xEF, 0xBB, 0xBF]) ? Array(dropFirst(3)) : self }
}
