package import Core
import GRDB
import Synchronization

/// Silences as they were compiled, so that each is compiled once.
final class SilenceCache: Sendable {
    private let compiled = Mutex<[String: Silence]>([:])
    private static let limit = 1000

    /// All that have not ended at `now`, whether they have begun or not.
    func lasting(at now: Timestamp, in db: Database) throws -> [Silence] {
        let statement = try db.cachedStatement(sql: "SELECT id, ends_at FROM silences WHERE ends_at > ?")
        let rows = try Row.fetchAll(statement, arguments: [now.microseconds])
        return try rows.compactMap { row in try silence(row[0], endsAt: Rows.instant(row[1]), in: db) }
    }

    private func silence(_ id: String, endsAt: Timestamp, in db: Database) throws -> Silence? {
        if var known = compiled.withLock({ $0[id] }) {
            known.endsAt = endsAt
            return known
        }
        guard let row = try db.row("SELECT * FROM silences WHERE id = \(id)") else { return nil }
        let silence = Rows.silence(row)
        compiled.withLock { compiled in
            if compiled.count >= SilenceCache.limit { compiled = [:] }
            compiled[id] = silence
        }
        return silence
    }
}

extension Rows {
    static func silence(_ row: Row) -> Silence {
        Silence(
            expression: row["expression"], startsAt: instant(row["starts_at"]), endsAt: instant(row["ends_at"]),
            author: row["author"], comment: row["comment"], createdAt: instant(row["created_at"]),
            announce: list(row["announce"] as String), id: row["id"])
    }
}

extension SQLiteStore {
    /// Makes a silence; the next decision of a running watch knows it.
    package func add(_ silence: Silence) async throws(StoreError) {
        try await write { db in
            try db.execute(
                literal: """
                    INSERT OR IGNORE INTO silences (id, expression, starts_at, ends_at, author, comment, created_at, announce)
                    VALUES (\(silence.id), \(silence.expression), \(silence.startsAt.microseconds),
                        \(silence.endsAt.microseconds), \(silence.author), \(silence.comment),
                        \(silence.createdAt.microseconds), \(Rows.list(silence.announce)))
                    """)
        }
    }

    /// Ends a silence before its time; what it held is looked at again. Returns whether it had not ended.
    package func expireSilence(_ id: String, at now: Timestamp) async throws(StoreError) -> Bool {
        try await write { db in
            try db.execute(
                literal: """
                    UPDATE silences SET ends_at = \(now.microseconds), starts_at = min(starts_at, \(now.microseconds))
                    WHERE id = \(id) AND ends_at > \(now.microseconds)
                    """)
            guard db.changesCount > 0 else { return false }
            try db.execute(literal: "UPDATE tellings SET due_at = 0 WHERE state = 'held' AND holder = \(id)")
            return true
        }
    }

    /// Silences, the one that ends first in front; those that have ended behind them, the latest first.
    package func silences(includingEnded: Bool, at now: Timestamp) async throws(StoreError) -> [Silence] {
        try await read { db in
            let lasting = try db.rows(
                "SELECT * FROM silences WHERE ends_at > \(now.microseconds) ORDER BY ends_at, id")
            let ended =
                try includingEnded
                ? db.rows(
                    "SELECT * FROM silences WHERE ends_at <= \(now.microseconds) ORDER BY ends_at DESC, id LIMIT 1000")
                : []
            return (lasting + ended).map(Rows.silence)
        }
    }

    /// The latest notification about each alert that fires, to see what an expression would cover: newest first.
    package func firingNotifications(limit: Int) async throws(StoreError) -> [AlertNotification] {
        try await read { db in
            let rows = try db.rows(
                """
                SELECT id, sequence FROM alerts WHERE phase <> 'resolved' AND phase = 'firing'
                ORDER BY fired_at DESC LIMIT \(limit)
                """)
            return try rows.compactMap { row in
                let alert = AlertID(rawValue: row["id"])
                // The latest may be a digest's; what the alert is about is in the first as well.
                for sequence in [row["sequence"] as Int, 1] {
                    let id = NotificationID(alert: alert, sequence: sequence)
                    if let found = try Rows.notification(id, in: db) { return found }
                }
                return nil
            }
        }
    }
}
