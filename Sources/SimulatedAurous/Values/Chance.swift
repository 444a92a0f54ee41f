/// SplitMix64: a small generator whose whole state is its seed, so that a world can be told again from the start.
package struct Chance: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Evenly among the whole numbers of the range.
    mutating func pick(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &self) }

    /// One of the elements; the list must not be empty.
    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(next() % UInt64(elements.count))]
    }

    /// True in so many of a hundred cases.
    mutating func happens(percent: Int64) -> Bool { pick(0...99) < percent }

    /// An outcome, each as likely as its weight says.
    mutating func weighted<Outcome>(_ outcomes: [(weight: Int64, outcome: Outcome)]) -> Outcome {
        var left = pick(0...(outcomes.reduce(0) { $0 + $1.weight } - 1))
        for (weight, outcome) in outcomes {
            if left < weight { return outcome }
            left -= weight
        }
        return outcomes[outcomes.count - 1].outcome
    }
}
