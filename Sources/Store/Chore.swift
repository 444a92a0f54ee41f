import GRDB

/// One kind of row that does not stay for ever: which rows are old, and which of these are still needed.
///
/// A chore goes through the old rows in the order of their age, a few at a time. Those to go are found by readers, who
/// keep nobody waiting; then a short transaction takes them away, after a second look at whether they may go.
package struct Chore: Sendable {
    /// What becomes of the row.
    enum Fate: Sendable {
        case delete
        /// A snapshot loses its details.
        case shrink
        /// A change loses how the resource was before it.
        case forget
    }

    /// The time of the last row that was looked at, and its key among those of the same time.
    package struct Position: Sendable, Equatable {
        let time: Int64
        let key: DatabaseValue
    }

    let table: String
    let key: String
    let time: String
    /// Whether an old row of the alias `t` may go.
    let condition: String
    let fate: Fate
    /// Whether rows are numbered as they came, so that their age needs no index: the first that is young ends the walk.
    var isNumbered = false

    /// Snapshots of generations that settled and of which nothing is open, pending or on its way. They keep what the
    /// next comparison needs.
    package static let details = Chore(
        table: "snapshots", key: "rowid", time: "observed_at",
        condition: """
            t.is_whole = 1 AND t.is_settled = 1 AND t.kind = 'generation' AND NOT EXISTS (
                SELECT 1 FROM alerts a WHERE a.source = t.source AND a.kind = t.kind AND a.resource = t.id
                    AND (a.phase = 'pending' OR a.due_at IS NOT NULL OR (a.phase = 'firing' AND a.owes_resolve = 1)
                        OR EXISTS (SELECT 1 FROM deliveries d WHERE d.order_key = a.id AND d.phase = 'pending')
                        OR EXISTS (SELECT 1 FROM tellings w WHERE w.alert = a.id)))
            """, fate: .shrink)

    /// How resources were before changes.
    package static let earlierStates = Chore(
        table: "changes", key: "number", time: "observed_at", condition: "t.earlier IS NOT NULL", fate: .forget)
    /// What is kept to explain what happened. Of what is open, or owed to somebody, all.
    package static let explanations = [
        Chore(table: "looks", key: "number", time: "at", condition: "1", fate: .delete, isNumbered: true),
        Chore(
            table: "journal", key: "number", time: "at",
            condition: """
                NOT EXISTS (SELECT 1 FROM alerts a WHERE a.id = t.subject
                    AND (a.phase = 'pending' OR (a.phase = 'firing' AND a.owes_resolve = 1)))
                """, fate: .delete, isNumbered: true),
    ]

    /// What is history, in the order in which it can go: a notification goes after its deliveries.
    package static let history: [Chore] =
        [
            // What was said about an alert whose end is owed tells who is owed it.
            Chore(
                table: "deliveries", key: "rowid", time: "ended_at",
                condition: """
                    NOT EXISTS (
                        SELECT 1 FROM alerts a WHERE a.id = t.order_key AND a.phase = 'firing' AND a.owes_resolve = 1)
                    AND NOT EXISTS (SELECT 1 FROM alert_groups g WHERE g.id = t.resource AND g.episode = t.order_key)
                    """, fate: .delete),
            Chore(
                table: "notifications", key: "rowid", time: "created_at",
                condition: """
                    NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notification = t.id)
                    AND NOT EXISTS (SELECT 1 FROM tellings w WHERE w.notification = t.id)
                    """, fate: .delete),
            Chore(table: "silences", key: "rowid", time: "ends_at", condition: "1", fate: .delete),
            Chore(table: "changes", key: "number", time: "observed_at", condition: "1", fate: .delete),
        ] + ["critical", "warning", "info"].flatMap { [resolved($0), said($0)] }

    /// The number of a rule's last alert about a resource that can change again is needed for the next one.
    private static let isFinal = """
        EXISTS (SELECT 1 FROM snapshots s WHERE s.source = t.source AND s.kind = t.kind AND s.id = t.resource
            AND (s.is_whole = 0 OR s.is_gone = 1))
        """

    /// What waits to be told of it is not lost with it.
    private static let isSilent = "NOT EXISTS (SELECT 1 FROM tellings w WHERE w.alert = t.id)"

    private static func resolved(_ severity: String) -> Chore {
        Chore(
            table: "alerts", key: "id", time: "coalesce(resolved_at, fired_at, since)",
            condition: """
                t.phase = 'resolved' AND t.severity = '\(severity)' AND \(isSilent) AND (\(isFinal) OR EXISTS (
                    SELECT 1 FROM alerts b WHERE b.source = t.source AND b.kind = t.kind AND b.resource = t.resource
                        AND b.rule = t.rule AND b.activation > t.activation))
                """, fate: .delete)
    }

    /// Alerts that fired and of whose end nobody is told.
    private static func said(_ severity: String) -> Chore {
        Chore(
            table: "alerts", key: "id", time: "coalesce(resolved_at, fired_at, since)",
            condition: """
                t.phase = 'firing' AND t.severity = '\(severity)' AND t.owes_resolve = 0 AND t.due_at IS NULL
                AND \(isSilent) AND \(isFinal)
                """, fate: .delete)
    }

    /// Finds rows that may go. Arguments: the time before which they are old, the last position, and how many.
    ///
    /// Of numbered rows it finds the next, whether they may go or not, and says so; a young one is the last.
    package var candidates: String {
        guard !isNumbered else {
            return """
                SELECT \(key) AS key, \(time) AS time, \(time) < ?1 AS is_old, \(time) < ?1 AND \(condition) AS may_go
                FROM \(table) t WHERE \(key) > coalesce(?3, -1) ORDER BY \(key) LIMIT ?4
                """
        }
        return """
            SELECT \(key) AS key, \(time) AS time, 1 AS is_old, 1 AS may_go FROM \(table) t
            WHERE \(time) < ?1 AND \(time) >= ?2 AND (\(time), \(key)) > (?2, ?3) AND \(condition)
            ORDER BY \(time), \(key) LIMIT ?4
            """
    }

    /// A snapshot and whose it is.
    private static let returned = "\(Rows.snapshotColumns), id, kind, source"

    /// Takes rows away, if they may go. Arguments: the time before which they are old, and their keys as JSON.
    var removal: String {
        let chosen = "\(key) IN (SELECT value FROM json_each(?2)) AND \(time) < ?1 AND \(condition)"
        if fate == .forget { return "UPDATE \(table) AS t SET earlier = NULL, earlier_since = NULL WHERE \(chosen)" }
        return "DELETE FROM \(table) AS t WHERE \(chosen)" + (fate == .shrink ? " RETURNING \(Chore.returned)" : "")
    }
}
