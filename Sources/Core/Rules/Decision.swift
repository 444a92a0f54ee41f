import CEL

/// Something to say, and to whom.
package struct DecidedNotification: Sendable, Equatable {
    package var notification: AlertNotification
    package var sinks: [String]
    /// The alert's how-manieth notification (from 1); deliveries of one alert go out in this order.
    package var sequence: Int

    package init(notification: AlertNotification, sinks: [String], sequence: Int) {
        self.notification = notification
        self.sinks = sinks
        self.sequence = sequence
    }
}

/// A condition that could not be evaluated.
package struct UnknownVerdict: Sendable, Equatable {
    package var rule: String
    package var resource: ResourceKey
    package var reason: String
}

/// How a resource came to differ from what was known.
package struct ResourceChange: Sendable, Equatable {
    package enum Nature: String, Sendable { case firstSeen = "first_seen", changed, gone }

    package var key: ResourceKey
    package var nature: Nature
    package var observedAt: Timestamp
    package var oldStatus: String?
    package var newStatus: String
    package var paths: [String]
    /// Whether it belongs to the first sight of its source.
    package var isBaseline: Bool
    /// How the resource was before; nil where it was not known, or not whole, or is Auspex' own.
    package var before: EarlierState?

    package init(
        key: ResourceKey, nature: Nature, observedAt: Timestamp, oldStatus: String?, newStatus: String, paths: [String],
        isBaseline: Bool, before: EarlierState? = nil
    ) {
        self.key = key
        self.nature = nature
        self.observedAt = observedAt
        self.oldStatus = oldStatus
        self.newStatus = newStatus
        self.paths = paths
        self.isBaseline = isBaseline
        self.before = before
    }
}

/// All that follows from one observation or one tick of the clock; committed as a whole or not at all.
package struct Decision: Sendable {
    package var snapshots: [Snapshot] = []
    package var changes: [ResourceChange] = []
    package var records: [AlertRecord] = []
    /// Alerts that were never told to anyone and are over.
    package var forgotten: [AlertID] = []
    package var notifications: [DecidedNotification] = []
    package var unknowns: [UnknownVerdict] = []
    /// What the changes add to the windows of rules with `over`; nothing follows from it before they are looked at.
    package var contributions: [WindowContribution] = []
    /// What rules made of what they saw, where that is kept.
    package var looks: [ResourceLook] = []
    /// Documented fields whose value was of another type, by resource.
    package var misfits: [(key: ResourceKey, paths: [String])] = []

    package init() {}

    package var isEmpty: Bool {
        snapshots.isEmpty && changes.isEmpty && records.isEmpty && forgotten.isEmpty && notifications.isEmpty
    }

    /// Whether an alert is another one afterwards, and with it perhaps the time of the next look.
    package var movesAlerts: Bool { !records.isEmpty || !forgotten.isEmpty }
}
