import Core

/// A rule twice: as a user writes it, and as this program understands it without the engine.
struct RuleSpec: Sendable {
    var name: String
    var kind: ResourceKind
    /// Its condition and its settings, as YAML.
    var yaml: String
    /// Whether the condition holds of a resource in this state, whose age is given in seconds.
    var holds: @Sendable (_ status: String, _ age: Double) -> Bool
    /// `for`, in seconds; nil where the rule has none.
    var hold: Double?
    /// `keep_firing_for`, in seconds.
    var keep = 0.0
    var resolves: Bool
    var notify: [String]
    /// Whether a reload may take it out of force.
    var isRemovable = false
    /// Whether the clock alone can turn it.
    var usesClock = false
    /// Whether it watches Auspex itself: then only the form and the end of what it says are judged.
    var isOwn = false

    var text: String {
        "  - { name: \(name), watch: \(kind.rawValue), \(yaml), notify: [\(notify.joined(separator: ", "))] }"
    }
}

extension RuleSpec {
    private static let final: Set = ["failed", "succeeded", "cancelled"]
    /// The age, in seconds, at which what is still processing is slow.
    static let slowAge = 60.0

    static let all: [RuleSpec] = [
        RuleSpec(
            name: "failed", kind: .generation, yaml: "when: 'self.status == \"failed\"'",
            holds: { status, _ in status == "failed" }, resolves: false, notify: ["a"]),
        RuleSpec(
            name: "ended", kind: .generation,
            yaml:
                "when: 'self.status in [\"succeeded\", \"failed\", \"cancelled\"]', title: '${self.id} ${self.status}'",
            holds: { status, _ in final.contains(status) }, resolves: false, notify: ["a", "b"]),
        RuleSpec(
            name: "slow", kind: .generation,
            yaml:
                "when: 'self.status == \"processing\" && now - self.created_at > duration(\"60s\")', send_resolved: true",
            holds: { status, age in status == "processing" && age > slowAge }, resolves: true, notify: ["a"],
            isRemovable: true, usesClock: true),
        RuleSpec(
            name: "review", kind: .character, yaml: "when: 'self.status == \"reviewing\"', for: 0s",
            holds: { status, _ in status == "reviewing" }, hold: 0, resolves: true, notify: ["a"]),
        RuleSpec(
            name: "stuck", kind: .character,
            yaml: "when: 'self.status == \"reviewing\"', for: 45s, repeat_interval: 40s, severity: critical",
            holds: { status, _ in status == "reviewing" }, hold: 45, resolves: true, notify: ["b"], isRemovable: true),
        RuleSpec(
            name: "broken", kind: .character, yaml: "when: 'self.status == \"failed\"', for: 0s, keep_firing_for: 30s",
            holds: { status, _ in status == "failed" }, hold: 0, keep: 30, resolves: true, notify: ["a", "b"],
            isRemovable: true),
        RuleSpec(
            name: "low", kind: .balance, yaml: "when: self.available_credits < 50.0, for: 0s",
            holds: { status, _ in (Int(status) ?? 0) < 50 }, hold: 0, resolves: true, notify: ["b"]),
        RuleSpec(
            name: "blind", kind: .source, yaml: "when: self.reachable == false, for: 20s",
            holds: { _, _ in false }, hold: 20, resolves: true, notify: ["b"], isOwn: true),
        RuleSpec(
            name: "shut", kind: .sink, yaml: "when: 'self.circuit != \"closed\"', for: 0s",
            holds: { _, _ in false }, hold: 0, resolves: true, notify: ["b"], isOwn: true),
    ]
}
