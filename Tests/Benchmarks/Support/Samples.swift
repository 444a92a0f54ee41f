import Foundation

/// Measured numbers, and what is said of them.
struct Samples {
    private var sorted: [Double]

    init(_ values: some Sequence<Double>) { sorted = values.sorted() }

    var count: Int { sorted.count }
    var median: Double { percentile(50) }
    var largest: Double { sorted.last ?? .nan }

    /// The smallest number that so many of a hundred do not exceed; not a number where there is none.
    func percentile(_ percent: Double) -> Double {
        guard !sorted.isEmpty else { return .nan }
        let rank = (percent / 100 * Double(sorted.count)).rounded(.up)
        return sorted[min(sorted.count - 1, max(0, Int(rank) - 1))]
    }
}

/// Columns and figures for people.
enum Report {
    /// Prints a line at once, also into a pipe.
    static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

    /// A name and what was measured under it.
    static func row(_ name: String, _ figures: String) {
        line("  " + name + String(repeating: " ", count: max(1, 44 - name.count)) + figures)
    }

    static func number(_ value: Double, digits: Int = 2) -> String { String(format: "%.\(digits)f", value) }
}
