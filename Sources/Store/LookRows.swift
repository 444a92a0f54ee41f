import CEL
import Core
import GRDB

/// The numbers of conditions: each is kept once, however often it is looked with. They are never taken away.
struct ConditionNumbers {
    private struct Key: Hashable {
        var rule: String
        var condition: String
    }

    private var known: [Key: Int64] = [:]
    /// Conditions of configurations long gone are not remembered for ever.
    private static let limit = 10_000

    mutating func number(of rule: RuleLook, in db: Database) throws -> Int64 {
        let key = Key(rule: rule.rule, condition: rule.condition)
        if let number = known[key] { return number }
        let number = try ConditionNumbers.find(rule, in: db)
        if known.count >= ConditionNumbers.limit { known = [:] }
        known[key] = number
        return number
    }

    private static func find(_ rule: RuleLook, in db: Database) throws -> Int64 {
        let stored = try db.value(
            Int64.self,
            "SELECT number FROM conditions WHERE rule = \(rule.rule) AND condition = \(rule.condition)")
        if let stored { return stored }
        let parts = JSON.serialize(.list(rule.parts.map { .list([.int(Int64($0.depth)), .string($0.text)]) }))
        let statement = try db.cachedStatement(
            sql: "INSERT INTO conditions (rule, condition, parts) VALUES (?, ?, ?)")
        try statement.execute(arguments: [rule.rule, rule.condition, parts])
        return db.lastInsertedRowID
    }
}

/// Looks and journal lines in and out of rows.
extension Rows {
    static func insert(_ look: ResourceLook, _ numbers: inout ConditionNumbers, in db: Database) throws {
        let verdicts = try look.rules.map { rule -> CELValue in
            let (letter, reason): (String, String) =
                switch rule.verdict {
                case .holds: ("t", "")
                case .fails: ("f", "")
                case .unknown(let reason): ("u", reason)
                }
            return .list([
                .int(try numbers.number(of: rule, in: db)), .string(letter), .string(reason),
                .list(rule.parts.map { $0.value.map(CELValue.string) ?? .null }),
            ])
        }
        let statement = try db.cachedStatement(
            sql: "INSERT INTO looks (source, kind, id, at, occasion, verdicts) VALUES (?, ?, ?, ?, ?, ?)")
        try statement.execute(arguments: [
            look.key.source, look.key.kind.rawValue, look.key.id, look.at.microseconds, look.occasion.rawValue,
            JSON.serialize(.list(verdicts)),
        ])
    }

    static func look(_ row: Row, in db: Database) throws -> ResourceLook? {
        guard let kind = ResourceKind(rawValue: row["kind"]),
            let occasion = ResourceLook.Occasion(rawValue: row["occasion"]),
            case .list(let verdicts)? = try? JSON.parse(Array((row["verdicts"] as String).utf8))
        else { return nil }
        return ResourceLook(
            key: ResourceKey(source: row["source"], kind: kind, id: row["id"]), at: instant(row["at"]),
            occasion: occasion, rules: try verdicts.compactMap { try ruleLook($0, in: db) })
    }

    private static func ruleLook(_ value: CELValue, in db: Database) throws -> RuleLook? {
        guard case .list(let items) = value, items.count == 4, case .int(let number) = items[0],
            case .string(let letter) = items[1], case .string(let reason) = items[2], case .list(let values) = items[3],
            let row = try db.row("SELECT rule, condition, parts FROM conditions WHERE number = \(number)"),
            case .list(let parts)? = try? JSON.parse(Array((row["parts"] as String).utf8))
        else { return nil }
        let verdict: Verdict = letter == "t" ? .holds : letter == "f" ? .fails : .unknown(reason: reason)
        let shown = zip(parts, values).compactMap { part, value -> RuleLook.Part? in
            guard case .list(let pair) = part, pair.count == 2, case .int(let depth) = pair[0],
                case .string(let text) = pair[1]
            else { return nil }
            if case .string(let value) = value { return RuleLook.Part(depth: Int(depth), text: text, value: value) }
            return RuleLook.Part(depth: Int(depth), text: text, value: nil)
        }
        return RuleLook(rule: row["rule"], verdict: verdict, condition: row["condition"], parts: shown)
    }

