package import CEL

/// A rule as it is in force: its condition and texts compiled, its settings known to be sound.
package struct Rule: Sendable {
    package var name: String
    package var watch: ResourceKind
    package var condition: Program
    package var clockUse: ClockUse
    package var policy: AlertPolicy
    package var severity: Severity
    package var labels: [Label]
    package var title: Template?
    package var text: Template?
    /// The sinks that are told, each once.
    package var notify: [String]
    package var sendsResolved: Bool
    /// How far the baseline reaches back for a rule without `for`.
    package var backfill: Duration?
    /// When and how its sinks are told.
    package var noise = NoisePolicy()
    /// What it was called before: open alerts of that name are its own.
    package var renamedFrom: [String] = []
    /// For a rule over many resources at once; its condition and texts then ask about the measures.
    package var window: Window?

    /// Whether its alerts are about single resources.
    package var isSingle: Bool { window == nil }

    package init(
        name: String, watch: ResourceKind, condition: Program, clockUse: ClockUse, policy: AlertPolicy,
        severity: Severity, labels: [Label], title: Template?, text: Template?, notify: [String],
        sendsResolved: Bool, backfill: Duration?, window: Window? = nil
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
        self.window = window
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
