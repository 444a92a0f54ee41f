import CEL

/// What the durations seen teach about those to come: for generations by media and inference type, for characters by
/// status. Bounded: groups beyond the limit share one.
package struct LearnedDurations: Sendable, Equatable {
    private var sketches: [String: DurationSketch] = [:]
    /// Whether there is something new to keep.
    package private(set) var isDirty = false

    static let groupLimit = 64
    private static let otherGroup = "other"
    /// What lasts longer than all before it is asked about after another such part of its age.
    private static let overduePart = 0.05
    /// The same where too little is known to call it overdue.
    private static let unknownPart = 1.0 / 240

    package init() {}

    /// Something of the group came to an end, after so many seconds.
    package mutating func note(_ seconds: Double, group: String) {
        guard seconds.isFinite, seconds >= 0 else { return }
        let isKnown = sketches[group] != nil || sketches.count < LearnedDurations.groupLimit
        sketches[isKnown ? group : LearnedDurations.otherGroup, default: DurationSketch()].note(seconds)
        isDirty = true
    }

    /// How long to wait between two looks at something of this group and age, in seconds: `active` where its end is
    /// plausible or nothing is known, longer where nothing like it ended so soon, and longer and longer where it lasts
    /// beyond all others. Never below `active`, never above `idle`.
    package func interval(group: String, age: Double, active: Double, idle: Double) -> Double {
        let idle = max(active, idle)
        func held(_ seconds: Double) -> Double { min(max(seconds, active), idle) }
        let sketch = sketches[group] ?? sketches[LearnedDurations.otherGroup] ?? DurationSketch()
        switch sketch.outlook(at: age) {
        case .now:
            return sketch.samples < DurationSketch.enough ? held(age * LearnedDurations.unknownPart) : active
        case .notBefore(let start): return held(start - age)
        case .overdue: return held(age * LearnedDurations.overduePart)
        }
    }
}

extension LearnedDurations {
    /// The form in which they are stored. Afterwards there is nothing new to store.
    package mutating func document() -> String {
        isDirty = false
        let groups = sketches.sorted { $0.key < $1.key }.map { name, sketch -> (String, CELValue) in
            let parts = sketch.parts.map { CELValue.list([.int(Int64($0.place)), .double($0.count)]) }
            return (
                name,
                .map(CELMap([("samples", .int(Int64(sketch.samples))), ("counts", .list(parts))]))
            )
        }
        return JSON.serialize(.map(CELMap(groups)))
    }

    /// Reads what ``document()`` wrote; what makes no sense is left out.
    package init(document: String) {
        guard case .map(let groups)? = try? JSON.parse(Array(document.utf8)) else { return }
        for (name, value) in groups.stringEntries.prefix(LearnedDurations.groupLimit + 1) {
            guard case .map(let members) = value, case .list(let parts)? = members["counts"],
                let samples = members["samples"]?.wholeNumber
            else { continue }
            let counts = parts.compactMap { part -> (place: Int, count: Double)? in
                guard case .list(let pair) = part, pair.count == 2, let place = pair[0].wholeNumber else { return nil }
                switch pair[1] {
                case .double(let count): return (place, count)
                case .int(let count): return (place, Double(count))
                default: return nil
                }
            }
            sketches[name] = DurationSketch(parts: counts, samples: samples)
        }
    }
}

extension CELValue {
    fileprivate var wholeNumber: Int? {
        switch self {
        case .int(let number): Int(exactly: number)
        case .double(let number): Int(exactly: number)
        default: nil
        }
    }
}
