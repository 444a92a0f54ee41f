/// A small random number generator that gives the same numbers for the same seed (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &self)]
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// Writes expressions at random: mostly sensible ones, and then such as a slip of the hand or malice makes of them.
struct ExpressionGenerator {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    private static let leaves = [
        "1", "0", "-1", "2u", "1.5", "0.0", "9223372036854775807", "-9223372036854775808", "18446744073709551615u",
        "1e308",
        "''", "'a'", "'héllo 👍🏽'", "b'\\xff'", "true", "false", "null", "x", "self", "old", "now", "raw", "changed",
        "self.status", "self.prompt", "self.created_at", "self.completed_at", "self.seed", "self.loras",
        "self.cost.amount",
        "raw.a", "raw.c", "raw.?zz", "duration('30m')", "timestamp(0)", "optional.none()", "[]", "{}", "int", "nobody",
        "v0", "v1",
        "'%s %d %.2f'", "r'^(a+)+$'", "double('NaN')", "lists.range(9)", "[1, 2, 3]", "{'a': 1, 2: 'b'}",
        "'2026-05-04T10:00:00Z'",
    ]
    private static let binary = [
        "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in",
    ]
    private static let methods = [
        "size", "contains", "startsWith", "endsWith", "matches", "charAt", "indexOf", "lastIndexOf", "lowerAscii",
        "replace",
        "split", "substring", "trim", "join", "format", "reverse", "truncate", "oneline", "slice", "flatten", "sort",
        "distinct",
        "hasValue", "value", "or", "orValue", "getFullYear", "getHours", "getDayOfWeek", "getMilliseconds", "first",
        "last",
    ]
    private static let functions = [
        "size", "int", "uint", "double", "string", "bytes", "bool", "timestamp", "duration", "type", "dyn", "matches",
        "math.greatest", "math.least", "math.abs", "math.round", "math.bitShiftLeft", "math.sign", "optional.of",
        "optional.ofNonZeroValue", "strings.quote", "base64.encode", "base64.decode", "sets.contains",
        "sets.equivalent", "ip", "cidr",
        "lists.range", "f",
    ]
    private static let macros = ["all", "exists", "exists_one", "map", "filter", "sortBy", "optMap", "optFlatMap"]
    private static let pairMacros = [
        "all", "exists", "existsOne", "transformList", "transformMap", "transformMapEntry",
    ]

    private static let documents = [
        #"{"id": "img_1", "n": [1, -2.5e-3, 18446744073709551615, 18446744073709551616]}"#,
        #"{"s": "\ud83d\ude00 \ud800", "b": true}"#,
        #"[[[[[[[]]]]]], {"a": {"a": null}, "a": false}, "\\\"\/\n\u0000é😀", 1e308, -0, 0.1, 12345678901234567890123]"#,
    ]

    /// A JSON document, more often broken than not.
    mutating func nextDocument() -> String {
        let document = random.pick(Self.documents)
        return random.chance(80) ? damaged(document) : document
    }

    mutating func next() -> String {
        var text = expression(depth: Int.random(in: 0...5, using: &random))
        if random.chance(30) { text = damaged(text) }
        return text
    }

    private mutating func expression(depth: Int) -> String {
        if depth == 0 { return random.pick(Self.leaves) }
        switch Int.random(in: 0..<16, using: &random) {
        case 0...3: return binaryExpression(depth)
        case 4: return random.pick(["!", "-"]) + "(\(inner(depth)))"
        case 5...6: return "(\(inner(depth))).\(random.pick(Self.methods))(\(arguments(depth)))"
        case 7...8: return "\(random.pick(Self.functions))(\(arguments(depth)))"
        case 9:
            return
                "(\(inner(depth))) ? (\(inner(depth))) : \(inner(depth))"
        case 10: return "[\(arguments(depth))]" + (random.chance(30) ? "[\(expression(depth: 0))]" : "")
        case 11:
            return
                "{\(expression(depth: 0)): \(inner(depth)), ?'o': optional.of(\(expression(depth: 0)))}"
        case 12:
            return "(\(inner(depth))).\(random.pick(Self.macros))(v0, \(inner(depth)))"
        case 13:
            return
                "(\(inner(depth))).\(random.pick(Self.pairMacros))(v0, v1, \(inner(depth)))"
        case 14: return "cel.bind(v\(depth), \(inner(depth)), \(inner(depth)))"
        default:
            return "(\(inner(depth)))"
                + random.pick([".a", ".?a", "[?0]", "[0]", ".status", ".`a-b`", "['a']"])
        }
    }

    private mutating func inner(_ depth: Int) -> String { expression(depth: depth - 1) }

    private mutating func binaryExpression(_ depth: Int) -> String {
        "(\(inner(depth))) \(random.pick(Self.binary)) (\(inner(depth)))"
    }

    private mutating func arguments(_ depth: Int) -> String {
        (0..<Int.random(in: 0...3, using: &random)).map { _ in
            expression(depth: Int.random(in: 0..<depth, using: &random))
        }
        .joined(separator: ", ")
    }

    /// Bytes left out, doubled, replaced or moved: the result need not even be UTF-8 before it is decoded.
    private mutating func damaged(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let position = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.remove(at: position)
            case 1: bytes.insert(bytes[position], at: position)
            case 2: bytes[position] = UInt8.random(in: 0...255, using: &random)
            case 3:
                bytes.insert(
                    contentsOf: random.pick(["\\", "'", "\"\"\"", "${", "}", "//", "?", "`", "(", "[", "@"]).utf8,
                    at: position)
            default: bytes.swapAt(position, Int.random(in: bytes.indices, using: &random))
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
