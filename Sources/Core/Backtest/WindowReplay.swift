import CEL

/// One window over one listing, replayed: it looks whenever something was seen.
package struct WindowReplay {
    package var rule: Rule
    package var source: String
    package var since: Timestamp
    package var until: Timestamp

    package init(rule: Rule, source: String, since: Timestamp, until: Timestamp) {
        self.rule = rule
        self.source = source
        self.since = since
        self.until = until
    }

    /// `contributions` are in any order; all that were seen before `since` fill the window it begins with.
    package func run(_ contributions: [(seenAt: Timestamp, contribution: WindowContribution)]) -> Decision {
        var decision = Decision()
        let clock = ListingWindows.beginning(of: rule, open: [], at: since)
        guard var window = RuleWindow(rule, source: source, clock: clock, latest: []) else { return decision }
        // Sorting is stable: what was seen together stays in its order.
        let ordered = contributions.sorted { $0.seenAt < $1.seenAt }
        var look = since
        for (seenAt, contribution) in ordered {
            if seenAt > look {
                _ = window.step(to: look, now: look, into: &decision)
                look = seenAt
            }
            window.add(contribution)
        }
        _ = window.step(to: look, now: look, into: &decision)
        _ = window.step(to: until, now: until, into: &decision)
        return decision
    }
}
