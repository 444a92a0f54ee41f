import CEL

/// What one measure has gathered of one group; every value that comes goes again.
struct Aggregate: Sendable {
    private(set) var count = 0
    private var sum: ExactSum?
    private var wholeSum: Int128 = 0
    private var ranked: OrderedMultiset<RankedValue>?
    private var numbers: OrderedMultiset<Double>?
    private var kinds: [CELValue: Int]?

    init(_ measure: Measure) {
        switch measure.function {
        case .count, .rate: break
        case .sum, .avg: if !measure.isWhole { sum = ExactSum() }
        case .min, .max: ranked = OrderedMultiset()
        case .quantile: numbers = OrderedMultiset()
        case .distinct: kinds = [:]
        }
    }

    mutating func add(_ value: CELValue) {
        count += 1
        switch value {
        case .int(let number) where numbers == nil: wholeSum += Int128(number)
        case .double(let number): sum?.add(number)
        default: break
        }
        if let number = Aggregate.number(value) { numbers?.insert(number) }
        if let value = RankedValue(value) { ranked?.insert(value) }
        kinds?[value, default: 0] += 1
    }

    /// Takes away a value that was added.
    mutating func remove(_ value: CELValue) {
        count -= 1
        switch value {
        case .int(let number) where numbers == nil: wholeSum -= Int128(number)
        case .double(let number): sum?.remove(number)
        default: break
        }
        if let number = Aggregate.number(value) { numbers?.remove(number) }
        if let value = RankedValue(value) { ranked?.remove(value) }
        guard let left = kinds?[value] else { return }
        kinds?[value] = left > 1 ? left - 1 : nil
    }

    private static func number(_ value: CELValue) -> Double? {
        switch value {
        case .int(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    /// What the measure comes to; null where that would be something of nothing, or is too large.
    func value(of measure: Measure, seconds: Double) -> CELValue {
        switch measure.function {
        case .count: .int(Int64(count))
        case .rate: .double(Double(count) / seconds)
        case .distinct: .int(Int64(kinds?.count ?? 0))
        case .sum:
            if measure.isWhole { Int64(exactly: wholeSum).map(CELValue.int) ?? .null } else { total }
        case .avg: average(of: measure)
        case .min: ranked?.first?.value ?? .null
        case .max: ranked?.last?.value ?? .null
        case .quantile(let part): quantile(part)
        }
    }

    private var total: CELValue { sum?.value.map(CELValue.double) ?? .null }

    private func average(of measure: Measure) -> CELValue {
        guard count > 0 else { return .null }
        if measure.isWhole { return .double(Double(wholeSum) / Double(count)) }
        return sum?.value.map { .double($0 / Double(count)) } ?? .null
    }

    private func quantile(_ part: Double) -> CELValue {
        guard let numbers, numbers.count > 0 else { return .null }
        let place = part * Double(numbers.count - 1)
        let below = min(Int(place), numbers.count - 1)
        let (low, high) = (numbers[below], numbers[min(below + 1, numbers.count - 1)])
        // Two infinities have no line between them.
        return .double(low == high ? low : low + (place - Double(below)) * (high - low))
    }
}
