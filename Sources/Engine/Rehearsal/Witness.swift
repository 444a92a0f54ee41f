import CEL
import Core
import Store

/// Sees what becomes of alerts, and who is told of it, by looking into the store as a user would.
struct Witness {
    let start: Timestamp
    private(set) var happenings: [Happening] = []
    private var alerts: [AlertID: AlertRecord] = [:]
    private var lastTelling: Int64 = 0

    init(start: Timestamp) { self.start = start }

    /// Takes in what is new since the last look.
    mutating func look(_ store: SQLiteStore, at now: Timestamp) async throws {
        let at = now.duration(since: start)
        var fresh: [Happening] = []
        for record in try await store.everyAlert().sorted(by: { $0.order < $1.order }) {
            for verb in Witness.verbs(from: alerts[record.id], to: record) {
                fresh.append(
                    Happening(
                        at: at, verb: verb, rule: record.rule, source: record.resource.source,
                        resources: [record.resource.id], severity: record.severity, title: record.title))
            }
            alerts[record.id] = record
        }
        let tellings = try await store.tellings(after: lastTelling)
        lastTelling = tellings.last?.number ?? lastTelling
        var told: [NotificationID] = []
        // What a sink hands to another is no other thing to say.
        for telling in tellings where !telling.isHandedOver && !told.contains(telling.notification.id) {
            told.append(telling.notification.id)
            let sinks = tellings.filter { $0.notification.id == telling.notification.id && !$0.isHandedOver }.map(
                \.sink)
            Witness.note(telling.notification, to: sinks, at: at, in: &fresh)
        }
        happenings += fresh
    }

    private static func verbs(from before: AlertRecord?, to after: AlertRecord) -> [Happening.Verb] {
        var verbs: [Happening.Verb] = []
        if after.phase == .pending, before?.phase != .pending { verbs.append(.pending) }
        if after.firedAt != nil, before?.firedAt == nil { verbs.append(.fires) }
        if after.phase == .resolved, after.firedAt != nil, before?.phase != .resolved { verbs.append(.resolves) }
        return verbs
    }

    /// What is said goes with what it is said of, where that has just happened.
    private static func note(
        _ notification: AlertNotification, to sinks: [String], at: Duration, in fresh: inout [Happening]
    ) {
        let verb: Happening.Verb =
            switch notification.reason {
            case .fired: .fires
            case .resolved: .resolves
            case .reminder: .reminds
            }
        let resources = notification.alerts.map(\.resource)
        let place = fresh.firstIndex { happening in
            happening.verb == verb && happening.rule == notification.rule && happening.notification == nil
                && happening.resources == resources.map(\.id) && happening.source == resources.first?.source
        }
        var happening =
            place.map { fresh[$0] }
            ?? Happening(
                at: at, verb: verb == .reminds && resources.count == 1 ? .reminds : .tells, rule: notification.rule,
                source: resources.first?.source ?? "", resources: resources.map(\.id), severity: notification.severity,
                title: "")
        happening.title = notification.title.plain
        happening.text = notification.text.plain
        happening.sinks = sinks
        happening.notification = notification.id
        if let place { fresh[place] = happening } else { fresh.append(happening) }
    }
}

extension AlertRecord {
    fileprivate var order: (String, String, Int) { (rule, resource.id, activation) }
}
