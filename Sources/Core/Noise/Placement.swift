/// What becomes of one decided notification for one sink.
package enum Placement: Sendable, Equatable {
    /// Into the outbox.
    case now
    /// Held until the reason has gone.
    case held(Hold)
    /// Into the next digest of a group, of the one that the alert is in already where `ticket` is nil.
    case queued(GroupTicket?)
    /// Nothing is said: it says nothing new to somebody who was not told, or is no news while a silence lasts.
    case dropped
}

extension Placement {
    /// The one rule of what is said to whom.
    ///
    /// ```
    ///              never told                 held      queued              told at once    told in a group
    /// fired        held, queued or now        –         –                   –               –
    /// reminder     the same                   dropped   instead of another  * or now        * or into the group
    /// resolved     now                        dropped   instead             now             into the group
    /// ```
    /// `*`: dropped while held. An end is told at once to whoever was told, whatever holds firings back; whoever was not
    /// told is not told the end. What was queued is told with its end.
    /// - Parameters:
    ///   - telling: what is known of this alert and this sink, if anything.
    ///   - isTold: whether the sink was told of the firing.
    ///   - hold: asked only where a firing or a reminder would be said.
    ///   - ticket: asked only where it would be said now.
    package static func of(
        _ reason: NotificationReason, telling: Telling?, isTold: Bool, hold: () throws -> Hold?,
        ticket: () throws -> GroupTicket?
    ) rethrows -> Placement {
        switch (reason, telling?.state) {
        case (.fired, _) where isTold: return .dropped
        case (.resolved, .held): return .dropped
        case (.resolved, .queued), (.resolved, .told): return .queued(nil)
        case (.resolved, nil): return .now
        case (_, .held): return .dropped
        case (_, .queued):
            // A firing that waits says more than a reminder of it.
            return telling?.isTold == true ? .queued(nil) : .dropped
        case (_, .told): return try hold() == nil ? .queued(nil) : .dropped
        case (_, nil):
            if let hold = try hold() { return isTold ? .dropped : .held(hold) }
            return try ticket().map { .queued($0) } ?? .now
        }
    }
}
