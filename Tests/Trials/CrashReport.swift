/// What came of a trial: every event is accounted for.
package struct CrashReport: Sendable {
    package var kills = 0
    /// How many of them met a run that had begun to deliver.
    package var killsWhileDelivering = 0
    package var seconds = 0.0
    /// What sinks were to be told: events times sinks.
    package var expected = 0
    /// All that arrived, answered well or not.
    package var callbacks = 0
    /// Never taken by the sink.
    package var lost: [String] = []
    /// Arrived again, under the same id, after it was taken: it was under way when the program was killed.
    package var repeated = 0
    /// The same within one run of the program, which nothing excuses.
    package var repeatedInOneRun: [String] = []
    /// The same id with another body.
    package var otherBody: [String] = []
    /// The same thing said under a second id.
    package var otherID: [String] = []
    /// Said, although nothing like it happened.
    package var unexpected: [String] = []
    /// A resolve that arrived before its firing was taken.
    package var overtaken: [String] = []
    /// With a signature that is not right.
    package var forged: [String] = []
    /// What the store and the program say at the end that is not as it should be.
    package var leftovers: [String] = []

    /// Everything that must be empty, with its name.
    package var faults: [(name: String, cases: [String])] {
        [
            ("lost", lost), ("doubled without a crash", repeatedInOneRun), ("doubled with another body", otherBody),
            ("doubled under another id", otherID), ("said but untrue", unexpected),
            ("resolve before firing", overtaken),
            ("wrongly signed", forged), ("left over", leftovers),
        ]
    }

    package var isClean: Bool { faults.allSatisfy(\.cases.isEmpty) }

    /// The account as lines of text.
    package var lines: [String] {
        let share = expected == 0 ? 0 : Double(repeated * 1_000_000 / expected) / 10_000
        var lines = [
            "\(kills) kills in \(Int(seconds)) s, \(killsWhileDelivering) of them while callbacks were under way",
            "\(expected) notifications to be told, \(callbacks) callbacks arrived, failed attempts included",
            "doubled with the same id and body, as they were under way at a kill: \(repeated) (\(share) %)",
        ]
        for fault in faults {
            lines.append("\(fault.name): \(fault.cases.count)")
            lines += fault.cases.prefix(5).map { "    \($0)" }
        }
        return lines
    }
}
