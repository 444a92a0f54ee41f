package import CEL

/// Where an alert stands.
package enum AlertPhase: String, Sendable {
    /// Not true, but the clock alone can make it so: it is evaluated again at `dueAt`.
    case watching
    /// True since before anyone asked, so nothing was said; evaluated again at `dueAt`, when the clock may have ended it.
    case standing
    /// True, but not yet for as long as the rule's `for`.
    case pending
    case firing
    case resolved
}

/// One activation of one rule for one resource, as it is stored.
package struct AlertRecord: Sendable, Equatable {
    package var id: AlertID
    package var rule: String
    package var resource: ResourceKey
    /// The how-manieth time (from 1) that the rule became true for the resource.
    package var activation: Int
    package var phase: AlertPhase
    /// When the condition began.
    package var since: Timestamp
    package var firedAt: Timestamp?
    package var resolvedAt: Timestamp?
    /// When the condition turned false while `keep_firing_for` holds the alert; nil when it is true.
    package var clearedAt: Timestamp?
    /// When it must be evaluated again even if nothing changes.
    package var dueAt: Timestamp?
    /// How many notifications have been made about it.
    package var sequence: Int
    /// When the last of them was made.
    package var notifiedAt: Timestamp?
    /// The sinks that were given the firing, and are owed its end.
    package var told: [String]
    /// The sinks that are to be told of the firing, but later: something holds it back, or it is gathered with others.
    package var waiting: [String] = []
    /// Whether its end is to be told: the rule's `send_resolved` when it fired.
    package var owesResolve: Bool
    /// As last rendered, for tables and for saying that it ended when the rule is gone.
    package var title: String
    package var severity: Severity
    /// For an alert about a group of resources the values by which the group is told from others; else nil.
    package var members: CELMap?

    package init(
        rule: String, resource: ResourceKey, activation: Int, phase: AlertPhase, since: Timestamp, severity: Severity
    ) {
        id = AlertID(rule: rule, resource: resource, activation: activation)
        self.rule = rule
        self.resource = resource
        self.activation = activation
        self.phase = phase
        self.since = since
        self.severity = severity
        sequence = 0
        told = []
        owesResolve = false
        title = ""
    }

    /// All whom its firing concerns, told or not yet.
    var addressed: [String] { told + waiting.filter { !told.contains($0) } }

    /// Whether it only keeps a timer.
    package var isTimer: Bool { phase == .watching || phase == .standing }

    /// Whether it counts: pending or firing.
    package var isOpen: Bool { phase == .pending || phase == .firing }
}
