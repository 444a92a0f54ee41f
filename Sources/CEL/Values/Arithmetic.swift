/// `+ - * / %` and the unary minus (language definition, sections Arithmetic and Overflow). No kinds mix, nothing
/// wraps, and nothing traps.
enum Arithmetic {
    static func add(_ left: CELValue, _ right: CELValue, _ meter: inout CostMeter) throws(EvaluationError) -> CELValue {
        switch (left, right) {
        case (.int(let a), .int(let b)): return .int(try checked(a.addingReportingOverflow(b)))
        case (.uint(let a), .uint(let b)): return .uint(try checked(a.addingReportingOverflow(b)))
        case (.double(let a), .double(let b)): return .double(a + b)
        case (.string(let a), .string(let b)):
            try meter.charge(bytes: a.utf8.count + b.utf8.count)
            return .string(a + b)
        case (.bytes(let a), .bytes(let b)):
            try meter.charge(bytes: a.count + b.count)
            return .bytes(a + b)
        case (.list(let a), .list(let b)):
            try meter.charge(a.count + b.count)
            return .list(a + b)
        case (.timestamp(let a), .duration(let b)), (.duration(let b), .timestamp(let a)):
            guard let sum = a.adding(b) else { throw EvaluationError.timestampOverflow }
            return .timestamp(sum)
        case (.duration(let a), .duration(let b)):
            let (sum, overflow) = a.nanoseconds.addingReportingOverflow(b.nanoseconds)
            if overflow { throw EvaluationError.durationOverflow }
            return .duration(CELDuration(nanoseconds: sum))
        default: throw EvaluationError.noOverload("_+_", left, right)
        }
    }

    static func subtract(_ left: CELValue, _ right: CELValue) throws(EvaluationError) -> CELValue {
        switch (left, right) {
        case (.int(let a), .int(let b)): return .int(try checked(a.subtractingReportingOverflow(b)))
        case (.uint(let a), .uint(let b)): return .uint(try checked(a.subtractingReportingOverflow(b)))
        case (.double(let a), .double(let b)): return .double(a - b)
        case (.timestamp(let a), .timestamp(let b)):
            guard let difference = a.since(b) else { throw EvaluationError.durationOverflow }
            return .duration(difference)
        case (.timestamp(let a), .duration(let b)):
            guard b.nanoseconds != .min, let result = a.adding(CELDuration(nanoseconds: -b.nanoseconds)) else {
                throw EvaluationError.timestampOverflow
            }
            return .timestamp(result)
        case (.duration(let a), .duration(let b)):
            let (difference, overflow) = a.nanoseconds.subtractingReportingOverflow(b.nanoseconds)
            if overflow { throw EvaluationError.durationOverflow }
            return .duration(CELDuration(nanoseconds: difference))
        default: throw EvaluationError.noOverload("_-_", left, right)
        }
    }

    static func multiply(_ left: CELValue, _ right: CELValue) throws(EvaluationError) -> CELValue {
        switch (left, right) {
        case (.int(let a), .int(let b)): return .int(try checked(a.multipliedReportingOverflow(by: b)))
        case (.uint(let a), .uint(let b)): return .uint(try checked(a.multipliedReportingOverflow(by: b)))
        case (.double(let a), .double(let b)): return .double(a * b)
        default: throw EvaluationError.noOverload("_*_", left, right)
        }
    }

    static func divide(_ left: CELValue, _ right: CELValue) throws(EvaluationError) -> CELValue {
        switch (left, right) {
        case (.int(_), .int(0)), (.uint(_), .uint(0)): throw EvaluationError(.divisionByZero, "divide by zero")
        case (.int(let a), .int(let b)): return .int(try checked(a.dividedReportingOverflow(by: b)))
        case (.uint(let a), .uint(let b)): return .uint(a / b)
        case (.double(let a), .double(let b)): return .double(a / b)
        default: throw EvaluationError.noOverload("_/_", left, right)
        }
    }

    static func remainder(_ left: CELValue, _ right: CELValue) throws(EvaluationError) -> CELValue {
        switch (left, right) {
        case (.int(_), .int(0)), (.uint(_), .uint(0)): throw EvaluationError(.divisionByZero, "modulus by zero")
        case (.int(let a), .int(let b)): return .int(try checked(a.remainderReportingOverflow(dividingBy: b)))
        case (.uint(let a), .uint(let b)): return .uint(a % b)
        default: throw EvaluationError.noOverload("_%_", left, right)
        }
    }

    static func negate(_ value: CELValue) throws(EvaluationError) -> CELValue {
        switch value {
        case .int(let a): return .int(try checked(Int64(0).subtractingReportingOverflow(a)))
        case .double(let a): return .double(-a)
        case .duration(let a):
            guard a.nanoseconds != .min else { throw EvaluationError.durationOverflow }
            return .duration(CELDuration(nanoseconds: -a.nanoseconds))
        default: throw EvaluationError.noOverload("-_", value)
        }
    }

    @inline(__always)
    private static func checked<Value>(
        _ result: (partialValue: Value, overflow: Bool)
    ) throws(EvaluationError) -> Value {
        if result.overflow { throw EvaluationError.intOverflow }
        return result.partialValue
    }
}
