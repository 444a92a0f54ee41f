import AurousAPI
import TestSupport
import Testing

@Suite struct `An imprint of a page` {
    private static let row = #"""
        {"id":"img_1","status":"succeeded","prompt":"see https://x.y/z?a=b","created_at":"2026-05-04T10:00:00Z",
        "output_urls":["https://x.y/z?token=eyJ1","http://a/b#c"],"name":"https://x.y/z?a=b","width":7}
        """#
    private static let text = page(#""has_more":true,"next_cursor":"https://c/?cursor=1""#)

    private static func page(_ more: String, row: String = row) -> String {
        #"{"object":"list","data":[\#(row),{"id":"img_2","status":"pending","url":"https://x.y/2?t=1"}],\#(more)}"#
    }

    private func imprint(_ text: String = text) throws -> PageImprint {
        try #require(try PageScan.list(Array(text.utf8), imprints: true).imprint)
    }

    private func matches(_ old: String, _ new: String) throws -> Bool {
        let changed = Self.text.replacing(old, with: new)
        #expect(changed != Self.text)
        return try imprint().matches(Array(changed.utf8))
    }

    @Test func `knows the page again`() throws { #expect(try imprint().matches(Array(Self.text.utf8))) }

    @Test(arguments: [
        ("?token=eyJ1", "?token=eyJhbGciOiJIUzI1NiJ9.longer"), ("?token=eyJ1", "?"), ("b#c", "b#d"), ("b#c", "b?c"),
        ("/2?t=1", "/2?t=2"),
    ])
    func `does not mind the tokens of signed addresses`(old: String, new: String) throws {
        #expect(try matches(old, new))
    }

    @Test(arguments: [
        ("https://x.y/z?token", "https://x.y/w?token"), ("z?token=eyJ1", "z"), ("?token=eyJ1", #"?token=e\nJ1"#),
        ("?token=eyJ1", "?token=e J1"), ("?token=eyJ1", "?token=é"), ("see https://x.y/z?a=b", "see https://x.y/z?a=c"),
        (#""name":"https://x.y/z?a=b""#, #""name":"https://x.y/z?a=c""#), ("pending", "failed"),
        ("cursor=1", "cursor=2"),
        (#""has_more":true"#, #""has_more":false"#), ("\"width\":7", "\"width\":8"), ("img_1", "img_3"),
        ("?token=eyJ1\",", "?token=eyJ1\",\"https://x.y/3?u\","), ("?token=eyJ1\"", "?token=eyJ1"),
    ])
    func `does not take another page for it`(old: String, new: String) throws {
        #expect(try !matches(old, new))
    }

    @Test func `counts a URL whole where it is an id, a status or a time`() throws {
        let odd =
            #"{"data":[{"id":"https://a/?1","status":"https://a/?2","created_at":"https://a/?3"}],"has_more":false}"#
        let known = try imprint(odd)
        for (old, new) in [("?1", "?9"), ("?2", "?9"), ("?3", "?9")] {
            #expect(!known.matches(Array(odd.replacing(old, with: new).utf8)), "\(old)")
        }
    }

    @Test func `is not made of a page that has problems, that had to be repaired, or that nobody asks of`() throws {
        #expect(try PageScan.list(Array(Self.page(#""has_more":false"#, row: "5").utf8), imprints: true).imprint == nil)
        #expect(try PageScan.list(Array(Self.text.utf8)).imprint == nil)
        var broken = Array(Self.text.utf8)
        let place = try #require(broken.firstRange(of: Array("see".utf8))).lowerBound
        broken[place] = 0xFF
        let repaired = try PageScan.list(broken, imprints: true)
        #expect(repaired.isRepaired)
        #expect(repaired.imprint == nil)
    }

    @Test func `never matches what a scan would read otherwise`() throws {
        var random = SeededRandom(seed: 11)
        let original = Array(Self.text.utf8)
        let known = try PageScan.list(original, imprints: true)
        let imprint = try #require(known.imprint)
        let alphabet = Array(#""\{}[]:,?#/&=%eyJ1 \#u{0}\#u{7F}é"#.utf8)
        var matched = 0
        for _ in 0..<100_000 {
            var bytes = original
            for _ in 0..<random.pick([1, 1, 2, 3]) {
                let place = Int.random(in: bytes.indices, using: &random)
                switch random.pick([0, 1, 2]) {
                case 0: bytes[place] = random.pick(alphabet)
                case 1: bytes.insert(random.pick(alphabet), at: place)
                default: bytes.remove(at: place)
                }
            }
            guard imprint.matches(bytes) else { continue }
            matched += 1
            let read = try PageScan.list(bytes)
            #expect(read.rows.map(\.id) == known.rows.map(\.id))
            #expect(read.rows.map(\.status) == known.rows.map(\.status))
            #expect(read.rows.map(\.createdAt) == known.rows.map(\.createdAt))
            #expect(read.rows.map(\.fingerprint) == known.rows.map(\.fingerprint))
            #expect(read.hasMore == known.hasMore && read.nextCursor == known.nextCursor)
            #expect(read.problems.isEmpty && !read.isRepaired)
        }
        #expect(matched > 100, "too few changes fell into a token")
    }
}
