import AurousAPI
import Testing

private func fingerprint(_ members: String) throws -> UInt64 {
    try single(#"{"id":"a","status":"x",\#(members)}"#).fingerprint
}

@Suite struct `A fingerprint` {
    /// The value was computed from the rule's words alone by another program in another language. Databases hold such
    /// values: should this fail, the rule has changed, and `CPAGE_FINGERPRINT_VERSION` must be raised.
    @Test func `is what the written rule says, on every machine and in every version`() throws {
        let row = #"""
            {"id":"img_1","status":"succeeded","prompt":"see https://x.y/z?a=b","name":"https://x.y/z?a=b",
            "output_urls":["https://x.y/z?token=1#f","http://a/#b"],
            "cost":{"amount":2.0,"breakdown":{"base":-1,"x":0.1}},
            "big":18446744073709551615,"n":[null,true,false,-9223372036854775808,1e300],
            "none":null,"é\n":"😀","empty":{}}
            """#
        #expect(PageScan.fingerprintVersion == 1)
        #expect(try single(row).fingerprint == 0xfde2_27ba_da48_e269)
    }

    @Test(arguments: [
        (#""a":1,"b":"x""#, #""b" : "x" , "a":1"#),
        (#""o":{"a":1,"b":[2,{"c":3,"d":4}]}"#, #""o":{"b":[2,{"d":4,"c":3}],"a":1}"#),
        (#""a":null"#, #""b":null"#),
        (#""o":{"a":null}"#, #""o":{}"#),
        (#""a":2"#, #""a":2.0"#), (#""a":2"#, #""a":20e-1"#), (#""a":100"#, #""a":1E+2"#), (#""a":0"#, #""a":-0.0"#),
        (#""a":0.1"#, #""a":1e-1"#), (#""a":0.1"#, #""a":0.1000000000000000000001"#),
        (#""a":18446744073709551616"#, #""a":18446744073709551616.0"#), (#""a":-5"#, #""a":-5.0"#),
        (#""a":"é/""#, #""a":"\u00e9\/""#), (#""a":1"#, #""\u0061":1"#),
        (#""a":1,"a":2"#, #""a":2"#), (#""a":1,"a":null"#, #""b":null"#), (#""a":[1],"b":3,"a":{}"#, #""a":{},"b":3"#),
        (#""u":"https://h/p?token=1""#, #""u":"https://h/p?token=2&x=3#y""#),
        (#""u":"https://h/p?t""#, #""u":"https://h/p""#),
        (#""u":"http://h/p#a""#, #""u":"http://h/p#b?c""#), (#""u":["https://h/p?1"]"#, #""u":["https://h/p?2"]"#),
        (#""x":{"y":[{"z":"https://h/?1"}]}"#, #""x":{"y":[{"z":"https://h/?2"}]}"#),
        (#""prompt":{"of":"https://h/?1"}"#, #""prompt":{"of":"https://h/?2"}"#),
        (#""u":"https:\/\/h\/p?\u0031""#, #""u":"https://h/p?2""#),
    ])
    func `is the same for the same resource`(_ left: String, _ right: String) throws {
        #expect(try fingerprint(left) == fingerprint(right), "\(left) | \(right)")
    }

    @Test(arguments: [
        (#""a":1"#, #""a":2"#), (#""a":1"#, #""b":1"#), (#""a":1"#, #""a":-1"#), (#""a":1"#, #""a":"1""#),
        (#""a":1"#, #""a":true"#), (#""a":true"#, #""a":false"#), (#""a":false"#, #""a":null"#),
        (#""a":{}"#, #""a":null"#),
        (#""a":{}"#, #""a":[]"#), (#""a":[]"#, #""a":[null]"#), (#""a":[1,2]"#, #""a":[2,1]"#),
        (#""a":[1]"#, #""a":1"#),
        (#""a":[[1],2]"#, #""a":[[1,2]]"#), (#""a":"""#, #""a":null"#), (#""a":"x""#, #""a":"x ""#),
        (#""a":"X""#, #""a":"x""#),
        (#""a":9007199254740993"#, #""a":9007199254740992"#), (#""a":0.1"#, #""a":0.10000000000000002"#),
        (#""a":1e999"#, #""a":-1e999"#), (#""a":1,"a":2"#, #""a":2,"a":1"#), (#""a":1,"b":2"#, #""a":2,"b":1"#),
        (#""a":{"b":1},"c":2"#, #""a":{"c":2},"b":1"#), (#""a":"\ud800""#, #""a":"?""#),
        (#""u":"https://h/p""#, #""u":"https://h/q""#), (#""u":"https://h/p""#, #""u":"http://h/p""#),
        (#""u":"https://h/ p?1""#, #""u":"https://h/ p?2""#),
        (#""u":"see https://h/p?1""#, #""u":"see https://h/p?2""#),
        (#""u":"ftp://h/p?1""#, #""u":"ftp://h/p?2""#), (#""u":"https://h/?1\n""#, #""u":"https://h/?2\n""#),
        (#""prompt":"https://h/?1""#, #""prompt":"https://h/?2""#),
        (#""negative_prompt":"https://h/?1""#, #""negative_prompt":"https://h/?2""#),
        (#""error_message":"https://h/?1""#, #""error_message":"https://h/?2""#),
        (#""loras":[{"name":"https://h/?1"}]"#, #""loras":[{"name":"https://h/?2"}]"#),
        (#""prompt":["https://h/?1"]"#, #""prompt":["https://h/?2"]"#),
    ])
    func `is another for another resource`(_ left: String, _ right: String) throws {
        #expect(try fingerprint(left) != fingerprint(right), "\(left) | \(right)")
    }

    @Test func `knows a repeated key among thousands, quickly`() throws {
        let many = (0..<50_000).map { #""k\#($0)":\#($0)"# }
        let clean = try fingerprint(many.joined(separator: ","))
        #expect(try fingerprint(([#""k7":"earlier""#] + many.reversed()).joined(separator: ",")) == clean)
        #expect(try fingerprint((many + [#""k7":"later""#]).joined(separator: ",")) != clean)
    }
}

/// A JSON value that can be spelled in more than one way.
private indirect enum Tree: Hashable {
    case null
    case flag(Bool)
    case number(Int)
    case text(String)
    case url(path: String)
    case list([Tree])
    case object([String: Tree])

    static func grown(depth: Int, using random: inout SeededGenerator) -> Tree {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
        case 0: .flag(.random(using: &random))
        case 1, 2: .number(.random(in: -1000...1000, using: &random))
        case 3, 4: .text(["", "ok", "a\"b", "é😀", "tab\t", "http://no t"].randomElement(using: &random) ?? "")
        case 5: .url(path: "https://h.example/\(UInt8.random(in: 0...255, using: &random))")
        case 6, 7:
            .object(
                Dictionary(
                    (0..<Int.random(in: 0...6, using: &random)).map {
                        ("m\($0)", grown(depth: depth - 1, using: &random))
                    },
                    uniquingKeysWith: { $1 }))
        default: .list((0..<Int.random(in: 0...4, using: &random)).map { _ in grown(depth: depth - 1, using: &random) })
        }
    }

    /// One of the ways to write it.
    func spelled(using random: inout SeededGenerator) -> String {
        let space = ["", " ", "\n\t"].randomElement(using: &random) ?? ""
        switch self {
        case .null: return "null"
        case .flag(let flag): return "\(flag)"
        case .number(let number):
            return ["\(number)", "\(number).0", "\(number * 10)e-1", "\(number).00E+0"].randomElement(using: &random)
                ?? ""
        case .text(let text): return Tree.quoted(text, using: &random)
        case .url(let path): return #""\#(path)?token=\#(UInt64.random(in: 0...(.max), using: &random))""#
        case .list(let list): return "[" + list.map { $0.spelled(using: &random) + space }.joined(separator: ",") + "]"
        case .object(let members):
            var parts = members.map {
                space + Tree.quoted($0.key, using: &random) + ":" + space + $0.value.spelled(using: &random)
            }
            if Bool.random(using: &random) { parts.append(#""absent":null"#) }
            return "{" + parts.shuffled(using: &random).joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String, using random: inout SeededGenerator) -> String {
        let escapesAll = Bool.random(using: &random)
        let units = text.utf16.map { unit in
            if !escapesAll, unit >= 0x20, unit < 0x80, unit != 0x22, unit != 0x5C {
                return String(UnicodeScalar(UInt8(unit)))
            }
            let hex = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }
        return "\"" + units.joined() + "\""
    }

    /// The same with exactly one thing in it changed.
    func changed(using random: inout SeededGenerator) -> Tree {
        switch self {
        case .null: .number(0)
        case .flag(let flag): .flag(!flag)
        case .number(let number): .number(number + (Bool.random(using: &random) ? 1 : -1_000_000))
        case .text(let text): .text(text + "'")
        case .url(let path): .url(path: path + "/x")
        case .list(let list):
            if let index = list.indices.randomElement(using: &random), Bool.random(using: &random) {
                .list(list.enumerated().map { $0 == index ? $1.changed(using: &random) : $1 })
            } else {
                .list(list + [.null])
            }
        case .object(let members):
            if let (key, value) = members.min(by: { $0.key < $1.key }), Bool.random(using: &random) {
                .object(members.merging([key: value.changed(using: &random)]) { $1 })
            } else {
                .object(members.merging(["extra": .flag(true)]) { $1 })
            }
        }
    }
}

@Suite struct `The fingerprint of any resource` {
    private func fingerprint(_ tree: Tree, using random: inout SeededGenerator) throws -> UInt64 {
        try single(#"{"id":"a","status":"x","value":\#(tree.spelled(using: &random))}"#).fingerprint
    }

    @Test(arguments: 1...400 as ClosedRange<UInt64>)
    func `stays through fresh tokens, order and spelling, and moves with any one change`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let tree = Tree.grown(depth: 4, using: &random)
        let original = try fingerprint(tree, using: &random)
        for _ in 0..<5 {
            #expect(try fingerprint(tree, using: &random) == original)
            let other = tree.changed(using: &random)
            #expect(try fingerprint(other, using: &random) != original)
        }
    }
}
