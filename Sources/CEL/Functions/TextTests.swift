/// `size`, and the tests on text of the language definition.
extension StandardLibrary {
    static let sizes: [LibraryFunction] = LibraryFunction.both(
        "size",
        [
            ([.string], .int), ([.bytes], .int), ([.list(.parameter("A"))], .int),
            ([.map(.parameter("A"), .parameter("B"))], .int),
        ],
        .unary { (meter, value) throws(EvaluationError) in
            switch value {
            case .string(let text):
                try meter.charge(bytes: text.utf8.count)
                return .int(Int64(text.scalarCount))
            case .bytes(let bytes): return .int(Int64(bytes.count))
            case .list(let list): return .int(Int64(list.count))
            case .map(let map): return .int(Int64(map.count))
            case .record(let record): return .int(Int64(record.count))
            default: throw EvaluationError.noOverload("size", value)
            }
        })

    static let textTests: [LibraryFunction] =
        [
            test("contains") { $0.containsBytes(of: $1) },
            test("startsWith") { $0.hasBytePrefix($1) },
            test("endsWith") { $0.hasByteSuffix($1) },
        ]
        + LibraryFunction.both(
            "matches", [([.string, .string], .bool)],
            .binary { (meter, text, pattern) throws(EvaluationError) in
                guard case .string(let text) = text, case .string(let source) = pattern else {
                    throw EvaluationError.noOverload("matches", text, pattern)
                }
                // A pattern that is not known at load is compiled each time: much more work than matching it.
                try meter.charge(2_000 + source.utf8.count * 10)
                try meter.charge(bytes: text.utf8.count)
                return .bool(try Pattern(source, memoryBytes: meter.patternBytes).matches(text))
            })

    private static func test(_ name: String, _ body: @escaping @Sendable (String, String) -> Bool) -> LibraryFunction {
        .member(
            name, [([.string, .string], .bool)],
            .binary { (meter, text, part) throws(EvaluationError) in
                guard case .string(let string) = text, case .string(let other) = part else {
                    throw EvaluationError.noOverload(name, text, part)
                }
                try meter.charge(bytes: string.utf8.count)
                return .bool(body(string, other))
            })
    }
}
