import Core
import GRDB

/// Takes decided notifications to their sinks, inside the transaction that commits them: so neither a silence made by
/// another process nor a crash can come in between.
struct CommitRouter {
    let routing: Routing
    let silences: [Silence]
    let documents: NotificationDocuments

    init(_ routing: Routing, silences: [Silence], documents: NotificationDocuments = NotificationDocuments([])) {
        self.routing = routing
        self.silences = silences
        self.documents = documents
    }

    /// Whether it goes to all its sinks at once, and nothing is known that could be in the way. Nearly all do.
    func isStraight(_ decided: DecidedNotification, in db: Database) throws -> Bool {
        guard let alert = decided.notification.alerts.first?.id else { return true }
        switch decided.notification.reason {
        case .fired:
            return silences.isEmpty && routing.isPlain(rule: decided.notification.rule, to: decided.sinks)
        case .reminder: return false
        case .resolved: return try !Rows.hasTellings(alert, in: db)
        }
    }

    /// Why nobody is told of it now, if there is a reason.
    func hold(_ notification: AlertNotification, at now: Timestamp, in db: Database) throws -> Hold? {
        try routing.hold(notification, silences: silences, at: now) { try Rows.firing($0, in: db) }
    }

    /// Says, holds, queues or drops it, sink by sink.
    func route(_ decided: DecidedNotification, in db: Database) throws {
        let (notification, now) = (decided.notification, decided.notification.timestamp)
        guard let alert = notification.alerts.first?.id else { return }
        let tellings = try Rows.tellings(of: alert, in: db)
        let told = try Rows.told(alert, in: db)
        var sinks = decided.sinks
        if notification.reason == .resolved {
            sinks += tellings.keys.sorted().filter { !decided.sinks.contains($0) }
        }
        var atOnce: [String] = []
        var holds: Hold??
        for sink in sinks {
            let known = tellings[sink]
            let isTold = known?.isTold ?? told.contains(sink)
            let placement = try Placement.of(notification.reason, telling: known, isTold: isTold) {
                if let holds { return holds }
                let hold = try hold(notification, at: now, in: db)
                holds = .some(hold)
                return hold
            } ticket: {
                routing.ticket(for: notification, sink: sink)
            }
            var telling = Telling(
                alert: alert, sink: sink, state: .queued, notification: notification.id, reason: notification.reason,
                sequence: decided.sequence, isTold: isTold, since: now, group: known?.group)
            switch placement {
            case .now: atOnce.append(sink)
            case .dropped: continue
            case .held(let hold):
                (telling.state, telling.hold) = (.held, hold)
                try Rows.insert(notification, documents, in: db)
                try Rows.upsert(telling, in: db)
            case .queued(let ticket):
                try Rows.insert(notification, documents, in: db)
                try Rows.queue(telling, with: ticket, at: now, in: db)
            }
        }
        if !atOnce.isEmpty {
            try Rows.enqueue(
                DecidedNotification(notification: notification, sinks: atOnce, sequence: decided.sequence), documents,
                in: db)
        }
        if notification.reason != .resolved {
            for sink in atOnce { try Rows.noteTold(alert, sink: sink, in: db) }
            try Rows.noteWaiting(alert, in: db)
        }
    }
}

extension Rows {
    /// Writes what became of the alerts, and takes what is said of them to the sinks.
    static func tell(
        _ decision: Decision, by routing: Routing, _ silences: SilenceCache, documents: NotificationDocuments,
        in db: Database
    ) throws {
        guard let now = decision.notifications.first?.notification.timestamp else {
            for record in decision.records { try write(record, in: db) }
            return
        }
        let router = CommitRouter(
            routing, silences: try silences.lasting(at: now, in: db), documents: documents)
        // Whom these are told to is found out below, when all that fires is known.
        var open: Set<AlertID> = []
        for decided in decision.notifications where try !router.isStraight(decided, in: db) {
            open.formUnion(decided.notification.alerts.map(\.id))
        }
        for var record in decision.records {
            if open.contains(record.id) { record.told = [] }
            try upsert(record, in: db)
        }
        for decided in decision.notifications {
            // What is said of an alert after something that was held goes the same way.
            let isStraight = decided.notification.alerts.allSatisfy { !open.contains($0.id) }
            if isStraight { try enqueue(decided, documents, in: db) } else { try router.route(decided, in: db) }
        }
        for record in decision.records where record.phase == .resolved {
            try removeTellings(ofEnded: record.id, in: db)
        }
    }

    private static func write(_ record: AlertRecord, in db: Database) throws {
        try upsert(record, in: db)
        if record.phase == .resolved { try removeTellings(ofEnded: record.id, in: db) }
    }
}
