import CEL
import Core
import GRDB

/// Looks and journal lines in and out of rows.
extension Rows {
    /// What is known of conditions that were looked with, by their numbers.
    struct KeptCondition {
        var rule: String
        var condition: String
        var parts: [(depth: Int, text: String)]
    }

    static func insert(_ look: ResourceLook, in db: Database) throws {
        let verdicts = try look.rules.map { rule -> CELValue in
            let (letter, reason): (String, String) =
                switch rule.verdict {
                case .holds: ("t", "")
                case .fails: ("f", "")
                case .unknown(let reason): ("u", reason)
                }
            return .list([
                .int(try number(of: rule, in: db)), .string(letter), .string(reason),
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

    /// A condition is kept once, however often it is looked with.
    private static func number(of rule: RuleLook, in db: Database) throws -> Int64 {
        let known = try db.value(
            Int64.self,
            "SELECT number FROM conditions WHERE rule = \(rule.rule) AND condition = \(rule.condition)")
        if let known { return known }
        let parts = JSON.serialize(.list(rule.parts.map { .list([.int(Int64($0.depth)), .string($0.text)]) }))
        let statement = try db.cachedStatement(
            sql: "INSERT INTO conditions (rule, condition, parts) VALUES (?, ?, ?)")
        try statement.execute(arguments: [rule.rule, rule.condition, parts])
        return db.lastInsertedRowID
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

    /// Notes once that a sink is told of an alert, by which delivery.
    static func noteTold(_ alert: String, by delivery: DeliveryRecord, at time: Timestamp, in db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO journal (subject, at, what, detail) SELECT ?1, ?2, 'told', ?3 WHERE NOT EXISTS (
                    SELECT 1 FROM journal WHERE subject = ?1 AND what = 'told' AND detail = ?3)
                """)
        try statement.execute(arguments: [alert, time.microseconds, delivery.id.rawValue])
    }

    static func noteAttempt(of record: DeliveryRecord, at time: Timestamp, in db: Database) throws {
        let said = [record.lastOutcome, record.lastReason].compactMap(\.self).joined(separator: ": ")
        let answer = record.lastAnswer.isEmpty ? "" : "\n\(record.lastAnswer)"
        try note(record.id.rawValue, .attempt, said + answer, at: time, in: db)
    }

    /// Notes that an alert that was pending is over; before it is taken away.
    static func noteForgotten(_ id: AlertID, at now: Timestamp?, in db: Database) throws {
        let row = try db.row("SELECT * FROM alerts WHERE id = \(id.rawValue)")
        guard let record = row.flatMap(alert), record.phase == .pending else { return }
        let time = now ?? record.dueAt ?? record.since
        try note(id.rawValue, .forgotten, "the condition does not hold any more; nobody was told", at: time, in: db)
    }

    /// Notes what became of an alert, compared with what is stored; before that is replaced.
    static func noteStep(of record: AlertRecord, at now: Timestamp?, in db: Database) throws {
        guard !record.isTimer else { return }
        let row = try db.row("SELECT phase, cleared_at FROM alerts WHERE id = \(record.id.rawValue)")
        let before: String? = row?["phase"]
        let wasCleared: Bool = (row?["cleared_at"] as Int64?) != nil
        let id = record.id.rawValue
        let fallback = now ?? record.resolvedAt ?? record.firedAt ?? record.since
        if record.phase == .pending, before != AlertPhase.pending.rawValue {
            let due = record.dueAt.map { "fires at \($0.rfc3339) if it still holds then" } ?? ""
            try note(id, .pending, "the condition holds since \(record.since.rfc3339); \(due)", at: fallback, in: db)
        }
        let hadFired = before == AlertPhase.firing.rawValue || before == AlertPhase.resolved.rawValue
        if let firedAt = record.firedAt, !hadFired {
            try note(id, .fired, "the condition holds since \(record.since.rfc3339)", at: firedAt, in: db)
        }
        if record.phase == .firing, let cleared = record.clearedAt, !wasCleared {
            let due = record.dueAt.map { "; ends at \($0.rfc3339) if it stays so" } ?? ""
            try note(id, .cleared, "the condition does not hold any more\(due)", at: cleared, in: db)
        }
        if record.phase == .firing, record.clearedAt == nil, wasCleared {
            try note(id, .holdsAgain, at: fallback, in: db)
        }
        if record.phase == .resolved, before != AlertPhase.resolved.rawValue, record.firedAt != nil {
            try note(id, .resolved, at: record.resolvedAt ?? fallback, in: db)
        }
    }
}
