/// The math extension of cel-go.
extension StandardLibrary {
    static let math: [LibraryFunction] =
        [
            rounding("math.ceil") { $0.rounded(.up) },
            rounding("math.floor") { $0.rounded(.down) },
            rounding("math.round") { $0.rounded(.toNearestOrAwayFromZero) },
            rounding("math.trunc") { $0.rounded(.towardZero) },
            test("math.isNaN") { $0.isNaN },
            test("math.isInf") { $0.isInfinite },
            test("math.isFinite") { $0.isFinite },
            .global(
                "math.sqrt", [([.double], .double), ([.int], .double), ([.uint], .double)],
                .unary { (_, value) throws(EvaluationError) in
                    switch value {
                    case .double(let double): return .double(double.squareRoot())
                    case .int(let int): return .double(Double(int).squareRoot())
                    case .uint(let uint): return .double(Double(uint).squareRoot())
                    default: throw EvaluationError.noOverload("math.sqrt", value)
                    }
                }),
            .global(
                "math.abs", sameNumbers,
                .unary { (_, value) throws(EvaluationError) in
                    switch value {
                    case .int(let int):
                        guard int != .min else { throw EvaluationError.intOverflow }
                        return .int(abs(int))
                    case .uint: return value
                    case .double(let double): return .double(double.magnitude)
                    default: throw EvaluationError.noOverload("math.abs", value)
                    }
                }),
            .global(
                "math.sign", sameNumbers,
                .unary { (_, value) throws(EvaluationError) in
                    switch value {
                    case .int(let int): return .int(int.signum())
                    case .uint(let uint): return .uint(uint == 0 ? 0 : 1)
                    case .double(let double):
                        return .double(double.isNaN ? .nan : double > 0 ? 1 : double < 0 ? -1 : 0)
                    default: throw EvaluationError.noOverload("math.sign", value)
                    }
                }),
            bits("math.bitAnd", { $0 & $1 }, { $0 & $1 }),
            bits("math.bitOr", { $0 | $1 }, { $0 | $1 }),
            bits("math.bitXor", { $0 ^ $1 }, { $0 ^ $1 }),
            .global(
                "math.bitNot", [([.int], .int), ([.uint], .uint)],
                .unary { (_, value) throws(EvaluationError) in
                    switch value {
                    case .int(let int): return .int(~int)
                    case .uint(let uint): return .uint(~uint)
                    default: throw EvaluationError.noOverload("math.bitNot", value)
                    }
                }),
            shift("math.bitShiftLeft") { $0 << $1 },
            shift("math.bitShiftRight") { $0 >> $1 },
        ]

    private static let sameNumbers: [([CELType], CELType)] = [([.int], .int), ([.uint], .uint), ([.double], .double)]

    private static func rounding(_ name: String, _ body: @escaping @Sendable (Double) -> Double) -> LibraryFunction {
        .global(
            name, [([.double], .double)],
            .unary { (_, value) throws(EvaluationError) in
                guard case .double(let double) = value else { throw EvaluationError.noOverload(name, value) }
                return .double(body(double))
            })
    }

    private static func test(_ name: String, _ body: @escaping @Sendable (Double) -> Bool) -> LibraryFunction {
        .global(
            name, [([.double], .bool)],
            .unary { (_, value) throws(EvaluationError) in
                guard case .double(let double) = value else { throw EvaluationError.noOverload(name, value) }
                return .bool(body(double))
            })
    }

    private static func bits(
        _ name: String, _ int: @escaping @Sendable (Int64, Int64) -> Int64,
        _ uint: @escaping @Sendable (UInt64, UInt64) -> UInt64
    ) -> LibraryFunction {
        .global(
            name, [([.int, .int], .int), ([.uint, .uint], .uint)],
            .binary { (_, left, right) throws(EvaluationError) in
                switch (left, right) {
                case (.int(let a), .int(let b)): return .int(int(a, b))
                case (.uint(let a), .uint(let b)): return .uint(uint(a, b))
                default: throw EvaluationError.noOverload(name, left, right)
                }
            })
    }

    /// Bits move as in an unsigned number, and are gone once moved by 64 or more.
    private static func shift(_ name: String, _ body: @escaping @Sendable (UInt64, UInt64) -> UInt64) -> LibraryFunction
    {
        .global(
            name, [([.int, .int], .int), ([.uint, .int], .uint)],
            .binary { (_, value, places) throws(EvaluationError) in
                guard case .int(let count) = places else { throw EvaluationError.noOverload(name, value, places) }
                guard count >= 0 else { throw EvaluationError.invalid("\(name): negative offset: \(count)") }
                switch value {
                case .int(let int): return .int(Int64(bitPattern: body(UInt64(bitPattern: int), UInt64(count))))
                case .uint(let uint): return .uint(body(uint, UInt64(count)))
                default: throw EvaluationError.noOverload(name, value, places)
                }
            })
    }

    /// `math.greatest(…)` and `math.least(…)`: numbers of any kinds, or one list of them. The first of equals is kept.
    static func extremum(
        _ name: String, _ arguments: [CELValue], _ meter: inout CostMeter
    ) throws(EvaluationError) -> CELValue {
        var numbers = arguments
        if arguments.count == 1, case .list(let list) = arguments[0] {
            guard !list.isEmpty else { throw EvaluationError.invalid("\(name): the list is empty") }
            numbers = list
        }
        try meter.charge(numbers.count)
        guard var best = numbers.first, Number(best) != nil else {
            throw EvaluationError.noOverload(name, arguments.first ?? .null)
        }
        for candidate in numbers.dropFirst() {
            guard Number(candidate) != nil else { throw EvaluationError.noOverload(name, candidate) }
            let order = try candidate.order(relativeTo: best, name)
            if order == (name == "math.greatest" ? .greater : .less) { best = candidate }
        }
        return best
    }
}
