import CEL
import Core
import GRDB

/// What is held back, gathered, or told in a group.
extension Rows {
    /// Everything known between an alert and its sinks, by sink.
    static func tellings(of alert: AlertID, in db: Database) throws -> [String: Telling] {
        let statement = try db.cachedStatement(sql: "SELECT * FROM tellings WHERE alert = ?")
        var found: [String: Telling] = [:]
        for row in try Row.fetchAll(statement, arguments: [alert.rawValue]) {
            guard let telling = telling(row) else { continue }
            found[telling.sink] = telling
        }
        return found
    }

    static func hasTellings(_ alert: AlertID, in db: Database) throws -> Bool {
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM tellings WHERE alert = ? LIMIT 1")
        return try Int.fetchOne(statement, arguments: [alert.rawValue]) != nil
    }

    static func telling(_ row: Row) -> Telling? {
        guard let state = Telling.State(rawValue: row["state"]),
            let reason = NotificationReason(rawValue: row["reason"])
        else { return nil }
        let notification: String? = row["notification"]
        let hold = Hold.Reason(rawValue: row["hold"] ?? "").map {
            Hold($0, holder: row["holder"], until: time(row["due_at"]))
        }
        return Telling(
            alert: AlertID(rawValue: row["alert"]), sink: row["sink"], state: state,
            notification: notification.map(NotificationID.init(rawValue:)), reason: reason, sequence: row["sequence"],
            isTold: row["is_told"], since: instant(row["since"]), hold: hold, group: row["alert_group"])
    }

    /// Writes it anew in its place: what was queued first is told first.
    static func upsert(_ telling: Telling, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO tellings (alert, sink, state, notification, reason, sequence, is_told, hold, holder, due_at,
                    alert_group, since)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (alert, sink) DO UPDATE SET state = excluded.state, notification = excluded.notification,
                    reason = excluded.reason, sequence = excluded.sequence, is_told = excluded.is_told,
                    hold = excluded.hold, holder = excluded.holder, due_at = excluded.due_at,
                    alert_group = excluded.alert_group, since = excluded.since
                """)
        try statement.execute(arguments: [
            telling.alert.rawValue, telling.sink, telling.state.rawValue, telling.notification?.rawValue,
            telling.reason.rawValue, telling.sequence, telling.isTold, telling.hold?.reason.rawValue,
            telling.hold?.holder ?? "", telling.hold?.until?.microseconds, telling.group, telling.since.microseconds,
        ])
    }

    static func remove(_ telling: Telling, in db: Database) throws {
        let statement = try db.cachedStatement(sql: "DELETE FROM tellings WHERE alert = ? AND sink = ?")
        try statement.execute(arguments: [telling.alert.rawValue, telling.sink])
    }

    /// What is not told any more once an alert is over: only what was queued to be said of it stays.
    static func removeTellings(ofEnded alert: AlertID, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                DELETE FROM tellings WHERE alert = ? AND NOT (state = 'queued' AND (is_told = 0 OR reason = ?))
                """)
        try statement.execute(arguments: [alert.rawValue, NotificationReason.resolved.rawValue])
        if db.changesCount > 0 { try noteWaiting(alert, in: db) }
    }

    /// Notes in the alert that a sink was told, or that others wait.
    static func noteTold(_ alert: AlertID, sink: String, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE alerts SET told = json_insert(told, '$[#]', ?1)
                WHERE id = ?2 AND NOT EXISTS (SELECT 1 FROM json_each(alerts.told) WHERE value = ?1)
                """)
        try statement.execute(arguments: [sink, alert.rawValue])
    }

    static func noteWaiting(_ alert: AlertID, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE alerts SET waiting = (SELECT json_group_array(sink) FROM
                    (SELECT sink FROM tellings WHERE alert = alerts.id AND is_told = 0 ORDER BY rowid))
                WHERE id = ?
                """)
        try statement.execute(arguments: [alert.rawValue])
    }

    static func told(_ alert: AlertID, in db: Database) throws -> [String] {
        let statement = try db.cachedStatement(sql: "SELECT told FROM alerts WHERE id = ?")
        return try String.fetchOne(statement, arguments: [alert.rawValue]).map(list) ?? []
    }

    static func owesResolve(_ alert: AlertID, in db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: "SELECT owes_resolve FROM alerts WHERE id = ? AND phase = 'firing'")
        return try Bool.fetchOne(statement, arguments: [alert.rawValue]) ?? false
    }

    /// The id of an alert that fires and inhibits, if there is one.
    static func firing(_ inhibitor: Inhibitor, in db: Database) throws -> String? {
        let source = inhibitor.kind == .sink ? ResourceKey.ownSource : inhibitor.source
        let statement = try db.cachedStatement(
            sql: """
                SELECT id FROM alerts WHERE phase <> 'resolved' AND phase = 'firing' AND kind = ? AND rule = ?
                \(source == nil ? "" : "AND source = ?") \(inhibitor.resource == nil ? "" : "AND resource = ?") LIMIT 1
                """)
        var arguments: [String] = [inhibitor.kind.rawValue, inhibitor.rule]
        if let source { arguments.append(source) }
        if let resource = inhibitor.resource { arguments.append(resource) }
        return try String.fetchOne(statement, arguments: StatementArguments(arguments))
    }

    static func notification(_ id: NotificationID, in db: Database) throws -> AlertNotification? {
        let statement = try db.cachedStatement(sql: "SELECT document FROM notifications WHERE id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [id.rawValue]) else { return nil }
        return NotificationCodec.decode(Blob.bytes(row[0]))
    }
}
