package import Core

/// What tests have shown of rules: which fired, and which parts of their conditions were true, and false.
package struct RuleCoverage: Sendable {
    private struct Part: Sendable {
        var text: String
        var wasTrue = false
        var wasFalse = false
        /// Reached, with a value that is neither.
        var wasOther = false
    }

    private var parts: [String: [Part]] = [:]
    private var fired: Set<String> = []

    package init() {}

    mutating func noteFired(_ rule: String) { fired.insert(rule) }

    mutating func note(_ look: RuleLook) {
        var known = parts[look.rule] ?? look.parts.map { Part(text: $0.text) }
        // Another condition of that name, from another file or a reload.
        guard known.map(\.text) == look.parts.map(\.text) else { return }
        for (index, part) in look.parts.enumerated() {
            guard let value = part.value else { continue }
            // Inside a macro a part has several values, with commas between them.
            let values = value.split(separator: ", ")
            if values.contains("true") { known[index].wasTrue = true }
            if values.contains("false") { known[index].wasFalse = true }
            if !values.contains("true"), !values.contains("false") { known[index].wasOther = true }
        }
        parts[look.rule] = known
    }

    package mutating func merge(_ other: RuleCoverage) {
        fired.formUnion(other.fired)
        for (rule, theirs) in other.parts {
            guard var ours = parts[rule], ours.count == theirs.count else {
                parts[rule] = parts[rule] ?? theirs
                continue
            }
            for index in ours.indices {
                ours[index].wasTrue = ours[index].wasTrue || theirs[index].wasTrue
                ours[index].wasFalse = ours[index].wasFalse || theirs[index].wasFalse
                ours[index].wasOther = ours[index].wasOther || theirs[index].wasOther
            }
            parts[rule] = ours
        }
    }

    package func hasFired(_ rule: String) -> Bool { fired.contains(rule) }

    /// What the tests leave open about these rules, in their order: a rule that never fired, and each part of a condition
    /// that never was both true and false. Into conditions over windows, sources and sinks nobody looks: of these it is
    /// known whether they fired.
    package func gaps(of rules: [Rule]) -> [(rule: String, gap: String)] {
        rules.flatMap { described -> [(String, String)] in
            let rule = described.name
            guard let parts = parts[rule] else {
                if fired.contains(rule) { return [] }
                let isLookedInto = described.window == nil && described.watch.isListed
                return [(rule, isLookedInto ? "never looked at anything" : "never fired")]
            }
            var gaps: [(String, String)] = fired.contains(rule) ? [] : [(rule, "never fired")]
            for part in parts {
                switch (part.wasTrue, part.wasFalse, part.wasOther) {
                case (false, false, false): gaps.append((rule, "never reached: \(part.text)"))
                case (true, false, _): gaps.append((rule, "never false: \(part.text)"))
                case (false, true, _): gaps.append((rule, "never true: \(part.text)"))
                default: continue
                }
            }
            return gaps
        }
    }
}
