import Core
import GRDB
import Store
import TestSupport
import Testing

@Suite struct `The journal` {
    private let alert = Sample.alert("img_1")

    private func attempts(_ record: DeliveryRecord?, in store: SQLiteStore) async throws -> [String] {
        let id = try #require(record?.id.rawValue)
        return try await store.journal(of: id).filter { $0.step == .attempt }.map(\.detail)
    }

    @Test func `tells every attempt of a delivery once, also of one that was sent again`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await test.end(.failed(reason: "503", after: nil))
        let record = try await test.end(.delivered, at: 10)
        #expect(try await attempts(record, in: test.store) == ["failed: 503", "delivered"])
        _ = try await test.store.replay([try #require(record?.id)], at: Sample.at(20))
        #expect(try await attempts(record, in: test.store) == ["failed: 503", "delivered"])
        try await test.end(.refused(reason: "410"), at: 20)
        #expect(try await attempts(record, in: test.store) == ["failed: 503", "delivered", "refused: 410"])
    }

    @Test func `tells of what was never attempted why it was not`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await test.end(.refused(reason: "410"))
        try await test.say(alert, as: .resolved, sequence: 2)
        let buried = try await test.store.deliveries(sink: "team", deadOnly: true, limit: 9).map(\.record)
        let resolve = try #require(buried.first { $0.sequence == 2 })
        #expect(try await attempts(resolve, in: test.store).first?.contains("not sent") == true)
    }

    @Test func `names each delivery of an alert, by the alert`() async throws {
        let test = try TestStore()
        var record = alert
        record.firedAt = Sample.at(0)
        var decision = Decision()
        decision.records = [record]
        decision.notifications = [
            Sample.decided(Sample.notification(record), sinks: ["team", "ops"], sequence: 1)
        ]
        try await test.commit(decision)
        let lines = try await test.store.journal(of: record.id.rawValue)
        #expect(lines.map(\.step) == [.fired, .told, .told])
        let deliveries = try await test.store.deliveries(about: record).map(\.record.id.rawValue)
        #expect(Set(lines.suffix(2).map(\.detail)) == Set(deliveries))
    }

    /// A store with an alert that was told at the second attempt.
    private func told(in folder: TemporaryDirectory) async throws -> (AlertRecord, DeliveryRecord) {
        let test = try TestStore(in: folder)
        var record = alert
        record.firedAt = Sample.at(0)
        var decision = Decision()
        decision.records = [record]
        decision.notifications = [Sample.decided(Sample.notification(record), sinks: ["team"], sequence: 1)]
        try await test.commit(decision)
        try await test.end(.failed(reason: "503", after: nil))
        let delivery = try #require(try await test.end(.delivered, at: 10))
        test.store.close()
        return (record, delivery)
    }

    @Test func `of an older version tells nothing twice`() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path("auspex.db")
        let (record, delivery) = try await told(in: folder)
        let (alertID, deliveryID) = (record.id.rawValue, delivery.id.rawValue)
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(sql: OlderStore.beforeLean + "PRAGMA user_version = 6;")
            for (subject, what, detail) in [
                (alertID, "fired", "the condition holds"), (alertID, "told", deliveryID),
                (deliveryID, "attempt", "delivered"), ("alt_forgotten", "resolved", ""),
            ] {
                try db.execute(
                    sql: "INSERT INTO journal (subject, at, what, detail) VALUES (?, 0, ?, ?)",
                    arguments: [subject, what, detail])
            }
        }
        try queue.close()
        let store = try SQLiteStore(path: path, access: .watching)
        #expect(try await store.journal(of: alertID).map(\.step) == [.fired, .told])
        #expect(try await attempts(delivery, in: store) == ["failed: 503", "delivered"])
        #expect(try await store.journal(of: "alt_forgotten").map(\.step) == [.resolved], "nothing else tells of it")
        let counts = try await store.deliveryCounts()["team"]
        #expect(counts?.delivered == 1 && counts?.pending == 0)
    }
}

/// What undoes steps of the schema, to make a store of an older version.
enum OlderStore {
    /// From version 7 to 6, without the version's number.
    static let beforeLean = """
        DROP INDEX deliveries_order;
        CREATE INDEX deliveries_order ON deliveries (sink, order_key, sequence);
        CREATE INDEX deliveries_made ON deliveries (created_at);
        CREATE INDEX deliveries_waiting ON deliveries (order_key) WHERE phase = 'pending';
        CREATE INDEX looks_by_age ON looks (at);
        CREATE INDEX journal_by_age ON journal (at);
        DROP TRIGGER deliveries_coming;
        DROP TRIGGER deliveries_came;
        DROP TRIGGER deliveries_moving;
        DROP TRIGGER deliveries_moved;
        CREATE TRIGGER deliveries_came AFTER INSERT ON deliveries BEGIN
            INSERT INTO tallies VALUES ('deliveries', NEW.sink, NEW.phase, 1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;
        CREATE TRIGGER deliveries_moved_from AFTER UPDATE OF phase ON deliveries WHEN OLD.phase <> NEW.phase BEGIN
            INSERT INTO tallies VALUES ('deliveries', OLD.sink, OLD.phase, -1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;
        CREATE TRIGGER deliveries_moved_to AFTER UPDATE OF phase ON deliveries WHEN OLD.phase <> NEW.phase BEGIN
            INSERT INTO tallies VALUES ('deliveries', NEW.sink, NEW.phase, 1)
                ON CONFLICT DO UPDATE SET count = count + excluded.count;
        END;

        """
}
