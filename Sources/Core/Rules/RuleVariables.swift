package import CEL

/// The names that a rule's condition and texts may use, with their types, for each kind of resource.
package enum RuleVariables {
    /// The environment in which rules over `kind` are compiled.
    package static func environment(for kind: ResourceKind) -> Environment {
        environments[kind] ?? Environment(declarations(for: kind))
    }

    private static let environments: [ResourceKind: Environment] = Dictionary(
        uniqueKeysWithValues: ResourceKind.allCases.map { ($0, Environment(declarations(for: $0))) })

    package static func declarations(for kind: ResourceKind) -> Declarations {
        let object = CELType.object(ResourceSchema.of(kind).objectType)
        // In the order of `ResourceView.activation`.
        return Declarations(variables: [
            ("self", object), ("old", .nullable(object)), ("changed", .list(.string)), ("since", .timestamp),
            ("first_seen", .timestamp), ("now", .timestamp), ("source", .string), ("raw", .dyn),
        ])
    }
}

/// A resource with everything that conditions and texts may ask about it, read once for all rules.
package struct ResourceView: Sendable {
    package var record: CELRecord
    package var raw: CELValue
    package var previous: CELRecord?
    package var changed: [String]
    package var since: Timestamp
    package var firstSeen: Timestamp
    package var source: String

    package init(
        record: CELRecord, raw: CELValue, previous: CELRecord?, changed: [String], since: Timestamp,
        firstSeen: Timestamp, source: String
    ) {
        self.record = record
        self.raw = raw
        self.previous = previous
        self.changed = changed
        self.since = since
        self.firstSeen = firstSeen
        self.source = source
    }

    /// The values for an evaluation at `now`.
    package func activation(in environment: Environment, now: Timestamp) -> Activation {
        environment.activation(inOrder: values(now: now))
    }

    /// A resource seen for the first time, with nothing known before, and the fields that are not as documented.
    package static func alone(_ raw: CELValue, kind: ResourceKind, now: Timestamp) -> (
        view: ResourceView, misfits: [String]
    ) {
        let (record, misfits) = RecordBuilder.record(of: raw, schema: .of(kind))
        var status = ""
        if case .string(let text)? = record["status"] { status = text }
        let since = StatusBeginning.time(
            of: record, kind: kind, isSettled: Snapshot.isSettled(status: status, kind: kind), previous: nil, now: now)
        let view = ResourceView(
            record: record, raw: raw, previous: nil, changed: [], since: since, firstSeen: now, source: "")
        return (view, misfits)
    }

    /// The values for an evaluation at `now`, in the order of ``RuleVariables/declarations(for:)``.
    package func values(now: Timestamp) -> [CELValue?] {
        [
            .record(record), previous.map(CELValue.record) ?? .null, .list(changed.map(CELValue.string)),
            .timestamp(since), .timestamp(firstSeen), .timestamp(now), .string(source), raw,
        ]
    }
}
