import Core
import GRDB

extension Rows {
    /// Adds a notification and its deliveries to the outbox. What is there already stays: ids are derived. A resolve
    /// also follows to whoever was told the firing instead of one of its sinks.
    /// - Parameters:
    ///   - at: when it is put there, where that is not when it was decided.
    ///   - about: what its order goes by, where that is not its first alert.
    static func enqueue(
        _ decided: DecidedNotification, _ documents: NotificationDocuments = NotificationDocuments([]),
        at: Timestamp? = nil, about: LaneSubject? = nil, in db: Database
    ) throws {
        let notification = decided.notification
        let now = at ?? notification.timestamp
        try insert(notification, documents, in: db)
        let subject = about ?? LaneSubject(notification)
        var sinks = decided.sinks
        var done = 0
        while done < sinks.count {
            let sink = sinks[done]
            done += 1
            let delivery = subject.delivery(of: notification.id, to: sink, sequence: decided.sequence, at: now)
            try insert(delivery, about: subject, in: db)
            for alert in notification.alerts { try noteTold(alert.id, by: delivery, at: now, in: db) }
            guard decided.sequence > 1 else { continue }
            try buryUntold(
                sink: sink, orderKey: subject.orderKey, from: decided.sequence, at: now, in: db)
            guard notification.reason == .resolved else { continue }
            for other in try toldInstead(of: sink, orderKey: subject.orderKey, in: db) where !sinks.contains(other) {
                sinks.append(other)
            }
        }
    }

    static func insert(
        _ notification: AlertNotification, _ documents: NotificationDocuments = NotificationDocuments([]),
        in db: Database
    ) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO notifications (id, created_at, title, document) VALUES (?, ?, ?, ?)")
        try statement.execute(arguments: [
            notification.id.rawValue, notification.timestamp.microseconds,
            String(notification.title.plain.prefix(NotificationLimits.titleCharacters)),
            documents[notification],
        ])
    }

    /// Adds a new delivery, unless it is there already.
    static func insert(_ record: DeliveryRecord, about subject: LaneSubject, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO deliveries (id, notification, sink, order_key, sequence, phase, attempts,
                    created_at, next_attempt_at, last_answer, kept, resource, rule)
                VALUES (?, ?, ?, ?, ?, 'pending', 0, ?, ?, '', '{}', ?, ?)
                """)
        try statement.execute(arguments: [
            record.id.rawValue, record.notification.rawValue, record.sink, record.orderKey, record.sequence,
            record.createdAt.microseconds, record.nextAttemptAt.microseconds, subject.resource, subject.rule,
        ])
    }

    /// The columns that ``placedDelivery(_:)`` reads, in its order.
    static let deliveryColumns = """
        d.id, d.notification, d.sink, d.order_key, d.sequence, d.created_at, d.phase, d.attempts, d.next_attempt_at,
        d.ended_at, d.last_outcome, d.last_reason, d.last_answer, d.kept, d.may_have_arrived
        """

    /// Reads a row that begins with ``deliveryColumns``: by place, as looking names up costs more than the rest.
    static func placedDelivery(_ row: Row) -> DeliveryRecord {
        var record = DeliveryRecord(
            id: DeliveryID(rawValue: row[0]), notification: NotificationID(rawValue: row[1]), sink: row[2],
            orderKey: row[3], sequence: row[4], createdAt: instant(row[5]))
        record.phase = DeliveryPhase(rawValue: row[6]) ?? .dead
        record.attempts = row[7]
        record.nextAttemptAt = instant(row[8])
        record.endedAt = time(row[9])
        record.lastOutcome = row[10]
        record.lastReason = row[11]
        record.lastAnswer = row[12]
        record.kept = keptValues(row[13])
        record.mayHaveArrived = row[14]
        return record
    }

    /// Reads a row by the names of its columns.
    static func delivery(_ row: Row) -> DeliveryRecord {
        var record = DeliveryRecord(
            id: DeliveryID(rawValue: row["id"]), notification: NotificationID(rawValue: row["notification"]),
            sink: row["sink"], orderKey: row["order_key"], sequence: row["sequence"],
            createdAt: instant(row["created_at"]))
        record.phase = DeliveryPhase(rawValue: row["phase"]) ?? .dead
        record.attempts = row["attempts"]
        record.nextAttemptAt = instant(row["next_attempt_at"])
        record.endedAt = time(row["ended_at"])
        record.lastOutcome = row["last_outcome"]
        record.lastReason = row["last_reason"]
        record.lastAnswer = row["last_answer"]
        record.kept = keptValues(row["kept"])
        record.mayHaveArrived = row["may_have_arrived"]
        return record
    }

    /// Most sinks keep nothing.
    private static func keptValues(_ text: String) -> [String: String] { text == "{}" ? [:] : dictionary(text) }
    private static func keptText(_ kept: [String: String]) -> String { kept.isEmpty ? "{}" : dictionary(kept) }

    static func update(_ record: DeliveryRecord, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE deliveries SET phase = ?, attempts = ?, next_attempt_at = ?, ended_at = ?, last_outcome = ?,
                    last_reason = ?, last_answer = ?, kept = ?, may_have_arrived = ? WHERE id = ?
                """)
        try statement.execute(arguments: [
            record.phase.rawValue, record.attempts, record.nextAttemptAt.microseconds, record.endedAt?.microseconds,
            record.lastOutcome, record.lastReason, record.lastAnswer, keptText(record.kept), record.mayHaveArrived,
            record.id.rawValue,
        ])
    }

    /// What the sink kept from the deliveries about the same alert that came before this one.
    static func kept(before record: DeliveryRecord, in db: Database) throws -> [String: String] {
        let statement = try db.cachedStatement(
            sql: "SELECT kept FROM deliveries WHERE sink = ? AND order_key = ? AND sequence < ? ORDER BY sequence")
        var merged: [String: String] = [:]
        for text in try String.fetchAll(statement, arguments: [record.sink, record.orderKey, record.sequence]) {
            merged.merge(keptValues(text)) { _, later in later }
        }
        return merged
    }
}

