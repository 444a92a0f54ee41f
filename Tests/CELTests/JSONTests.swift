import CEL
import Testing

@Suite struct `A JSON document` {
    static let documents: [(String, String)] = [
        ("null", "null"), (" [1, 2.0, -0.5, 1e2] ", "[1, 2.0, -0.5, 100.0]"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9223372036854775808u"), ("18446744073709551616", "1.8446744073709552e+19"),
        ("-9223372036854775809", "-9.223372036854776e+18"),
        (#"{"a": {"b": [true, false, null]}}"#, #"{"a": {"b": [true, false, null]}}"#),
        (#"{"a": 1, "b": 2, "a": 3}"#, #"{"a": 3, "b": 2}"#), (#""\u00e9\ud83d\ude00\n""#, #""é😀\n""#),
        (#"["\ud800", "\udc00x", "\ud800\ud800", "\\ud800"]"#, #"["�", "�x", "��", "\\ud800"]"#), (#""""#, #""""#),
        ("[]", "[]"), ("{}", "{}"),
    ]

    @Test(arguments: documents)
    func `keeps kinds and order`(text: String, literal: String) throws {
        #expect(try JSON.parse(text).literal == literal)
    }

    static let broken: [String] = [
        "", " ", "{", "[1,]", "{\"a\":1,}", "01", "+1", ".5", "1.", "NaN", "Infinity", "'a'", "\"\t\"", "\"\\x\"",
        "nul", "1 2",
        "// a", "[1}", "{\"a\"}", "{1: 2}", "\u{FEFF}1 2", "\"abc", String(repeating: "[", count: 100_000),
    ]

    @Test(arguments: broken)
    func `that is broken is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSON.parse(text) }
    }

    @Test func `keeps a number that no double holds as the text of itself`() throws {
        let value = try JSON.parse(#"{"a": 1e400, "b": -1e999, "c": [1e5], "d": "1e400"}"#)
        #expect(value.literal == #"{"a": "1e400", "b": "-1e999", "c": [100000.0], "d": "1e400"}"#)
    }

    @Test func `that is not UTF-8 is refused`() {
        #expect(throws: JSONError.self) { try JSON.parse([0x22, 0xFF, 0x22]) }
        #expect(throws: JSONError.self) { try JSON.parse([0x22, 0xC0, 0x80, 0x22]) }
    }

    @Test func `is nested only so deep`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: JSONError.self) { try JSON.parse(nested(200)) }
        #expect(throws: JSONError.self) { try JSON.parse(nested(20), maximumDepth: 10) }
        #expect(try JSON.parse(nested(100)).literal == nested(100))
    }

    @Test func `is written compact, with kinds kept`() throws {
        let value = CELValue.map(
            CELMap([
                ("a", [.int(1), .uint(2), .double(3), .null, true]), ("t", Sample.time("2026-05-04T10:00:15.120Z")),
                ("d", .duration(CELDuration(milliseconds: 1_500))), ("b", .bytes([104, 105])), ("n", .double(.nan)),
            ]))
        #expect(
            JSON.serialize(value)
                == #"{"a":[1,2,3.0,null,true],"t":"2026-05-04T10:00:15.120Z","d":"1.5s","b":"aGk=","n":"NaN"}"#)
    }

    @Test func `is safe inside HTML and JavaScript`() throws {
        let text = "</script>\u{2028}\u{2029}\u{0}\"\\\u{1F600}\u{A8}"
        let written = JSON.serialize(.string(text))
        #expect(written == #""\u003c/script>\u2028\u2029\u0000\"\\😀¨""#)
        #expect(try JSON.parse(written) == .string(text))
    }

    @Test func `of a record leaves out what is absent`() throws {
        let written = JSON.serialize(.record(Sample.record))
        #expect(written.contains(#""completed_at":null"#))
        #expect(!written.contains("seed"))
    }
}
