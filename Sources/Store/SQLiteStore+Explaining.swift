package import Core
import GRDB

/// A step of an alert or of a delivery, as it was noted when it was taken.
package struct JournalLine: Sendable, Equatable {
    package enum Step: String, Sendable {
        case pending, fired, cleared
        case holdsAgain = "holds_again"
        case forgotten, resolved, told, attempt

        /// In which order things happen that happen at one time.
        var place: Int {
            switch self {
            case .pending: 0
            case .fired: 1
            case .cleared, .holdsAgain: 2
            case .forgotten, .resolved: 3
            case .told: 4
            case .attempt: 5
            }
        }
    }

    package var at: Timestamp
    package var step: Step
    package var detail: String

    /// How much of a detail is kept.
    static let detailCharacters = 1000
}

/// What there is to say about a change, in short.
package struct ChangeLine: Sendable, Equatable {
    package var key: ResourceKey
    package var at: Timestamp
    package var nature: String
    package var oldStatus: String?
    package var newStatus: String
    package var paths: [String]
    package var isBaseline: Bool
}

/// What `explain` asks. All of it was written when it happened.
extension SQLiteStore {
    package func alert(_ id: String) async throws(StoreError) -> AlertRecord? {
        try await read { db in try db.row("SELECT * FROM alerts WHERE id = \(id)").flatMap(Rows.alert) }
    }

    package func delivery(_ id: String) async throws(StoreError) -> DeliveryLine? {
        try await read { db in
            try db.row(
                """
                SELECT d.*, n.title FROM deliveries d JOIN notifications n ON n.id = d.notification WHERE d.id = \(id)
                """
            ).map { DeliveryLine(record: Rows.delivery($0), title: $0["title"]) }
        }
    }

    /// The deliveries of what was said about an alert, in the order in which they were made.
    package func deliveries(about alert: AlertRecord) async throws(StoreError) -> [DeliveryLine] {
        try await read { db in
            try db.rows(
                """
                SELECT d.*, n.title FROM deliveries d JOIN notifications n ON n.id = d.notification
                WHERE d.id IN (SELECT detail FROM journal WHERE subject = \(alert.id.rawValue) AND what = 'told')
                    OR d.order_key = \(alert.id.rawValue)
                ORDER BY d.rowid
                """
            ).map { DeliveryLine(record: Rows.delivery($0), title: $0["title"]) }
        }
    }

    /// The alerts that a delivery tells of.
    package func alerts(toldIn delivery: DeliveryID) async throws(StoreError) -> [AlertRecord] {
        try await read { db in
            try db.rows(
                """
                SELECT * FROM alerts WHERE id IN
                    (SELECT subject FROM journal WHERE detail = \(delivery.rawValue) AND what = 'told')
                    OR id = (SELECT order_key FROM deliveries WHERE id = \(delivery.rawValue))
                """
            ).compactMap(Rows.alert)
        }
    }

    /// The steps of an alert or a delivery, oldest first: those that were noted, and those that its row tells.
    package func journal(of subject: String) async throws(StoreError) -> [JournalLine] {
        try await read { db in
            var lines = try Rows.noted(of: subject, in: db)
            if let alert = try db.row("SELECT * FROM alerts WHERE id = \(subject)").flatMap(Rows.alert) {
                lines += Rows.steps(of: alert)
                lines += try db.rows("SELECT id, created_at FROM deliveries WHERE order_key = \(subject)").map { row in
                    JournalLine(at: Rows.instant(row["created_at"]), step: .told, detail: row["id"])
                }
            }
            let delivery = try db.row("SELECT * FROM deliveries WHERE id = \(subject)").map(Rows.delivery)
            if let delivery, let endedAt = delivery.endedAt {
                lines += Rows.attempt(of: delivery, at: endedAt).map { [$0] } ?? []
            }
            return lines.enumerated().sorted { first, second in
                (first.element.at, first.element.step.place, first.offset)
                    < (second.element.at, second.element.step.place, second.offset)
            }.map(\.element)
        }
    }

    /// The resources of this id, whichever their source and kind.
    package func resources(named id: String) async throws(StoreError) -> [ResourceKey] {
        try await read { db in
            try db.rows(
                """
                SELECT DISTINCT source, kind FROM (SELECT source, kind FROM changes WHERE id = \(id)
                    UNION ALL SELECT source, kind FROM looks WHERE id = \(id)) ORDER BY source, kind
                """
            ).compactMap { row in
                ResourceKind(rawValue: row["kind"]).map { ResourceKey(source: row["source"], kind: $0, id: id) }
            }
        }
    }

    /// The newest changes of a resource, oldest first.
    package func changes(of key: ResourceKey, limit: Int) async throws(StoreError) -> [ChangeLine] {
        try await read { db in
            try db.rows(
                """
                SELECT * FROM changes WHERE id = \(key.id) AND source = \(key.source) AND kind = \(key.kind.rawValue)
                ORDER BY number DESC LIMIT \(limit)
                """
            ).reversed().map { row in
                ChangeLine(
                    key: key, at: Rows.instant(row["observed_at"]), nature: row["nature"],
                    oldStatus: row["old_status"], newStatus: row["new_status"],
                    paths: Rows.list(row["paths"] as String), isBaseline: row["is_baseline"])
            }
        }
    }

    /// The newest looks at a resource, oldest first.
    package func looks(at key: ResourceKey, limit: Int) async throws(StoreError) -> [ResourceLook] {
        try await read { db in
            try db.rows(
                """
                SELECT * FROM looks WHERE id = \(key.id) AND source = \(key.source) AND kind = \(key.kind.rawValue)
                ORDER BY number DESC LIMIT \(limit)
                """
            ).reversed().compactMap { try Rows.look($0, in: db) }
        }
    }

    /// Every alert about a resource that is still kept.
    package func alerts(about key: ResourceKey) async throws(StoreError) -> [AlertRecord] {
        try await read { db in
            try db.rows(
                """
                SELECT * FROM alerts WHERE source = \(key.source) AND kind = \(key.kind.rawValue)
                    AND resource = \(key.id) ORDER BY since, rule
                """
            ).compactMap(Rows.alert)
        }
    }
}

extension Rows {
    /// What the journal holds about an alert or a delivery.
    fileprivate static func noted(of subject: String, in db: Database) throws -> [JournalLine] {
        try db.rows("SELECT at, what, detail FROM journal WHERE subject = \(subject) ORDER BY number").compactMap {
            row in
            JournalLine.Step(rawValue: row["what"]).map {
                JournalLine(at: instant(row["at"]), step: $0, detail: row["detail"])
            }
        }
    }
}
