import AurousAPI
import CEL
import Core
import TestSupport
import Testing

@Suite struct `The paths that changed` {
    private func paths(_ old: String, _ new: String) throws -> [String] {
        ResourceDiff.changedPaths(from: try JSON.parse(old), to: try JSON.parse(new))
    }

    @Test func `name members of objects, in the newer state's order and then what is gone`() throws {
        let old = #"{"id":"a","cost":{"amount":1,"currency":"c"},"width":7,"seed":1}"#
        let new = #"{"id":"a","status":"x","cost":{"currency":"d","amount":2}}"#
        #expect(try paths(old, new) == ["status", "cost.currency", "cost.amount", "width", "seed"])
    }

    @Test func `name a list as a whole`() throws {
        #expect(try paths(#"{"refs":[{"a":1},{"b":2}]}"#, #"{"refs":[{"a":1},{"b":3}]}"#) == ["refs"])
        #expect(try paths(#"{"refs":[1,2]}"#, #"{"refs":[2,1]}"#) == ["refs"])
    }

    @Test(arguments: [
        (#"{"a":null}"#, "{}"), (#"{"a":{"b":null}}"#, #"{"a":{}}"#), (#"{"a":2}"#, #"{"a":2.0}"#),
        (#"{"a":20}"#, #"{"a":2e1}"#), (#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#), (#"{"a":"\u0041"}"#, #"{"a":"A"}"#),
        (#"{"a":-0.0}"#, #"{"a":0}"#), (#"{"a":18446744073709551615}"#, #"{"a":18446744073709551615}"#),
        (#"{"u":"https://x/y?t=1"}"#, #"{"u":"https://x/y?t=2"}"#),
        (#"{"u":["https://x/y#1"]}"#, #"{"u":["https://x/y"]}"#),
    ])
    func `are none where the same is spelt in another way`(old: String, new: String) throws {
        #expect(try paths(old, new) == [])
        #expect(ResourceDiff.isSame(Array(old.utf8), Array(new.utf8)))
    }

    @Test(arguments: [
        (#"{"a":0}"#, "{}"), (#"{"a":false}"#, "{}"), (#"{"a":""}"#, "{}"), (#"{"a":{}}"#, "{}"), (#"{"a":[]}"#, "{}"),
        (#"{"a":2}"#, #"{"a":"2"}"#), (#"{"a":1}"#, #"{"a":true}"#), (#"{"a":[null]}"#, #"{"a":[]}"#),
        (#"{"a":9007199254740993}"#, #"{"a":9007199254740992}"#),
        (#"{"a":"https://x/y?t=1"}"#, #"{"a":"https://x/z?t=1"}"#),
        (#"{"a":"see https://x/y?t=1"}"#, #"{"a":"see https://x/y?t=2"}"#),
        (#"{"prompt":"https://x/y?t=1"}"#, #"{"prompt":"https://x/y?t=2"}"#),
        (#"{"a":"https://x/y z?t=1"}"#, #"{"a":"https://x/y z?t=2"}"#), (#"{"a":"\u00e9"}"#, #"{"a":"e\u0301"}"#),
    ])
    func `are some where it is another`(old: String, new: String) throws {
        #expect(try paths(old, new).count == 1)
        #expect(try paths(new, old).count == 1)
    }

    /// The fingerprint decides whether a resource changed, the diff says where; they may never disagree.
    @Test(arguments: 1...300)
    func `are none exactly where the page's fingerprints are equal`(seed: UInt64) throws {
        var chance = SeededRandom(seed: seed)
        let old = RandomJSON.resource(using: &chance)
        let new = chance.oneIn(3) ? RandomJSON.resource(using: &chance) : RandomJSON.changed(old, using: &chance)
        let spellings = [RandomJSON.spell(old, using: &chance), RandomJSON.spell(new, using: &chance)]
        let prints = try spellings.map { text in
            try #require(try PageScan.single(Array(text.utf8)).rows.first, "\(text)").fingerprint
        }
        let changed = try paths(spellings[0], spellings[1])
        #expect(changed.isEmpty == (prints[0] == prints[1]), "\(spellings) \(changed)")
    }
}

/// Random JSON as the API might send it, and other spellings of the same.
enum RandomJSON {
    indirect enum Value {
        case null
        case bool(Bool)
        case number(Int64)
        case fraction(Double)
        case text(String)
        case list([Value])
        case object([(String, Value)])
    }

    private static let names = ["a", "b", "prompt", "name", "url", "cost", "é", "a.b", ""]
    private static let texts = [
        "", "x", "é", "e\u{301}", "https://h/p?t=1", "https://h/p?t=2", "https://h/p#f", "http://h/p",
        "https://h/p q?x",
        "https://h/p\n?x", "HTTPS://h/p?t=1", "https://", "2", "line\nbreak \"quoted\" \\ \u{2028}", "😀",
    ]

    static func resource(using chance: inout SeededRandom) -> Value {
        .object([("id", .text("img_1")), ("status", .text("failed"))] + members(depth: 0, using: &chance))
    }

    static func changed(_ value: Value, using chance: inout SeededRandom) -> Value {
        guard case .object(var members) = value, members.count > 2, !chance.oneIn(4) else { return value }
        let index = Int.random(in: 2..<members.count, using: &chance)
        if chance.oneIn(3) { members.remove(at: index) } else { members[index].1 = any(depth: 1, using: &chance) }
        return .object(members)
    }

    private static func members(depth: Int, using chance: inout SeededRandom) -> [(String, Value)] {
        names.shuffled(using: &chance).prefix(Int.random(in: 0...4, using: &chance)).map {
            ($0, any(depth: depth + 1, using: &chance))
        }
    }

    private static func any(depth: Int, using chance: inout SeededRandom) -> Value {
        switch Int.random(in: 0..<(depth > 3 ? 5 : 7), using: &chance) {
        case 0: .null
        case 1: .bool(chance.oneIn(2))
        case 2: .number(chance.pick([0, 1, -1, 2, 100, .max, .min, 9_007_199_254_740_993]))
        case 3: .fraction(chance.pick([0, -0.0, 1, 2.5, 1e300, 9_007_199_254_740_992, 1e-7]))
        case 4: .text(chance.pick(texts))
        case 5: .list((0..<Int.random(in: 0...3, using: &chance)).map { _ in any(depth: depth + 1, using: &chance) })
        default: .object(members(depth: depth, using: &chance))
        }
    }

    /// One of the ways to write it: members in another order, nulls added, numbers and texts spelt otherwise.
    static func spell(_ value: Value, using chance: inout SeededRandom) -> String {
        switch value {
        case .null: return "null"
        case .bool(let bool): return "\(bool)"
        case .number(let number):
            return abs(Double(number)) < 1e6 && chance.oneIn(2)
                ? chance.pick(["\(number).0", "\(number)e0"]) : "\(number)"
        case .fraction(let number): return "\(number)"
        case .text(let text): return spell(text, using: &chance)
        case .list(let items): return "[" + items.map { spell($0, using: &chance) }.joined(separator: " , ") + "]"
        case .object(var members):
            if chance.oneIn(2) { members.append(("nothing", .null)) }
            members.shuffle(using: &chance)
            let written = members.map { "\(spell($0.0, using: &chance)): \(spell($0.1, using: &chance))" }
            return "{" + written.joined(separator: ",") + "}"
        }
    }

    private static func spell(_ text: String, using chance: inout SeededRandom) -> String {
        let escapesAll = chance.oneIn(4)
        var result = "\""
        for unit in text.utf16 {
            if escapesAll || unit < 0x20 || unit == 0x22 || unit == 0x5C || unit > 0x7E {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                result.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            }
        }
        return result + "\""
    }
}
