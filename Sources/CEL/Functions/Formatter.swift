/// `"%s was %.1f".format([…])`, as the string extension of cel-spec defines it.
struct Formatter {
    /// More decimals than any double has.
    private static let maximumPrecision = 1_000

    private let template: [UInt8]
    private let arguments: [CELValue]
    private var position = 0
    private var used = 0

    init(template: String, arguments: [CELValue]) {
        self.template = Array(template.utf8)
        self.arguments = arguments
    }

    mutating func format(_ meter: inout CostMeter) throws(EvaluationError) -> String {
        try meter.charge(bytes: template.count)
        var result: [UInt8] = []
        while position < template.count {
            let byte = template[position]
            position += 1
            if byte != UInt8(ascii: "%") {
                result.append(byte)
            } else if position < template.count, template[position] == UInt8(ascii: "%") {
                position += 1
                result.append(byte)
            } else {
                result.append(contentsOf: try clause(&meter).utf8)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private mutating func clause(_ meter: inout CostMeter) throws(EvaluationError) -> String {
        let precision = try precision()
        guard position < template.count else { throw EvaluationError.invalid("format: unexpected end after %") }
        let letter = template[position]
        position += 1
        guard used < arguments.count else { throw EvaluationError.invalid("format: index \(used) out of range") }
        let argument = arguments[used]
        used += 1
        switch letter {
        case UInt8(ascii: "s"):
            var text = ""
            try Self.write(argument, to: &text, &meter)
            return text
        case UInt8(ascii: "d"): return try decimal(argument)
        case UInt8(ascii: "f"), UInt8(ascii: "e"):
            try meter.charge(precision ?? 6)
            return try floating(argument, precision ?? 6, isScientific: letter == UInt8(ascii: "e"))
        case UInt8(ascii: "b"): return try radix(argument, 2, "binary")
        case UInt8(ascii: "o"): return try radix(argument, 8, "octal")
        case UInt8(ascii: "x"): return try hexadecimal(argument, &meter)
        case UInt8(ascii: "X"):
            return String(
                decoding: try hexadecimal(argument, &meter).utf8.map { $0.isLetter ? $0 & 0xDF : $0 }, as: UTF8.self)
        default:
            throw EvaluationError.invalid("format: unrecognized clause %\(Unicode.Scalar(letter))")
        }
    }

    private mutating func precision() throws(EvaluationError) -> Int? {
        guard position < template.count, template[position] == UInt8(ascii: ".") else { return nil }
        let digits = template[(position + 1)...].prefix { $0.isDigit }
        position += 1 + digits.count
        guard let precision = Int(String(decoding: digits, as: UTF8.self)), precision <= Self.maximumPrecision else {
            throw EvaluationError.invalid("format: a precision is a number up to \(Self.maximumPrecision)")
        }
        return precision
    }

    private func decimal(_ argument: CELValue) throws(EvaluationError) -> String {
        switch argument {
        case .int(let value): return String(value)
        case .uint(let value): return String(value)
        case .double(let value): return DoubleText.shortestPositional(value)
        default: throw EvaluationError.noOverload("format %d", argument)
        }
    }

    private func floating(
        _ argument: CELValue, _ precision: Int, isScientific: Bool
    ) throws(EvaluationError) -> String {
        let value: Double
        switch argument {
        case .int(let int): value = Double(int)
        case .uint(let uint): value = Double(uint)
        case .double(let double): value = double
        default: throw EvaluationError.noOverload(isScientific ? "format %e" : "format %f", argument)
        }
        guard value.isFinite else { return DoubleText.shortestPositional(value) }
        return isScientific
            ? DoubleText.scientific(value, precision: precision) : DoubleText.fixed(value, precision: precision)
    }

    private func radix(_ argument: CELValue, _ radix: Int, _ name: String) throws(EvaluationError) -> String {
        switch argument {
        case .int(let value): return String(value, radix: radix)
        case .uint(let value): return String(value, radix: radix)
        case .bool(let value) where radix == 2: return value ? "1" : "0"
        default: throw EvaluationError.noOverload("format as \(name)", argument)
        }
    }

    private func hexadecimal(_ argument: CELValue, _ meter: inout CostMeter) throws(EvaluationError) -> String {
        switch argument {
        case .int(let value): return String(value, radix: 16)
        case .uint(let value): return String(value, radix: 16)
        case .string(let text): return try hexadecimal(Array(text.utf8), &meter)
        case .bytes(let bytes): return try hexadecimal(bytes, &meter)
        default: throw EvaluationError.noOverload("format as hexadecimal", argument)
        }
    }

    private func hexadecimal(_ bytes: [UInt8], _ meter: inout CostMeter) throws(EvaluationError) -> String {
        try meter.charge(bytes.count)
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// What `%s` writes: text as it is, maps ordered by their keys' text.
    static func write(_ value: CELValue, to text: inout String, _ meter: inout CostMeter) throws(EvaluationError) {
        try meter.charge(1)
        switch value {
        case .null: text += "null"
        case .double(let double): text += DoubleText.shortestPositional(double)
        case .bytes(let bytes):
            try meter.charge(bytes: bytes.count)
            text += String(decoding: bytes, as: UTF8.self)
        case .string(let string):
            try meter.charge(bytes: string.utf8.count)
            text += string
        case .type(let type): text += type.runtimeName
        case .list(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += ", " }
                try write(element, to: &text, &meter)
            }
            text += "]"
        case .map(let map): try write(map, to: &text, &meter)
        case .record(let record): try write(record.map, to: &text, &meter)
        case .optional: throw EvaluationError.noOverload("format %s", value)
        default: text += try StandardLibrary.string(value)
        }
    }

    private static func write(_ map: CELMap, to text: inout String, _ meter: inout CostMeter) throws(EvaluationError) {
        var entries: [(String, CELValue)] = []
        for entry in map.entries {
            var key = ""
            try write(entry.key, to: &key, &meter)
            entries.append((key, entry.value))
        }
        entries.sort { $0.0.precedes($1.0) }
        text += "{"
        for (index, entry) in entries.enumerated() {
            text += (index > 0 ? ", " : "") + entry.0 + ": "
            try write(entry.1, to: &text, &meter)
        }
        text += "}"
    }
}
