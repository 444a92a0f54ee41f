/// The string extension of cel-spec, and two functions for texts that people read. Positions count code points.
extension StandardLibrary {
    private typealias Scalars = [Unicode.Scalar]

    static let strings: [LibraryFunction] =
        [
            .member(
                "charAt", [([.string, .int], .string)],
                .binary { (meter, text, index) throws(EvaluationError) in
                    guard case .string(let text) = text, case .int(let index) = index else {
                        throw EvaluationError.noOverload("charAt", text, index)
                    }
                    let scalars = try scalars(text, &meter)
                    let position = try position(index, upTo: scalars.count)
                    return .string(position == scalars.count ? "" : String(Character(scalars[position])))
                }),
            .member(
                "indexOf", searchOverloads,
                .variadic { (meter, arguments) throws(EvaluationError) in
                    let (text, part, offset) = try searchArguments("indexOf", arguments, &meter)
                    let start = try offset.map { offset throws(EvaluationError) in
                        try position(offset, upTo: text.count)
                    }
                    return .int(Int64(LinearSearch.firstIndex(of: part, in: text, from: start ?? 0) ?? -1))
                }),
            .member(
                "lastIndexOf", searchOverloads,
                .variadic { (meter, arguments) throws(EvaluationError) in
                    let (text, part, offset) = try searchArguments("lastIndexOf", arguments, &meter)
                    let start = try offset.map { offset throws(EvaluationError) in
                        try position(offset, upTo: text.count)
                    }
                    return .int(Int64(findLast(part, in: text, from: start ?? text.count) ?? -1))
                }),
            mapping("lowerAscii") {
                String(decoding: $0.utf8.map { (65...90).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
            },
            mapping("upperAscii") {
                String(decoding: $0.utf8.map { (97...122).contains($0) ? $0 & 0xDF : $0 }, as: UTF8.self)
            },
            mapping("trim") { text in
                let scalars = Array(text.unicodeScalars)
                let end = scalars.lastIndex { !$0.properties.isWhitespace } ?? -1
                return string(scalars[...end].drop { $0.properties.isWhitespace })
            },
            mapping("oneline") { text in
                text.unicodeScalars.split { $0.properties.isWhitespace || $0.properties.generalCategory == .control }
                    .map { String(String.UnicodeScalarView($0)) }.joined(separator: " ")
            },
            .member(
                "truncate", [([.string, .int], .string)],
                .binary { (meter, text, limit) throws(EvaluationError) in
                    guard case .string(let string) = text, case .int(let count) = limit else {
                        throw EvaluationError.noOverload("truncate", text, limit)
                    }
                    guard count >= 1 else { throw EvaluationError.invalid("truncate needs a length of at least 1") }
                    try meter.charge(bytes: string.utf8.count)
                    return .string(truncate(string, to: Int(clamping: count)))
                }),
            .member(
                "substring", [([.string, .int], .string), ([.string, .int, .int], .string)],
                .variadic { (meter, arguments) throws(EvaluationError) in try substring(arguments, &meter) }),
            .member(
                "replace", [([.string, .string, .string], .string), ([.string, .string, .string, .int], .string)],
                .variadic { (meter, arguments) throws(EvaluationError) in try replace(arguments, &meter) }),
            .member(
                "split", [([.string, .string], .list(.string)), ([.string, .string, .int], .list(.string))],
                .variadic { (meter, arguments) throws(EvaluationError) in try split(arguments, &meter) }),
            .member(
                "join", [([.list(.string)], .string), ([.list(.string), .string], .string)],
                .variadic { (meter, arguments) throws(EvaluationError) in try join(arguments, &meter) }),
            .global(
                "strings.quote", [([.string], .string)],
                .unary { (meter, text) throws(EvaluationError) in
                    guard case .string(let string) = text else {
                        throw EvaluationError.noOverload("strings.quote", text)
                    }
                    try meter.charge(bytes: string.utf8.count)
                    return .string(quote(string))
                }),
            .member(
                "format", [([.string, .list(.dyn)], .string)],
                .binary { (meter, text, arguments) throws(EvaluationError) in
                    guard case .string(let template) = text, case .list(let values) = arguments else {
                        throw EvaluationError.noOverload("format", text, arguments)
                    }
                    var formatter = Formatter(template: template, arguments: values)
                    return .string(try formatter.format(&meter))
                }),
        ]

    private static let searchOverloads: [([CELType], CELType)] = [
        ([.string, .string], .int), ([.string, .string, .int], .int),
    ]

    private static func mapping(_ name: String, _ body: @escaping @Sendable (String) -> String) -> LibraryFunction {
        .member(
            name, [([.string], .string)],
            .unary { (meter, text) throws(EvaluationError) in
                guard case .string(let string) = text else { throw EvaluationError.noOverload(name, text) }
                try meter.charge(string.utf8.count / 4 + 1)
                return .string(body(string))
            })
    }

    private static func scalars(_ text: String, _ meter: inout CostMeter) throws(EvaluationError) -> Scalars {
        try meter.charge(text.utf8.count / 4 + 1)
        return Array(text.unicodeScalars)
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    private static func position(_ index: Int64, upTo count: Int) throws(EvaluationError) -> Int {
        guard index >= 0, index <= count else { throw EvaluationError.invalid("index out of range: \(index)") }
        return Int(index)
    }

    private static func searchArguments(
        _ name: String, _ arguments: [CELValue], _ meter: inout CostMeter
    ) throws(EvaluationError) -> (Scalars, Scalars, Int64?) {
        guard case .string(let text) = arguments[0], case .string(let part) = arguments[1] else {
            throw EvaluationError.noOverload(name, arguments[0], arguments[1])
        }
        let found = (try scalars(text, &meter), try scalars(part, &meter))
        guard arguments.count == 3 else { return (found.0, found.1, nil) }
        guard case .int(let offset) = arguments[2] else { throw EvaluationError.noOverload(name, arguments[2]) }
        return (found.0, found.1, offset)
    }

    private static func findLast(_ part: Scalars, in text: Scalars, from start: Int) -> Int? {
        // Turned around, the last is the first, and `start` the earliest place where the part may end.
        let end = max(0, text.count - part.count - start)
        guard let found = LinearSearch.firstIndex(of: Scalars(part.reversed()), in: Scalars(text.reversed()), from: end)
        else { return nil }
        return text.count - part.count - found
    }

    /// Cuts to `limit` characters as people count them, the last being an ellipsis where something was cut.
    private static func truncate(_ text: String, to limit: Int) -> String {
        guard let end = text.index(text.startIndex, offsetBy: limit, limitedBy: text.endIndex), end < text.endIndex
        else {
            return text
        }
        return text.prefix(limit - 1) + "…"
    }

    private static func substring(_ arguments: [CELValue], _ meter: inout CostMeter) throws(EvaluationError) -> CELValue
    {
        guard case .string(let text) = arguments[0], case .int(let start) = arguments[1] else {
            throw EvaluationError.noOverload("substring", arguments[0], arguments[1])
        }
        let scalars = try scalars(text, &meter)
        var end = Int64(scalars.count)
        if arguments.count == 3 {
            guard case .int(let given) = arguments[2] else {
                throw EvaluationError.noOverload("substring", arguments[2])
            }
            end = given
        }
        let lower = try position(start, upTo: scalars.count)
        let upper = try position(end, upTo: scalars.count)
        guard lower <= upper else {
            throw EvaluationError.invalid("invalid substring range. start: \(start), end: \(end)")
        }
        return .string(string(scalars[lower..<upper]))
    }

    private static func limit(_ arguments: [CELValue], at index: Int, _ name: String) throws(EvaluationError) -> Int {
        guard arguments.count > index else { return .max }
        guard case .int(let limit) = arguments[index] else { throw EvaluationError.noOverload(name, arguments[index]) }
        return limit < 0 ? .max : Int(clamping: limit)
    }

    private static func replace(_ arguments: [CELValue], _ meter: inout CostMeter) throws(EvaluationError) -> CELValue {
        guard case .string(let text) = arguments[0], case .string(let old) = arguments[1],
            case .string(let new) = arguments[2]
        else { throw EvaluationError.noOverload("replace", arguments[0], arguments[1], arguments[2]) }
        let limit = try limit(arguments, at: 3, "replace")
        try meter.charge(text.utf8.count / 4 + 1)
        let parts = pieces(of: text, separatedBy: old, limit: limit, bracketsText: true)
        try meter.charge(bytes: text.utf8.count + (parts.count - 1) * new.utf8.count)
        return .string(parts.joined(separator: new))
    }

    private static func split(_ arguments: [CELValue], _ meter: inout CostMeter) throws(EvaluationError) -> CELValue {
        guard case .string(let text) = arguments[0], case .string(let separator) = arguments[1] else {
            throw EvaluationError.noOverload("split", arguments[0], arguments[1])
        }
        let limit = try limit(arguments, at: 2, "split")
        if limit == 0 { return .list([]) }
        try meter.charge(text.utf8.count + 1)
        return .list(
            pieces(of: text, separatedBy: separator, limit: limit - 1, bracketsText: false).map { .string($0) })
    }

    /// Cuts at no more than `limit` places. An empty separator is found between all characters, and where it
    /// `bracketsText`, before and after them too.
    private static func pieces(of text: String, separatedBy separator: String, limit: Int, bracketsText: Bool)
        -> [String]
    {
        let bytes = Array(text.utf8)
        let wanted = Array(separator.utf8)
        var cuts: [Range<Int>] = []
        var position = 0
        while cuts.count < limit, position <= bytes.count {
            if wanted.isEmpty {
                let isInside = position > 0 && position < bytes.count
                let isBoundary = position == bytes.count || bytes[position] & 0xC0 != 0x80
                if isBoundary, isInside || bracketsText { cuts.append(position..<position) }
                position += 1
                continue
            }
            let found = bytes.withUnsafeBufferPointer { text in
                wanted.withUnsafeBufferPointer { findBytes($0, in: text, from: position) }
            }
            guard let found else { break }
            cuts.append(found..<(found + wanted.count))
            position = found + wanted.count
        }
        var pieces: [String] = []
        var start = 0
        for cut in cuts {
            pieces.append(String(decoding: bytes[start..<cut.lowerBound], as: UTF8.self))
            start = cut.upperBound
        }
        return pieces + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    private static func join(_ arguments: [CELValue], _ meter: inout CostMeter) throws(EvaluationError) -> CELValue {
        guard case .list(let elements) = arguments[0] else { throw EvaluationError.noOverload("join", arguments[0]) }
        var separator = ""
        if arguments.count == 2 {
            guard case .string(let given) = arguments[1] else { throw EvaluationError.noOverload("join", arguments[1]) }
            separator = given
        }
        var result = ""
        for (index, element) in elements.enumerated() {
            guard case .string(let text) = element else { throw EvaluationError.noOverload("join", element) }
            try meter.charge(bytes: text.utf8.count + separator.utf8.count)
            if index > 0 { result += separator }
            result += text
        }
        return .string(result)
    }

    private static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\u{07}": quoted += "\\a"
            case "\u{08}": quoted += "\\b"
            case "\u{0C}": quoted += "\\f"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case "\u{0B}": quoted += "\\v"
            case "\\": quoted += "\\\\"
            case "\"": quoted += "\\\""
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
