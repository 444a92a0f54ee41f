package import CEL

/// A rule as it is in force: its condition and texts compiled, its settings known to be sound.
///
/// A class, as it is looked at for every change: a copy of a value with so many parts would count each of them.
package final class Rule: Sendable {
    package let name: String
    package let watch: ResourceKind
    package let condition: Program
    package let clockUse: ClockUse
    package let policy: AlertPolicy
    package let severity: Severity
    package let labels: [Label]
    package let title: Template?
    package let text: Template?
    /// The sinks that are told, each once.
    package let notify: [String]
    package let sendsResolved: Bool
    /// How far the baseline reaches back for a rule without `for`.
    package let backfill: Duration?
    /// When and how its sinks are told.
    package let noise: NoisePolicy
    /// What it was called before: open alerts of that name are its own.
    package let renamedFrom: [String]
    /// For a rule over many resources at once; its condition and texts then ask about the measures.
    package let window: Window?

    /// Whether its alerts are about single resources.
    package var isSingle: Bool { window == nil }

    package init(
        name: String, watch: ResourceKind, condition: Program, clockUse: ClockUse, policy: AlertPolicy,
        severity: Severity, labels: [Label], title: Template?, text: Template?, notify: [String],
        sendsResolved: Bool, backfill: Duration?, noise: NoisePolicy = NoisePolicy(), renamedFrom: [String] = [],
        window: Window? = nil
    ) {
        self.name = name
        self.watch = watch
        self.condition = condition
        self.clockUse = clockUse
        self.policy = policy
        self.severity = severity
        self.labels = labels
        self.title = title
        self.text = text
        self.notify = notify
        self.sendsResolved = sendsResolved
        self.backfill = backfill
        self.noise = noise
        self.renamedFrom = renamedFrom
        self.window = window
    }

    /// The same rule but for what is given.
    package func with(
        name: String? = nil, policy: AlertPolicy? = nil, labels: [Label]? = nil, notify: [String]? = nil,
        noise: NoisePolicy? = nil, renamedFrom: [String]? = nil
    ) -> Rule {
        Rule(
            name: name ?? self.name, watch: watch, condition: condition, clockUse: clockUse,
            policy: policy ?? self.policy, severity: severity, labels: labels ?? self.labels, title: title, text: text,
            notify: notify ?? self.notify, sendsResolved: sendsResolved, backfill: backfill,
            noise: noise ?? self.noise, renamedFrom: renamedFrom ?? self.renamedFrom, window: window)
    }

    /// Changes when what the rule says of a resource can have changed, so that all are looked at again.
    package var conditionIdentity: String { conditionIdentity(named: name) }

    /// The same, had it another name.
    package func conditionIdentity(named name: String) -> String {
        DerivedID.text(
            of: [
                name, watch.rawValue, condition.text, "\(policy.hold ?? .zero)", "\(backfill ?? .zero)",
                // A firing alert's timer follows from these.
                "\(policy.keepFiringFor ?? .zero)", "\(policy.repeatIntervals.first ?? .zero)",
            ] + policy.repeatIntervals.dropFirst().map { "\($0)" } + (window.map { [$0.identity] } ?? []))
    }
}
