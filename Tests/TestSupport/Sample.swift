import CEL
package import Core

/// Named values for tests, where the value itself does not matter.
package enum Sample {
    /// 2026-05-04T12:00:00Z.
    package static let noon = Timestamp(clampedSeconds: 1_777_896_000, nanoseconds: 0)

    /// So many seconds after noon.
    package static func at(_ seconds: Int) -> Timestamp { noon.advanced(by: .seconds(seconds)) }

    package static func key(
        _ id: String, source: String = "studio", kind: ResourceKind = .generation
    ) -> ResourceKey {
        ResourceKey(source: source, kind: kind, id: id)
    }

    /// The JSON of a resource; `fields` are more members, their values as JSON.
    package static func json(_ id: String, _ status: String, _ fields: [(String, String)] = []) -> [UInt8] {
        let more = fields.map { ",\"\($0.0)\":\($0.1)" }.joined()
        return Array("{\"id\":\"\(id)\",\"status\":\"\(status)\"\(more)}".utf8)
    }

    /// A JSON text of an instant, so many seconds after noon.
    package static func time(_ seconds: Int) -> String { "\"\(at(seconds).rfc3339)\"" }

    /// A rule as a file would make it. Conditions that do not compile are the test's own mistake.
    package static func rule(
        _ name: String, watch: ResourceKind = .generation, when condition: String, for hold: Duration? = nil,
        keepFiringFor: Duration? = nil, repeatInterval: Duration? = nil, severity: Severity = .warning,
        title: String? = nil, text: String? = nil, notify: [String] = ["team"], sendsResolved: Bool? = nil,
        backfill: Duration? = nil
    ) -> Rule {
        let environment = RuleVariables.environment(for: watch)
        let compilation = environment.compile(condition, expecting: .bool)
        guard let program = compilation.program else {
            preconditionFailure("\(condition) does not compile: \(compilation.diagnostics)")
        }
        return Rule(
            name: name, watch: watch, condition: program, clockUse: ClockUse(of: program, in: environment),
            policy: AlertPolicy(hold: hold, keepFiringFor: keepFiringFor, repeatInterval: repeatInterval),
            severity: severity, labels: [], title: template(title, in: environment),
            text: template(text, in: environment), notify: notify, sendsResolved: sendsResolved ?? (hold != nil),
            backfill: backfill)
    }

    /// A rule over many resources at once, as a file would make it.
    package static func windowRule(
        _ name: String, watch: ResourceKind = .generation, over: Duration, by keys: [String] = [],
        measure measures: [(String, String)], when condition: String, for hold: Duration? = nil,
        keepFiringFor: Duration? = nil, repeatInterval: Duration? = nil, title: String? = nil, text: String? = nil,
        notify: [String] = ["team"]
    ) -> Rule {
        let window = Window(
            over: over,
            keys: keys.map { text in
                let (key, diagnostics) = WindowCompiler.key(named: nil, text, watch: watch)
                guard let key else { preconditionFailure("\(text) is no key: \(diagnostics)") }
                return key
            },
            measures: measures.map { name, text in
                let (measure, diagnostics) = WindowCompiler.measure(name, text, watch: watch)
                guard let measure else { preconditionFailure("\(text) is no measure: \(diagnostics)") }
                return measure
            })
        let environment = window.conditionEnvironment
        let compilation = environment.compile(condition, expecting: .bool)
        guard let program = compilation.program else {
            preconditionFailure("\(condition) does not compile: \(compilation.diagnostics)")
        }
        return Rule(
            name: name, watch: watch, condition: program, clockUse: ClockUse(of: program, in: environment),
            policy: AlertPolicy(hold: hold, keepFiringFor: keepFiringFor, repeatInterval: repeatInterval),
            severity: .warning, labels: [], title: template(title, in: window.textEnvironment),
            text: template(text, in: window.textEnvironment), notify: notify, sendsResolved: true, backfill: nil,
            window: window)
    }

    private static func template(_ text: String?, in environment: Environment) -> Template? {
        guard let text else { return nil }
        let (template, diagnostics) = Template.compile(text, in: environment)
        precondition(template != nil, "\(text) does not compile: \(diagnostics)")
        return template
    }

    package static func snapshot(
        _ id: String, _ status: String = "processing", source: String = "studio", kind: ResourceKind = .generation,
        fingerprint: UInt64 = 1, at seconds: Int = 0, isGone: Bool = false
    ) -> Snapshot {
        Snapshot(
            key: key(id, source: source, kind: kind), body: json(id, status), fingerprint: fingerprint, status: status,
            createdAt: at(seconds), statusSince: at(seconds), firstSeen: at(seconds), observedAt: at(seconds),
            isGone: isGone)
    }

    package static func alert(
        _ resource: String, rule: String = "failed", activation: Int = 1, phase: AlertPhase = .firing,
        at seconds: Int = 0
    ) -> AlertRecord {
        AlertRecord(
            rule: rule, resource: key(resource), activation: activation, phase: phase, since: at(seconds),
            severity: .warning)
    }

    /// The `sequence`-th notification about an alert.
    package static func notification(
        _ alert: AlertRecord, sequence: Int = 1, reason: NotificationReason = .fired, at seconds: Int = 0
    ) -> AlertNotification {
        let view = AlertView(
            id: alert.id, state: reason == .resolved ? "resolved" : "firing", resource: alert.resource,
            since: alert.since, firedAt: at(seconds), resolvedAt: reason == .resolved ? at(seconds) : nil,
            changed: ["status"], current: .map(CELMap([("id", .string(alert.resource.id))])), previous: .null)
        return AlertNotification(
            id: NotificationID(alert: alert.id, sequence: sequence), reason: reason, timestamp: at(seconds),
            rule: alert.rule, severity: alert.severity, labels: [], title: [.markup(alert.rule)], text: [],
            alerts: [view])
    }

    /// What the rules decide when `img_1` is first seen and has failed: a snapshot, a change, an alert, a notification.
    package static func decision() -> Decision {
        var decision = Decision()
        let observation = Observation(
            key: key("img_1"), body: json("img_1", "failed"), fingerprint: 1, status: "failed", observedAt: noon)
        RuleEngine(rules: [rule("failed", when: #"self.status == "failed""#)]).observed(
            observation, known: KnownResource(snapshot: nil, latest: [:]), isBaseline: false, now: noon,
            into: &decision)
        return decision
    }

    package static func decided(
        _ notification: AlertNotification, sinks: [String], sequence: Int
    ) -> DecidedNotification {
        DecidedNotification(notification: notification, sinks: sinks, sequence: sequence)
    }
}
