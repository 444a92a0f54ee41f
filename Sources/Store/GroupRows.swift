import Core
import GRDB

/// A group of alerts that one sink hears of together, as it is stored.
struct AlertGroup {
    var ticket: GroupTicket
    var dueAt: Timestamp?
    var spokeAt: Timestamp?
    /// What all digests have in common until nothing of the group fires any more; the key of their order.
    var episode: String?
    /// How many digests of the episode there were.
    var number: Int

    var id: String { ticket.id }

    init(_ ticket: GroupTicket) {
        self.ticket = ticket
        number = 0
    }

    init(_ row: Row) {
        ticket = GroupTicket(
            sink: row["sink"], owner: row["owner"], values: row["group_values"],
            wait: .microseconds(row["wait"] as Int64), interval: .microseconds(row["interval"] as Int64))
        dueAt = Rows.time(row["due_at"])
        spokeAt = Rows.time(row["spoke_at"])
        episode = row["episode"]
        number = row["number"]
    }

    /// What is told of it is about no single resource, and waits for what was told of it before.
    var subject: LaneSubject? { episode.map { LaneSubject(orderKey: $0, resource: id, rule: ticket.owner) } }

    /// Begins an episode with its first notification. What is about sinks alone is marked: it must not count in what
    /// rules over sinks see.
    mutating func beginEpisode(with first: NotificationID, isOwn: Bool) {
        guard episode == nil else { return }
        episode = (isOwn ? AlertGroup.ownPrefix : AlertGroup.prefix) + DerivedID.text(of: [id, first.rawValue])
        number = 0
    }

    static let prefix = "eps_"
    static let ownPrefix = "own_"

    /// Whether an order key is that of a group. Its digests are about different alerts, so that one may be told though
    /// the one before it died.
    static func isEpisode(_ orderKey: String) -> Bool { orderKey.hasPrefix(prefix) || orderKey.hasPrefix(ownPrefix) }
}

extension Rows {
    static func group(_ id: String, in db: Database) throws -> AlertGroup? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM alert_groups WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id]).map(AlertGroup.init)
    }

    static func upsert(_ group: AlertGroup, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO alert_groups (id, sink, owner, group_values, wait, interval, due_at, spoke_at,
                    episode, number)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            group.id, group.ticket.sink, group.ticket.owner, group.ticket.values, group.ticket.wait.wholeMicroseconds,
            group.ticket.interval.wholeMicroseconds, group.dueAt?.microseconds, group.spokeAt?.microseconds,
            group.episode, group.number,
        ])
    }

    /// Puts something into a group, which speaks of it when its time has come.
    static func queue(_ telling: Telling, with ticket: GroupTicket?, at now: Timestamp, in db: Database) throws {
        var telling = telling
        telling.state = .queued
        telling.hold = nil
        telling.group = ticket?.id ?? telling.group
        guard let id = telling.group else { return }
        var group = try group(id, in: db) ?? ticket.map(AlertGroup.init)
        if let ticket { group?.ticket = ticket }
        guard var group else { return }
        if group.dueAt == nil {
            group.dueAt = GroupClock.due(
                spokeAt: group.spokeAt, wait: group.ticket.wait, interval: group.ticket.interval, now: now)
        }
        try upsert(group, in: db)
        try upsert(telling, in: db)
    }

    /// How many alerts of the group were told and have not ended.
    static func countTold(in group: String, _ db: Database) throws -> Int {
        let statement = try db.cachedStatement(
            sql: """
                SELECT count(*) FROM tellings
                WHERE alert_group = ? AND (state = 'told' OR (state = 'queued' AND is_told = 1))
                """)
        return try Int.fetchOne(statement, arguments: [group]) ?? 0
    }
}

extension Duration {
    /// Of durations as configurations have them.
    var wholeMicroseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