/// Notifications in the form in which they are stored.
struct NotificationDocuments: Sendable {
    private let prepared: [NotificationID: DatabaseValue]

    init(_ decided: [DecidedNotification]) {
        prepared = Dictionary(
            decided.map { ($0.notification.id, NotificationDocuments.document($0.notification)) },
            uniquingKeysWith: { first, _ in first })
    }

    subscript(notification: AlertNotification) -> DatabaseValue {
        prepared[notification.id] ?? NotificationDocuments.document(notification)
    }

    private static func document(_ notification: AlertNotification) -> DatabaseValue {
        Blob.value(NotificationCodec.encode(notification))
    }
}

/// What a lane's order goes by: which rule and which resource a notification is about.
struct LaneSubject {
    var orderKey: String
    var resource: String
    var rule: String

    /// Something about several alerts waits for nothing but what is about the same ones.
    init(_ notification: AlertNotification) {
        orderKey = notification.alerts.first?.id.rawValue ?? notification.id.rawValue
        rule = notification.rule
        if notification.alerts.count == 1, let key = notification.alerts.first?.resource {
            resource = "\(key.source)\u{1F}\(key.kind.rawValue)\u{1F}\(key.id)"
        } else {
            resource = orderKey
        }
    }

    init(orderKey: String, resource: String, rule: String) {
        self.orderKey = orderKey
        self.resource = resource
        self.rule = rule
    }

    func delivery(
        of notification: NotificationID, to sink: String, sequence: Int, at now: Timestamp
    ) -> DeliveryRecord {
        DeliveryRecord(
            id: DeliveryID(notification: notification, sink: sink), notification: notification, sink: sink,
            orderKey: orderKey, sequence: sequence, createdAt: now)
    }
}
