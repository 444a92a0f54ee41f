import CEL

/// One alert that would have fired.
package struct BacktestAlert: Sendable, Equatable {
    package var id: AlertID
    package var resource: ResourceKey
    package var since: Timestamp
    package var firedAt: Timestamp
    /// Nil while it goes on.
    package var resolvedAt: Timestamp?
    package var title: String

    /// Nil for one that never fired.
    init?(_ record: AlertRecord) {
        guard let firedAt = record.firedAt else { return nil }
        id = record.id
        resource = record.resource
        since = record.since
        self.firedAt = firedAt
        resolvedAt = record.phase == .resolved ? record.resolvedAt : nil
        title = record.title
    }
}

/// What one rule would have said.
package struct RuleBacktest: Sendable {
    /// What one sink would have been told.
    package struct Told: Sendable, Equatable {
        package var fired = 0
        package var resolved = 0
        package var reminders = 0

        package var all: Int { fired + resolved + reminders }
    }

    package let rule: String
    /// In the order in which they fired.
    package fileprivate(set) var alerts: [BacktestAlert] = []
    /// By the sink's name; before anything is gathered or held back.
    package fileprivate(set) var told: [String: Told] = [:]
    /// How often the condition had no value, and the first reason.
    package fileprivate(set) var unknown = 0
    package fileprivate(set) var unknownReason: String?

    init(rule: String) { self.rule = rule }

    /// How long its alerts fired, up to `end` for those that go on.
    package func lengths(until end: Timestamp) -> [Duration] {
        alerts.map { ($0.resolvedAt ?? end).duration(since: $0.firedAt) }
    }
}

/// What a set of rules would have said.
package struct BacktestResult: Sendable {
    /// By the rule's name, also of those that said nothing.
    package private(set) var rules: [String: RuleBacktest]

    package init(rules: [Rule]) {
        self.rules = Dictionary(
            rules.map { ($0.name, RuleBacktest(rule: $0.name)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Takes in what followed for a resource or a window.
    package mutating func add(_ decision: Decision) {
        for record in decision.records {
            guard let alert = BacktestAlert(record) else { continue }
            rules[record.rule]?.alerts.append(alert)
        }
        for decided in decision.notifications {
            let notification = decided.notification
            for sink in decided.sinks {
                switch notification.reason {
                case .fired: rules[notification.rule]?.told[sink, default: .init()].fired += 1
                case .resolved: rules[notification.rule]?.told[sink, default: .init()].resolved += 1
                case .reminder: rules[notification.rule]?.told[sink, default: .init()].reminders += 1
                }
            }
        }
        for unknown in decision.unknowns {
            rules[unknown.rule]?.unknown += 1
            if rules[unknown.rule]?.unknownReason == nil { rules[unknown.rule]?.unknownReason = unknown.reason }
        }
    }

    package mutating func add(_ other: BacktestResult) {
        for (name, found) in other.rules {
            guard var rule = rules[name] else { continue }
            rule.alerts += found.alerts
            for (sink, told) in found.told {
                rule.told[sink, default: .init()].fired += told.fired
                rule.told[sink, default: .init()].resolved += told.resolved
                rule.told[sink, default: .init()].reminders += told.reminders
            }
            rule.unknown += found.unknown
            rule.unknownReason = rule.unknownReason ?? found.unknownReason
            rules[name] = rule
        }
    }

    /// Puts the alerts into the order in which they fired.
    package mutating func sort() {
        for name in rules.keys {
            rules[name]?.alerts.sort { ($0.firedAt, $0.id.rawValue) < ($1.firedAt, $1.id.rawValue) }
        }
    }
}

/// What one rule says more and less than before.
package struct BacktestDifference: Sendable {
    package var rule: String
    /// Whether the rule is only in the newer, or only in the older.
    package var isNew: Bool
    package var isGone: Bool
    package var added: [BacktestAlert]
    package var removed: [BacktestAlert]
    package var kept: Int
    /// Notifications to each sink: before and now.
    package var told: [String: (old: Int, new: Int)]

    /// Alerts are the same when they are about the same thing and began at the same time.
    package static func between(_ old: BacktestResult, _ new: BacktestResult) -> [BacktestDifference] {
        Set(old.rules.keys).union(new.rules.keys).sorted().map { name in
            let (before, now) = (old.rules[name], new.rules[name])
            let known = Set((before?.alerts ?? []).map(Sameness.init))
            let found = Set((now?.alerts ?? []).map(Sameness.init))
            var told: [String: (old: Int, new: Int)] = [:]
            for (sink, count) in before?.told ?? [:] { told[sink] = (count.all, 0) }
            for (sink, count) in now?.told ?? [:] { told[sink] = (told[sink]?.old ?? 0, count.all) }
            return BacktestDifference(
                rule: name, isNew: before == nil, isGone: now == nil,
                added: (now?.alerts ?? []).filter { !known.contains(Sameness($0)) },
                removed: (before?.alerts ?? []).filter { !found.contains(Sameness($0)) },
                kept: known.intersection(found).count, told: told)
        }
    }

    private struct Sameness: Hashable {
        var resource: ResourceKey
        var firedAt: Timestamp

        init(_ alert: BacktestAlert) {
            resource = alert.resource
            firedAt = alert.firedAt
        }
    }
}
