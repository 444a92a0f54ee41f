package import Core
import GRDB

/// What came of a look at what is held back and gathered.
package struct RoutePass: Sendable, Equatable {
    /// What was put into the outbox.
    package struct Said: Sendable, Equatable {
        package var sink: String
        package var title: String
        package var alerts: Int
    }

    package var said: [Said] = []
    /// Whether there is more to do at once.
    package var hasMore = false
    /// When the next is due, whatever it is; nil when nothing waits for a time.
    package var nextDue: Timestamp?
}

extension SQLiteStore {
    /// How many of what is held, and of the groups, one transaction looks at.
    private static let heldBatch = GroupDigest.alerts
    private static let groupBatch = 20

    /// Tells what nothing holds back any more, and lets the groups speak whose time has come. Repeated, it does nothing
    /// that it has done: what it does and the note of it are one transaction.
    ///
    /// - Parameter isLast: nobody will look again soon, so what waits only for more of its kind waits no longer.
    package func route(
        _ routing: Routing, at now: Timestamp, isLast: Bool = false
    ) async throws(StoreError) -> RoutePass {
        // Nothing is written, and no writer is disturbed, while nothing is due.
        let due = try await read { db in try Rows.nextRoute(after: nil, at: now, in: db) }
        guard let due, isLast || due <= now else { return RoutePass(nextDue: due) }
        return try await write { [silenceCache] db in
            var pass = RouteWork(
                router: CommitRouter(routing, silences: try silenceCache.lasting(at: now, in: db)), now: now, db: db)
            try pass.capWaits()
            try pass.release(limit: SQLiteStore.heldBatch)
            try pass.flush(limit: SQLiteStore.groupBatch, isLast: isLast)
            try pass.announce()
            try pass.tidy()
            pass.result.nextDue = try Rows.nextRoute(after: now, at: now, in: db)
            return pass.result
        }
    }

    /// Another configuration is in force: everything that is held is looked at again.
    package func reconsiderHeld() async throws(StoreError) {
        try await write { db in
            try db.execute(sql: "UPDATE tellings SET due_at = 0 WHERE state = 'held' AND due_at IS NOT 0")
        }
    }
}

extension Rows {
    /// When the next of what is held, grouped or announced is due.
    static func nextRoute(after: Timestamp?, at now: Timestamp, in db: Database) throws -> Timestamp? {
        let after = after?.microseconds ?? Int64.min
        let statement = try db.cachedStatement(
            sql: """
                SELECT min(t) FROM (
                    SELECT min(due_at) AS t FROM tellings WHERE state = 'held' AND due_at > ?1
                    UNION ALL SELECT min(CASE WHEN due_at > ?2 + max(wait, interval) THEN ?2 ELSE due_at END)
                        FROM alert_groups WHERE due_at > ?1
                    UNION ALL SELECT min(CASE WHEN begin_told = 0 THEN starts_at ELSE ends_at END) FROM silences
                        WHERE announce <> '[]' AND end_told = 0
                        AND CASE WHEN begin_told = 0 THEN starts_at ELSE ends_at END > ?1)
                """)
        return time(try Int64.fetchOne(statement, arguments: [after, now.microseconds]))
    }
}

/// One pass, inside its transaction.
private struct RouteWork {
    let router: CommitRouter
    let now: Timestamp
    let db: Database
    var result = RoutePass()

    init(router: CommitRouter, now: Timestamp, db: Database) {
        self.router = router
        self.now = now
        self.db = db
    }

    /// A clock that was set back makes nothing wait longer than its group would.
    func capWaits() throws {
        try db.execute(
            literal: """
                UPDATE alert_groups SET due_at = \(now.microseconds) + max(wait, interval)
                WHERE due_at > \(now.microseconds) + max(wait, interval)
                """)
    }

    /// Looks again at what was held and is due. What is released of one rule for one sink is told together.
    mutating func release(limit: Int) throws {
        let rows = try db.rows(
            """
            SELECT * FROM tellings WHERE state = 'held' AND due_at <= \(now.microseconds) ORDER BY due_at, rowid
            LIMIT \(limit)
            """)
        if rows.count == limit { result.hasMore = true }
        var alone: [GroupTicket: [(Telling, AlertNotification)]] = [:]
        for var telling in rows.compactMap(Rows.telling) {
            guard let id = telling.notification, let notification = try Rows.notification(id, in: db) else {
                try Rows.remove(telling, in: db)
                continue
            }
            if let hold = try router.hold(notification, at: now, in: db) {
                telling.hold = hold
                try Rows.upsert(telling, in: db)
            } else if let ticket = router.routing.ticket(for: notification, sink: telling.sink) {
                telling.since = now
                try Rows.queue(telling, with: ticket, at: now, in: db)
            } else {
                let ticket = GroupTicket.release(of: notification.rule, to: telling.sink)
                alone[ticket, default: []].append((telling, notification))
            }
        }
        for (ticket, released) in alone.sorted(by: { ($0.key.sink, $0.key.owner) < ($1.key.sink, $1.key.owner) }) {
            guard released.count == 1, try Rows.group(ticket.id, in: db) == nil else {
                for (telling, _) in released { try Rows.queue(telling, with: ticket, at: now, in: db) }
                continue
            }
            try tellAlone(released[0].0, released[0].1)
        }
    }

