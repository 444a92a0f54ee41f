import CEL

/// What of a rule decides when and to whom its alerts are told, not whether they fire.
package struct NoisePolicy: Sendable {
    package var grouping: Grouping?
    /// The rules during whose alerts this one's are held.
    package var inhibitedBy: [String]
    package var mute: [MuteTime]

    package init(grouping: Grouping? = nil, inhibitedBy: [String] = [], mute: [MuteTime] = []) {
        self.grouping = grouping
        self.inhibitedBy = inhibitedBy
        self.mute = mute
    }

    var isQuiet: Bool { grouping == nil && inhibitedBy.isEmpty && mute.isEmpty }
}

/// Where the alert that inhibits another is looked for.
package struct Inhibitor: Sendable, Equatable {
    package var rule: String
    package var kind: ResourceKind
    package var source: String?
    package var resource: String?
}

/// How decided notifications reach their sinks: the grouping, inhibitors and mute times in force. A value; what it
/// cannot know, such as the silences and what fires, it is told.
package struct Routing: Sendable {
    private struct Route {
        var watch: ResourceKind
        /// Whether its alerts are about single resources, not about groups of a window.
        var isSingle: Bool
        var noise: NoisePolicy
    }

    private let routes: [String: Route]
    private let sinks: [String: Grouping]

    /// - Parameter sinks: the grouping of each sink that has one, for all that goes there.
    package init(rules: [Rule] = [], sinks: [String: Grouping] = [:]) {
        routes = Dictionary(
            rules.map { ($0.name, Route(watch: $0.watch, isSingle: $0.isSingle, noise: $0.noise)) },
            uniquingKeysWith: { first, _ in first })
        self.sinks = sinks
    }

    /// Whether what the rule says goes to these sinks at once, unless a silence is in the way.
    package func isPlain(rule: String, to told: [String]) -> Bool {
        (routes[rule]?.noise.isQuiet ?? true) && (sinks.isEmpty || !told.contains { sinks[$0] != nil })
    }

    /// The group in which a notification is told to a sink: by the rule's own grouping, else by the sink's.
    package func ticket(for notification: AlertNotification, sink: String) -> GroupTicket? {
        if let grouping = routes[notification.rule]?.noise.grouping {
            return grouping.ticket(for: notification, sink: sink, owner: notification.rule)
        }
        return sinks[sink]?.ticket(for: notification, sink: sink, owner: "")
    }

    /// Why the alert of a notification is not told now, if there is a reason: a silence first, then an inhibiting
    /// alert, then a mute time.
    /// - Parameters:
    ///   - silences: those that are stored, active or not.
    ///   - firing: the id of an alert of that rule that fires, if one does.
    package func hold(
        _ notification: AlertNotification, silences: [Silence], at now: Timestamp,
        firing: (Inhibitor) throws -> String?
    ) rethrows -> Hold? {
        let active = silences.filter { $0.state(at: now) == .active }
        if !active.isEmpty {
            let alert = AlertScope.activation(of: notification)
            let covering = active.filter { $0.covers(alert) }
            if let last = covering.max(by: { $0.endsAt < $1.endsAt }) {
                return Hold(.silenced, holder: last.id, until: last.endsAt)
            }
        }
        guard let route = routes[notification.rule] else { return nil }
        if let key = notification.alerts.first?.resource {
            for name in route.noise.inhibitedBy {
                guard let inhibitor = inhibitor(name, of: key, route) else { continue }
                if let alert = try firing(inhibitor) { return Hold(.inhibited, holder: alert) }
            }
        }
        return MuteTime.end(of: route.noise.mute, at: now).map { Hold(.muted, until: $0) }
    }

    /// One of the same source, and of the same resource where both rules are about single resources of one kind. A sink
    /// belongs to no source, so it inhibits everywhere and is inhibited from everywhere.
    private func inhibitor(_ name: String, of key: ResourceKey, _ route: Route) -> Inhibitor? {
        guard let other = routes[name] else { return nil }
        let isAlike = other.watch == key.kind && other.isSingle && route.isSingle
        let isOfSource = (other.watch == .sink) == (key.kind == .sink)
        return Inhibitor(
            rule: name, kind: other.watch, source: isOfSource ? key.source : nil, resource: isAlike ? key.id : nil)
    }
}
