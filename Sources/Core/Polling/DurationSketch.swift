/// How long something took, the last few hundred times: a histogram whose past fades.
///
/// Its buckets grow by a fifth each, from half a second to a day, so that it takes the same small memory whatever it sees.
package struct DurationSketch: Sendable, Equatable {
    /// Counts by bucket; the last one takes whatever is longer.
    private(set) var counts: [Double]
    /// How many durations were ever taken in, as far as it still matters.
    package private(set) var samples: Int

    /// So many durations must be known before anything is concluded.
    package static let enough = 30
    private static let bucketCount = 68
    private static let shortest = 0.5
    private static let growth = 1.2
    /// Beyond so many, the older ones count half.
    private static let most = 400.0
    /// A bucket with less than this share of the whole says nothing.
    private static let least = 0.002

    package init() {
        counts = Array(repeating: 0, count: DurationSketch.bucketCount)
        samples = 0
    }

    /// Takes in a duration, in seconds; negative ones count as none at all.
    package mutating func note(_ seconds: Double) {
        guard seconds.isFinite else { return }
        counts[DurationSketch.bucket(of: seconds)] += 1
        samples = min(samples + 1, 1_000_000)
        if counts.reduce(0, +) > DurationSketch.most { counts = counts.map { $0 / 2 } }
    }

    /// When, at an age in seconds, an end is to be reckoned with.
    package enum Outlook: Sendable, Equatable {
        /// Others ended at such an age, or too few were seen to tell.
        case now
        /// None ended before this age, in seconds.
        case notBefore(Double)
        /// It has taken longer than any other.
        case overdue
    }

    package func outlook(at age: Double) -> Outlook {
        guard samples >= DurationSketch.enough else { return .now }
        let least = max(counts.reduce(0, +) * DurationSketch.least, .leastNonzeroMagnitude)
        let here = DurationSketch.bucket(of: age)
        // A neighbour on either side is as good as the bucket itself: what was seen is only a sample.
        guard let next = counts.indices.first(where: { $0 >= here - 1 && counts[$0] >= least }) else { return .overdue }
        if next <= here + 1 { return .now }
        return .notBefore(DurationSketch.lowerBound(of: next - 1))
    }

    private static func bucket(of seconds: Double) -> Int {
        guard seconds >= shortest else { return 0 }
        var bound = shortest
        for index in 1..<bucketCount {
            bound *= growth
            if seconds < bound { return index }
        }
        return bucketCount - 1
    }

    private static func lowerBound(of bucket: Int) -> Double {
        guard bucket > 0 else { return 0 }
        var bound = shortest
        for _ in 1..<bucket { bound *= growth }
        return bound
    }

    /// The counts that are not zero, with their places; to be kept.
    var parts: [(place: Int, count: Double)] {
        counts.enumerated().filter { $0.element > 0 }.map { ($0.offset, $0.element) }
    }

    /// What ``parts`` gave. Places and counts that make no sense are left out.
    init(parts: [(place: Int, count: Double)], samples: Int) {
        self.init()
        for (place, count) in parts where counts.indices.contains(place) && count.isFinite && count > 0 {
            counts[place] = count
        }
        self.samples = min(max(0, samples), 1_000_000)
    }
}
