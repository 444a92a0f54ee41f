/// `int(x)`, `string(x)` and the like (language definition, section Types and Conversions).
extension StandardLibrary {
    static let conversions: [LibraryFunction] = [
        .global("dyn", [([.parameter("A")], .dyn)], .unary { (_, value) in value }),
        .global("type", [([.parameter("A")], .type(.parameter("A")))], .unary { (_, value) in .type(value.type) }),
        .global(
            "int", [([.int], .int), ([.uint], .int), ([.double], .int), ([.string], .int), ([.timestamp], .int)],
            .unary { (_, value) throws(EvaluationError) in .int(try int(value)) }),
        .global(
            "uint", [([.uint], .uint), ([.int], .uint), ([.double], .uint), ([.string], .uint)],
            .unary { (_, value) throws(EvaluationError) in .uint(try uint(value)) }),
        .global(
            "double", [([.double], .double), ([.int], .double), ([.uint], .double), ([.string], .double)],
            .unary { (_, value) throws(EvaluationError) in .double(try double(value)) }),
        .global(
            "bool", [([.bool], .bool), ([.string], .bool)],
            .unary { (_, value) throws(EvaluationError) in .bool(try bool(value)) }),
        .global(
            "string",
            [
                ([.string], .string), ([.bool], .string), ([.int], .string), ([.uint], .string), ([.double], .string),
                ([.bytes], .string), ([.timestamp], .string), ([.duration], .string), ([.address], .string),
                ([.network], .string),
            ], .unary { (_, value) throws(EvaluationError) in .string(try string(value)) }),
        .global(
            "bytes", [([.bytes], .bytes), ([.string], .bytes)],
            .unary { (meter, value) throws(EvaluationError) in
                switch value {
                case .bytes: return value
                case .string(let text):
                    try meter.charge(bytes: text.utf8.count)
                    return .bytes(Array(text.utf8))
                default: throw EvaluationError.noOverload("bytes", value)
                }
            }),
        .global(
            "timestamp", [([.timestamp], .timestamp), ([.string], .timestamp), ([.int], .timestamp)],
            .unary { (_, value) throws(EvaluationError) in .timestamp(try timestamp(value)) }),
        .global(
            "duration", [([.duration], .duration), ([.string], .duration)],
            .unary { (_, value) throws(EvaluationError) in .duration(try duration(value)) }),
    ]

    private static func int(_ value: CELValue) throws(EvaluationError) -> Int64 {
        switch value {
        case .int(let int): return int
        case .uint(let uint):
            guard let int = Int64(exactly: uint) else { throw EvaluationError.intOverflow }
            return int
        case .double(let double):
            guard double > -0x1p63, double < 0x1p63 else { throw EvaluationError.intOverflow }
            return Int64(double)
        case .string(let text):
            guard let int = Int64(text) else { throw EvaluationError.invalid("cannot read \(text.celQuoted) as int") }
            return int
        case .timestamp(let timestamp): return timestamp.seconds
        default: throw EvaluationError.noOverload("int", value)
        }
    }

    private static func uint(_ value: CELValue) throws(EvaluationError) -> UInt64 {
        switch value {
        case .uint(let uint): return uint
        case .int(let int):
            guard let uint = UInt64(exactly: int) else { throw EvaluationError.intOverflow }
            return uint
        case .double(let double):
            guard double > -1, double < 0x1p64, double >= 0 || double == 0 else { throw EvaluationError.intOverflow }
            return UInt64(double)
        case .string(let text):
            guard text.utf8.allSatisfy(\.isDigit), let uint = UInt64(text) else {
                throw EvaluationError.invalid("cannot read \(text.celQuoted) as uint")
            }
            return uint
        default: throw EvaluationError.noOverload("uint", value)
        }
    }

    private static func double(_ value: CELValue) throws(EvaluationError) -> Double {
        switch value {
        case .double(let double): return double
        case .int(let int): return Double(int)
        case .uint(let uint): return Double(uint)
        case .string(let text):
            guard let double = parseDouble(text) else {
                throw EvaluationError.invalid("cannot read \(text.celQuoted) as double")
            }
            return double
        default: throw EvaluationError.noOverload("double", value)
        }
    }

    /// Decimal digits, or a word for what has none. Swift's own reading is looser: it takes hexadecimal and payloads
    /// too.
    private static func parseDouble(_ text: String) -> Double? {
        let unsigned =
            text.utf8.first.map { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") } == true
            ? text.dropFirst() : text[...]
        if ["inf", "infinity", "nan"].contains(unsigned.lowercased()) { return Double(text) }
        let isPlain = unsigned.utf8.allSatisfy { $0.isDigit || ".eE+-".utf8.contains($0) }
        guard isPlain, unsigned.utf8.contains(where: \.isDigit), let value = Double(text), value.isFinite else {
            return nil
        }
        return value
    }

    private static func bool(_ value: CELValue) throws(EvaluationError) -> Bool {
        switch value {
        case .bool(let bool): return bool
        case .string("1"), .string("t"), .string("T"), .string("true"), .string("TRUE"), .string("True"): return true
        case .string("0"), .string("f"), .string("F"), .string("false"), .string("FALSE"), .string("False"):
            return false
        case .string(let text): throw EvaluationError.invalid("cannot read \(text.celQuoted) as bool")
        default: throw EvaluationError.noOverload("bool", value)
        }
    }

    static func string(_ value: CELValue) throws(EvaluationError) -> String {
        switch value {
        case .string(let text): return text
        case .bool(let bool): return bool ? "true" : "false"
        case .int(let int): return String(int)
        case .uint(let uint): return String(uint)
        case .double(let double): return DoubleText.shortest(double)
        case .timestamp(let timestamp): return timestamp.shortest
        case .duration(let duration): return duration.description
        case .address(let address): return address.description
        case .network(let network): return network.description
        case .bytes(let bytes):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw EvaluationError.invalid("the bytes are not UTF-8")
            }
            return text
        default: throw EvaluationError.noOverload("string", value)
        }
    }

    private static func timestamp(_ value: CELValue) throws(EvaluationError) -> CELTimestamp {
        switch value {
        case .timestamp(let timestamp): return timestamp
        case .int(let seconds):
            guard let timestamp = CELTimestamp(seconds: seconds) else { throw EvaluationError.timestampOverflow }
            return timestamp
        case .string(let text):
            guard let timestamp = CELTimestamp(rfc3339: text) else {
                throw EvaluationError.invalid("\(text.celQuoted) is no RFC 3339 time, such as \"2026-05-04T10:00:15Z\"")
            }
            return timestamp
        default: throw EvaluationError.noOverload("timestamp", value)
        }
    }

    private static func duration(_ value: CELValue) throws(EvaluationError) -> CELDuration {
        switch value {
        case .duration(let duration): return duration
        case .string(let text):
            guard let duration = CELDuration(text) else {
                throw EvaluationError.invalid("\(text.celQuoted) is no duration, such as \"90s\", \"30m\" or \"1h30m\"")
            }
            return duration
        default: throw EvaluationError.noOverload("duration", value)
        }
    }
}
