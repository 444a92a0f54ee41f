import SimulatedAurous
import Testing

@Suite struct `Values of the simulation` {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-05-04T10:00:14.820Z", 1_777_888_814_820),
            ("2024-02-29T23:59:59.001Z", 1_709_251_199_001), ("1969-12-31T23:59:59.999Z", -1),
            ("2000-03-01T00:00:00Z", 951_868_800_000),
        ] as [(String, Int64)])
    func `write and read times`(text: String, milliseconds: Int64) {
        #expect(WorldTime(text)?.milliseconds == milliseconds)
        #expect(WorldTime(milliseconds: milliseconds).description == text)
    }

    @Test func `read times with other offsets and finer fractions`() {
        let expected = WorldTime("2026-05-04T10:00:00.123Z")
        #expect(WorldTime("2026-05-04T12:30:00.123456789+02:30") == expected)
        #expect(WorldTime("2026-05-04 05:00:00.1239-05:00") == expected)
    }

    @Test(arguments: ["", "2026-05-04", "2026-13-04T10:00:00Z", "2026-05-04T10:00:00", "2026-05-04T10:00:00.Z", "now"])
    func `refuse what is no time`(text: String) { #expect(WorldTime(text) == nil) }

    @Test(arguments: [
        #"{"a":[1,-2,2.5,true,false,null],"b":{"c":"\"\\\n\r\t\u0001"},"a":"é🌧"}"#, "[]", "{}", #""""#,
        "9223372036854775807",
    ])
    func `keep JSON as it was`(text: String) throws {
        #expect(try SimulatedJSON(parsing: text).serialized == text)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\"}", "tru", "01x", "\"a", "\"\\q\"", "\"\\u12\"", "1 2", "\"\n\"", "+1", "nan",
        String(repeating: "[", count: 100_000),
    ])
    func `refuse what is no JSON`(text: String) {
        #expect(throws: JSONError.self) { try SimulatedJSON(parsing: text) }
    }

    @Test func `read escaped surrogates as one character, and lone ones as its replacement`() throws {
        #expect(try SimulatedJSON(parsing: #""\ud83c\udf27""#) == "🌧")
        #expect(try SimulatedJSON(parsing: #""\ud83cx""#) == "\u{FFFD}x")
    }

    @Test func `mint ids that grow with time and within a millisecond`() {
        var mint = IdentifierMint()
        var chance = Chance(seed: 3)
        let ids = (0..<2000).map { index in
            mint.next("img_", at: ManualClock.start.adding(milliseconds: Int64(index / 100)), using: &chance)
        }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.wholeMatch(of: /img_[0-9A-HJKMNP-TV-Z]{26}/) != nil })
    }
}