    /// Notes a step of an alert or of a delivery.
    static func note(
        _ subject: String, _ what: JournalLine.Step, _ detail: String = "", at time: Timestamp, in db: Database
    ) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO journal (subject, at, what, detail) VALUES (?, ?, ?, ?)")
        try statement.execute(arguments: [
            subject, time.microseconds, what.rawValue, String(detail.prefix(JournalLine.detailCharacters)),
        ])
    }

    /// Notes once that a sink is told of an alert, by a delivery that is about others too. Of any other its own row says
    /// so.
    static func noteTold(
        _ alert: AlertID, by delivery: DeliveryRecord, at time: Timestamp, in db: Database
    ) throws {
        guard alert.rawValue != delivery.orderKey else { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO journal (subject, at, what, detail) SELECT ?1, ?2, 'told', ?3 WHERE NOT EXISTS (
                    SELECT 1 FROM journal WHERE subject = ?1 AND what = 'told' AND detail = ?3)
                """)
        try statement.execute(arguments: [alert.rawValue, time.microseconds, delivery.id.rawValue])
    }

    /// Notes an attempt after which the delivery goes on. The last one is told by its row.
    static func noteAttempt(of record: DeliveryRecord, at time: Timestamp, in db: Database) throws {
        guard let line = attempt(of: record, at: time) else { return }
        try note(record.id.rawValue, .attempt, line.detail, at: time, in: db)
    }

    /// The last attempt of a delivery, as its row tells it.
    static func attempt(of record: DeliveryRecord, at time: Timestamp) -> JournalLine? {
        guard let outcome = record.lastOutcome else { return nil }
        let said = [outcome, record.lastReason].compactMap(\.self).joined(separator: ": ")
        let answer = record.lastAnswer.isEmpty ? "" : "\n\(record.lastAnswer)"
        return JournalLine(
            at: time, step: .attempt, detail: String((said + answer).prefix(JournalLine.detailCharacters)))
    }

    /// Notes that an alert that was pending is over; before it is taken away.
    static func noteForgotten(_ id: AlertID, at now: Timestamp?, in db: Database) throws {
        let row = try db.row("SELECT * FROM alerts WHERE id = \(id.rawValue)")
        guard let record = row.flatMap(alert), record.phase == .pending else { return }
        let time = now ?? record.dueAt ?? record.since
        try note(id.rawValue, .forgotten, "the condition does not hold any more; nobody was told", at: time, in: db)
    }

    /// Notes what became of an alert, compared with what is stored; before that is replaced. That it fired and that it
    /// ended, its row tells.
    static func noteStep(of record: AlertRecord, at now: Timestamp?, in db: Database) throws {
        // One that fires at this moment was neither pending with another end before, nor had it cleared.
        guard !record.isTimer, record.phase != .resolved, record.phase == .pending || record.firedAt != now else {
            return
        }
        let statement = try db.cachedStatement(sql: "SELECT phase, cleared_at FROM alerts WHERE id = ?")
        let row = try Row.fetchOne(statement, arguments: [record.id.rawValue])
        let before: String? = row?[0]
        let wasCleared: Bool = (row?[1] as Int64?) != nil
        let id = record.id.rawValue
        let fallback = now ?? record.firedAt ?? record.since
        if record.phase == .pending {
            guard before != AlertPhase.pending.rawValue else { return }
            let due = record.dueAt.map { "fires at \($0.rfc3339) if it still holds then" } ?? ""
            try note(id, .pending, "the condition holds since \(record.since.rfc3339); \(due)", at: fallback, in: db)
        } else if let cleared = record.clearedAt, !wasCleared {
            let due = record.dueAt.map { "; ends at \($0.rfc3339) if it stays so" } ?? ""
            try note(id, .cleared, "the condition does not hold any more\(due)", at: cleared, in: db)
        } else if record.clearedAt == nil, wasCleared {
            try note(id, .holdsAgain, at: fallback, in: db)
        }
    }

    /// What the row of an alert tells of its steps.
    static func steps(of record: AlertRecord) -> [JournalLine] {
        var lines: [JournalLine] = []
        guard let firedAt = record.firedAt, !record.isTimer else { return lines }
        lines.append(
            JournalLine(at: firedAt, step: .fired, detail: "the condition holds since \(record.since.rfc3339)"))
        if record.phase == .resolved {
            lines.append(JournalLine(at: record.resolvedAt ?? firedAt, step: .resolved, detail: ""))
        }
        return lines
    }
}
