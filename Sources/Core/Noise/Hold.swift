import CEL

/// Why a sink is not told of an alert that fires; it is told when this ends and the alert fires still.
package struct Hold: Sendable, Equatable {
    package enum Reason: String, Sendable, CaseIterable {
        case silenced, inhibited, muted
    }

    package var reason: Reason
    /// The silence's id or the inhibiting alert's; empty where it is muted.
    package var holder: String
    /// When it is to be looked at again; nil where that is not a matter of time.
    package var until: Timestamp?

    package init(_ reason: Reason, holder: String = "", until: Timestamp? = nil) {
        self.reason = reason
        self.holder = holder
        self.until = until
    }
}

/// What stands between a decision and one sink, where that is not simply "at once": one alert, one sink.
package struct Telling: Sendable, Equatable {
    package enum State: String, Sendable {
        /// Not told of the firing, because of a ``Hold``.
        case held
        /// Waits for the next digest of its group.
        case queued
        /// Told in its group, and owed the end.
        case told
    }

    package var alert: AlertID
    package var sink: String
    package var state: State
    /// What is held or queued; nil where all is told.
    package var notification: NotificationID?
    package var reason: NotificationReason
    package var sequence: Int
    /// Whether the sink was told of the firing.
    package var isTold: Bool
    package var hold: Hold?
    /// The id of its group, from when it was queued.
    package var group: String?
    /// Since when it is in this state.
    package var since: Timestamp

    package init(
        alert: AlertID, sink: String, state: State, notification: NotificationID?, reason: NotificationReason,
        sequence: Int, isTold: Bool, since: Timestamp, hold: Hold? = nil, group: String? = nil
    ) {
        self.alert = alert
        self.sink = sink
        self.state = state
        self.notification = notification
        self.reason = reason
        self.sequence = sequence
        self.isTold = isTold
        self.since = since
        self.hold = hold
        self.group = group
    }
}
