/// The sum of doubles to the last bit, whatever the order in which they come and go.
///
/// Shewchuk's algorithm: the sum is kept as doubles that do not overlap, which together are exact; only reading it
/// rounds, once. So what is added and taken away again leaves no trace, and a sum that is made anew after a restart is
/// the same one.
struct ExactSum: Sendable {
    /// Non-overlapping, in the order of their magnitudes.
    private var partials: [Double] = []
    /// How many values are in it that cannot be added with others: infinite, or close to it.
    private var extremes = 0

    /// Millions of smaller ones are added without overflow.
    private static let largest = 1e300

    mutating func add(_ value: Double) {
        guard value.magnitude <= ExactSum.largest else {
            extremes += 1
            return
        }
        absorb(value)
    }

    /// Takes away a value that was added.
    mutating func remove(_ value: Double) {
        guard value.magnitude <= ExactSum.largest else {
            extremes -= 1
            return
        }
        absorb(-value)
    }

    private mutating func absorb(_ value: Double) {
        var x = value
        var kept = 0
        for index in partials.indices {
            var y = partials[index]
            if x.magnitude < y.magnitude { swap(&x, &y) }
            let high = x + y
            let low = y - (high - x)
            if low != 0 {
                partials[kept] = low
                kept += 1
            }
            x = high
        }
        partials.removeLast(partials.count - kept)
        if x != 0 { partials.append(x) }
    }

    /// The sum, rounded to the nearest double; nil while a value is in it that is too large to be added.
    var value: Double? {
        guard extremes == 0 else { return nil }
        guard var high = partials.last else { return 0 }
        var low = 0.0
        var index = partials.count - 1
        while index > 0 {
            index -= 1
            let x = high
            let y = partials[index]
            high = x + y
            low = y - (high - x)
            if low != 0 { break }
        }
        // Exactly halfway: what lies below decides to which side it is rounded.
        if index > 0, (low < 0) == (partials[index - 1] < 0), low != 0 {
            let twice = low * 2
            let other = high + twice
            if twice == other - high { high = other }
        }
        return high
    }
}
