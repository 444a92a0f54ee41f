import CEL

/// How far one rule's window over one listing has come, as it is stored.
package struct WindowMark: Sendable, Equatable {
    package var rule: String
    /// ``Rule/conditionIdentity`` of the rule that has looked so far.
    package var identity: String
    package var clock: Timestamp

    package init(rule: String, identity: String, clock: Timestamp) {
        self.rule = rule
        self.identity = identity
        self.clock = clock
    }
}

/// All windows over one listing.
package struct ListingWindows: Sendable {
    private var windows: [String: RuleWindow] = [:]

    package init() {}

    package var isEmpty: Bool { windows.isEmpty }
    package var names: [String] { windows.keys.sorted() }
    package subscript(rule: String) -> RuleWindow? { windows[rule] }

    /// Where a rule begins that has not looked at the listing yet: so far back that `for` can count what is known, but
    /// not before what a firing alert has said already.
    package static func beginning(of rule: Rule, open: [AlertRecord], at now: Timestamp) -> Timestamp {
        let hasFiring = open.contains { $0.rule == rule.name && $0.phase == .firing }
        return hasFiring ? now : now.advanced(by: .zero - (rule.policy.hold ?? .zero))
    }

    /// Takes in a rule's window, in the place of one of the same name.
    package mutating func put(_ window: RuleWindow) { windows[window.rule.name] = window }

    package mutating func keepOnly(_ rules: Set<String>) {
        windows = windows.filter { rules.contains($0.key) }
    }

    /// Changes were seen. What is for windows that are not here is passed over.
    package mutating func add(_ contributions: [WindowContribution]) {
        for contribution in contributions { windows[contribution.rule]?.add(contribution) }
    }

    /// The listing was looked at: what is known is as it was at `time`. Returns the groups that were looked at, by rule.
    package mutating func step(
        to time: Timestamp, now: Timestamp, into decision: inout Decision
    ) -> [String: Set<String>] {
        var looked: [String: Set<String>] = [:]
        for name in names {
            guard var window = windows[name].take() else { continue }
            looked[name] = window.step(to: time, now: now, into: &decision)
            windows[name] = window
        }
        return looked
    }

    /// How far all have come.
    package var marks: [WindowMark] {
        names.compactMap { windows[$0] }.map {
            WindowMark(rule: $0.rule.name, identity: $0.rule.conditionIdentity, clock: $0.clock)
        }
    }

    /// When the listing should be looked at for the windows' sake; see ``RuleWindow/nextLook(ease:)``.
    package func nextLook(ease: Duration) -> Timestamp? {
        windows.values.compactMap { $0.nextLook(ease: ease) }.min()
    }
}
