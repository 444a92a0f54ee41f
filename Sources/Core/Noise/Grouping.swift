package import CEL

/// `group_by`, `group_wait`, `group_interval`: what is gathered into one digest, and when it goes out.
package struct Grouping: Sendable {
    /// Alerts with the same values are one group; without any, all are.
    package var by: [Program]
    /// How long a group that was quiet waits for more.
    package var wait: Duration
    /// How often at most it says something.
    package var interval: Duration

    package static let standardWait = Duration.seconds(10)
    package static let standardInterval = Duration.seconds(60)

    package init(by: [Program], wait: Duration = standardWait, interval: Duration = standardInterval) {
        self.by = by
        self.wait = wait
        self.interval = interval
    }

    /// The group that a notification belongs to. An expression without a value, such as one over a field that this
    /// resource does not have, counts as null: nothing is lost for it.
    func ticket(for notification: AlertNotification, sink: String, owner: String) -> GroupTicket {
        let activation = AlertScope.activation(of: notification)
        let values = by.map { (try? $0.evaluate(activation)) ?? .null }
        return GroupTicket(
            sink: sink, owner: owner, values: JSON.serialize(.list(values)), wait: wait, interval: interval)
    }
}

/// A place in a group: which group, and how it waits.
package struct GroupTicket: Sendable, Hashable {
    package var sink: String
    /// The rule whose grouping it is; empty where it is the sink's.
    package var owner: String
    /// The values of `group_by`, as a JSON list.
    package var values: String
    package var wait: Duration
    package var interval: Duration

    package init(sink: String, owner: String, values: String, wait: Duration, interval: Duration) {
        self.sink = sink
        self.owner = owner
        self.values = values
        self.wait = wait
        self.interval = interval
    }

    /// What is told together because it was released together, by a silence that ended for example.
    package static func release(of rule: String, to sink: String) -> GroupTicket {
        GroupTicket(sink: sink, owner: rule, values: "released", wait: .zero, interval: .zero)
    }

    package var id: String { "grp_" + DerivedID.text(of: [sink, owner, values]) }
}

/// When a group speaks. Pure: the store keeps what it says.
package enum GroupClock {
    /// When what has just come is told.
    ///
    /// A group that has not spoken for `interval` waits for `wait`, any other until its interval is over: the first of a
    /// storm is told soon, and the storm is one digest in each interval.
    package static func due(spokeAt: Timestamp?, wait: Duration, interval: Duration, now: Timestamp) -> Timestamp {
        guard let spokeAt else { return now.advanced(by: wait) }
        let next = spokeAt.advanced(by: interval)
        return next > now ? min(next, latest(wait: wait, interval: interval, now: now)) : now.advanced(by: wait)
    }

    /// Nothing waits longer than this, whatever the clock showed when it was queued: one that was set back must not
    /// hold a digest for as long as that.
    package static func latest(wait: Duration, interval: Duration, now: Timestamp) -> Timestamp {
        now.advanced(by: max(wait, interval))
    }
}
