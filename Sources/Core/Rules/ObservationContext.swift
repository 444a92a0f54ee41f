import CEL

/// One resource at one moment, read once for all rules: what it is, what it was, what changed.
final class ObservationContext: Sendable {
    enum Occasion { case firstSeen, changed, unchanged, gone }

    let occasion: Occasion
    let snapshot: Snapshot
    let previous: Snapshot?
    let change: ResourceChange
    let view: ResourceView
    /// The resource as it was before the change, as rules saw it then.
    let previousView: ResourceView?
    /// What conditions and texts read, made once for all rules.
    let activation: Activation
    let isBaseline: Bool
    let misfits: [String]
    let now: Timestamp

    init(
        occasion: Occasion, snapshot: Snapshot, previous: Snapshot?, change: ResourceChange, view: ResourceView,
        previousView: ResourceView?, misfits: [String] = [], isBaseline: Bool, now: Timestamp
    ) {
        self.occasion = occasion
        self.snapshot = snapshot
        self.previous = previous
        self.change = change
        self.view = view
        self.previousView = previousView
        activation = view.activation(in: RuleVariables.environment(for: snapshot.key.kind), now: now)
        self.isBaseline = isBaseline
        self.misfits = misfits
        self.now = now
    }

    convenience init(_ observation: Observation, previous: Snapshot?, isBaseline: Bool, now: Timestamp) {
        let kind = observation.key.kind
        let schema = ResourceSchema.of(kind)
        let raw = ObservationContext.parse(observation.body)
        let (record, misfits) = RecordBuilder.record(of: raw, schema: schema)
        let known = previous.flatMap { $0.isGone ? nil : $0 }
        let oldRaw = known.map { ObservationContext.before($0, now: raw) }
        let old = oldRaw.map { RecordBuilder.record(of: $0, schema: schema).record }
        let isSettled = Snapshot.isSettled(status: observation.status, kind: kind)
        let since: Timestamp
        if let known, known.status == observation.status, kind != .balance {
            since = known.statusSince
        } else {
            since = StatusBeginning.time(
                of: record, kind: kind, isSettled: isSettled,
                previous: old.map { ($0, known?.statusSince ?? now) }, now: observation.observedAt)
        }
        let paths = oldRaw.map { ResourceDiff.changedPaths(from: $0, to: raw) } ?? []
        let snapshot = Snapshot(
            key: observation.key, body: observation.body, fingerprint: observation.fingerprint,
            status: observation.status, createdAt: StatusBeginning.time("created_at", of: record),
            statusSince: since, firstSeen: previous?.firstSeen ?? observation.observedAt,
            observedAt: known != nil && paths.isEmpty ? known?.observedAt ?? now : observation.observedAt,
            isGone: false)
        let change = ResourceChange(
            key: observation.key, nature: known == nil ? .firstSeen : .changed, observedAt: observation.observedAt,
            oldStatus: known?.status, newStatus: observation.status, paths: paths, isBaseline: isBaseline,
            before: EarlierState(previous, now: raw, parsed: oldRaw))
        let view = ResourceView(
            record: record, raw: raw, previous: known?.isWhole == true ? old : nil, changed: paths, since: since,
            firstSeen: snapshot.firstSeen, source: observation.key.source)
        let previousView = known.flatMap { known in
            old.map { ObservationContext.view(of: known, record: $0, raw: oldRaw ?? .null) }
        }
        self.init(
            occasion: known == nil ? .firstSeen : .changed, snapshot: snapshot, previous: known, change: change,
            view: view, previousView: previousView, misfits: misfits, isBaseline: isBaseline, now: now)
    }

    convenience init(unchanged snapshot: Snapshot, isNewRule: Bool, now: Timestamp) {
        self.init(standing: snapshot, occasion: .unchanged, now: now, isGone: false, isBaseline: isNewRule)
    }

    convenience init(gone snapshot: Snapshot, now: Timestamp) {
        self.init(standing: snapshot, occasion: .gone, now: now, isGone: true, isBaseline: false)
    }

    private convenience init(standing: Snapshot, occasion: Occasion, now: Timestamp, isGone: Bool, isBaseline: Bool) {
        let schema = ResourceSchema.of(standing.key.kind)
        let raw = ObservationContext.parse(standing.body)
        let before = RecordBuilder.record(of: raw, schema: schema).record
        let record = isGone ? RecordBuilder.gone(before, schema: schema) : before
        var seen = standing
        seen.isGone = isGone
        if isGone { seen.observedAt = now }
        let change = ResourceChange(
            key: standing.key, nature: isGone ? .gone : .changed, observedAt: now, oldStatus: standing.status,
            newStatus: standing.status, paths: isGone ? ["gone"] : [], isBaseline: isBaseline,
            before: isGone ? EarlierState(standing, now: raw, parsed: raw) : nil)
        let view = ResourceView(
            record: record, raw: raw, previous: isGone && standing.isWhole ? before : nil, changed: change.paths,
            since: standing.statusSince, firstSeen: standing.firstSeen, source: standing.key.source)
        self.init(
            occasion: occasion, snapshot: seen, previous: standing, change: change, view: view,
            previousView: ObservationContext.view(of: standing, record: before, raw: raw), isBaseline: isBaseline,
            now: now)
    }

    /// What conditions read before the change. Made when it is asked for: most conditions that do not hold now do not ask.
    var previousActivation: Activation? {
        previousView?.activation(in: RuleVariables.environment(for: snapshot.key.kind), now: now)
    }

    static func view(of snapshot: Snapshot, record: CELRecord, raw: CELValue) -> ResourceView {
        ResourceView(
            record: record, raw: raw, previous: nil, changed: [], since: snapshot.statusSince,
            firstSeen: snapshot.firstSeen, source: snapshot.key.source)
    }

    /// The resource before the change. Of a snapshot without its details only the status is known: the rest counts as
    /// it is now, so that nothing but the status can be news.
    private static func before(_ known: Snapshot, now raw: CELValue) -> CELValue {
        known.isWhole ? parse(known.body) : withStatus(known.status, in: raw)
    }

    static func withStatus(_ status: String, in raw: CELValue) -> CELValue {
        guard case .map(let members) = raw else { return raw }
        return .map(CELMap(members.stringEntries.map { ($0.0, $0.0 == "status" ? .string(status) : $0.1) }))
    }

    /// Whether only the fingerprint is another: this program makes fingerprints in another way than the one that stored
    /// it, or nothing is known of what the resource was but its status, which is the same.
    var isOnlyRead: Bool { occasion == .changed && change.paths.isEmpty }

    /// The resource as it was, for those who are told; null where it is not known as a whole.
    var previousRaw: CELValue {
        guard previous?.isWhole == true else { return .null }
        return previousView?.raw ?? .null
    }

    /// The page scan has accepted these bytes as JSON; should they be damaged, nothing is known of the resource.
    static func parse(_ body: [UInt8]) -> CELValue { (try? JSON.parse(body)) ?? .null }

    /// When what a rule now finds true began: with the status where that is what changed, else with the change.
    func conditionBegan(previouslyTrue: Bool) -> Timestamp {
        switch occasion {
        case .gone: return snapshot.observedAt
        case .firstSeen, .unchanged: return snapshot.statusSince
        case .changed:
            if previouslyTrue || previous?.status != snapshot.status { return snapshot.statusSince }
            let updated = StatusBeginning.time("updated_at", of: view.record)
            let before = previousView.flatMap { StatusBeginning.time("updated_at", of: $0.record) }
            guard let updated, updated != before, updated > snapshot.statusSince else { return snapshot.observedAt }
            return min(updated, snapshot.observedAt)
        }
    }
}