    private mutating func tellAlone(_ telling: Telling, _ notification: AlertNotification) throws {
        try Rows.remove(telling, in: db)
        try Rows.enqueue(
            DecidedNotification(notification: notification, sinks: [telling.sink], sequence: telling.sequence),
            at: now, in: db)
        try Rows.noteTold(telling.alert, sink: telling.sink, in: db)
        try Rows.noteWaiting(telling.alert, in: db)
        result.said.append(.init(sink: telling.sink, title: notification.title.plain, alerts: 1))
    }

    mutating func flush(limit: Int, isLast: Bool) throws {
        // At the last look a group that has been quiet says what it has; one that has just spoken keeps its interval.
        let rows = try db.rows(
            """
            SELECT * FROM alert_groups WHERE due_at IS NOT NULL AND (due_at <= \(now.microseconds)
                OR (\(isLast) AND (spoke_at IS NULL OR spoke_at + interval <= \(now.microseconds))))
            ORDER BY due_at LIMIT \(limit)
            """)
        if rows.count == limit { result.hasMore = true }
        for row in rows { try flush(AlertGroup(row)) }
    }

    private mutating func flush(_ waiting: AlertGroup) throws {
        var group = waiting
        let limit = GroupDigest.alerts
        let rows = try db.rows(
            """
            SELECT t.*, n.document FROM tellings t JOIN notifications n ON n.id = t.notification
            WHERE t.alert_group = \(group.id) AND t.state = 'queued' ORDER BY t.rowid LIMIT \(limit)
            """)
        var said: [(telling: Telling, item: GroupItem)] = []
        for row in rows {
            guard let telling = Rows.telling(row),
                let notification = NotificationCodec.decode(Blob.bytes(row["document"]))
            else { continue }
            if try !isHeld(telling, notification) {
                said.append((telling, GroupItem(notification: notification, isTold: telling.isTold)))
            }
        }
        group.dueAt = rows.count == limit ? now : nil
        if rows.count == limit { result.hasMore = true }
        if !said.isEmpty { try speak(of: said, as: &group) }
        if try Rows.countTold(in: group.id, db) == 0, group.dueAt == nil { group.episode = nil }
        try Rows.upsert(group, in: db)
    }

    /// Whether something keeps it from being said now. A reminder is then no news; a firing is held.
    private func isHeld(_ telling: Telling, _ notification: AlertNotification) throws -> Bool {
        guard telling.reason != .resolved, let hold = try router.hold(notification, at: now, in: db) else {
            return false
        }
        var held = telling
        if telling.isTold {
            (held.state, held.notification) = (.told, nil)
        } else {
            (held.state, held.hold, held.group, held.since) = (.held, hold, nil, now)
        }
        try Rows.upsert(held, in: db)
        return true
    }

    private mutating func speak(of said: [(telling: Telling, item: GroupItem)], as group: inout AlertGroup) throws {
        let isOwn = said.allSatisfy { $0.item.notification.alerts.allSatisfy { $0.resource.kind == .sink } }
        group.beginEpisode(with: said[0].item.notification.id, isOwn: isOwn)
        group.number += 1
        group.spokeAt = now
        guard let key = group.episode, let subject = group.subject else { return }
        let before = said.count { $0.telling.isTold }
        let others = try Rows.countTold(in: group.id, db) - before
        let digest = GroupDigest.notification(key: key, items: said.map(\.item), others: others, at: now)
        try Rows.enqueue(
            DecidedNotification(notification: digest, sinks: [group.ticket.sink], sequence: group.number),
            about: subject, in: db)
        for (telling, item) in said { try noteSaid(telling, item) }
        result.said.append(
            .init(sink: group.ticket.sink, title: digest.title.plain, alerts: digest.alerts.count))
    }

    private func noteSaid(_ telling: Telling, _ item: GroupItem) throws {
        if item.notification.reason != .resolved, try Rows.owesResolve(telling.alert, in: db) {
            var told = telling
            (told.state, told.isTold, told.notification, told.since) = (.told, true, nil, now)
            try Rows.upsert(told, in: db)
        } else {
            try Rows.remove(telling, in: db)
        }
        try Rows.noteTold(telling.alert, sink: telling.sink, in: db)
        try Rows.noteWaiting(telling.alert, in: db)
    }

    /// Tells those who asked for it that a silence has begun, or is over.
    mutating func announce() throws {
        let rows = try db.rows(
            """
            SELECT * FROM silences WHERE announce <> '[]' AND end_told = 0
                AND CASE WHEN begin_told = 0 THEN starts_at ELSE ends_at END <= \(now.microseconds) LIMIT 50
            """)
        for row in rows {
            let silence = Rows.silence(row)
            let begins = !(row["begin_told"] as Bool)
            // One that was taken back before it began, or ended while nobody looked, is not announced at all.
            let isOver = begins && silence.endsAt <= now
            if !isOver {
                try Rows.enqueue(
                    DecidedNotification(
                        notification: silence.announcement(begins: begins, at: now), sinks: silence.announce,
                        sequence: begins ? 1 : 2), in: db)
                result.said += silence.announce.map { .init(sink: $0, title: silence.comment, alerts: 0) }
            }
            try db.execute(
                literal: """
                    UPDATE silences SET begin_told = 1, end_told = \(!begins || isOver) WHERE id = \(silence.id)
                    """)
        }
    }

    /// Groups of which nothing is left but their name.
    func tidy() throws {
        try db.execute(
            literal: """
                DELETE FROM alert_groups WHERE due_at IS NULL AND episode IS NULL
                    AND (spoke_at IS NULL OR spoke_at + interval <= \(now.microseconds))
                    AND NOT EXISTS (SELECT 1 FROM tellings t WHERE t.alert_group = alert_groups.id)
                """)
    }
}
