package import CEL

/// How a resource was before a change, as what is kept of it: only what the change altered.
package struct EarlierState: Sendable, Equatable {
    /// The members of its JSON that became others, as they were; null where there was none.
    package var members: CELMap
    /// When the status that it had then began.
    package var statusSince: Timestamp

    package init(members: CELMap, statusSince: Timestamp) {
        self.members = members
        self.statusSince = statusSince
    }

    /// Nil where nothing is known of it but its status. `parsed` is its body, where somebody has read it already.
    init?(_ previous: Snapshot?, now: CELValue, parsed: CELValue?) {
        guard let previous, previous.isWhole, previous.key.kind.isListed,
            let members = ResourceDiff.earlierMembers(
                of: parsed ?? ObservationContext.parse(previous.body), before: now)
        else { return nil }
        self.init(members: members, statusSince: previous.statusSince)
    }
}
