import Core
import GRDB
import Store
import TestSupport
import Testing

@Suite struct `The order of a lane` {
    private func due(_ test: TestStore, _ order: DeliveryOrder) async throws -> [String] {
        try await test.store.dueDeliveries(sink: "team", at: Sample.at(99), order: order, limit: 9, excluding: [])
            .map { "\($0.notification.rule) \($0.notification.alerts[0].resource.id) \($0.notification.reason)" }
    }

    @Test func `lets no new activation overtake the resolve before it`() async throws {
        let test = try TestStore()
        try await test.say(Sample.alert("img_1"))
        try await test.say(Sample.alert("img_1"), as: .resolved, sequence: 2)
        try await test.end(.delivered)
        try await test.end(.failed(reason: "503", after: nil))
        try await test.say(Sample.alert("img_1", activation: 2))
        #expect(try await test.due(at: 5) == [])
        #expect(try await due(test, .alert) == ["failed img_1 resolved"])
        try await test.end(.delivered, at: 99)
        #expect(try await due(test, .alert) == ["failed img_1 fired"])
    }

    @Test func `is per alert, per resource or strict`() async throws {
        let test = try TestStore()
        try await test.say(Sample.alert("img_1", rule: "a"))
        try await test.say(Sample.alert("img_1", rule: "b"))
        try await test.say(Sample.alert("img_2", rule: "a"))
        #expect(try await due(test, .alert).count == 3)
        #expect(try await due(test, .resource) == ["a img_1 fired", "a img_2 fired"])
        #expect(try await due(test, .strict) == ["a img_1 fired"])
    }

    @Test func `holds what waits for a retry and what comes after it, where it is strict`() async throws {
        let test = try TestStore()
        try await test.say(Sample.alert("img_1"))
        try await test.end(.failed(reason: "503", after: nil))
        try await test.say(Sample.alert("img_2"))
        #expect(
            try await test.store.dueDeliveries(
                sink: "team", at: Sample.at(5), order: .strict, limit: 9, excluding: []
            ).isEmpty)
        #expect(try await due(test, .strict) == ["failed img_1 fired"])
    }

    @Test func `is known of deliveries that an older version has stored`() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path("auspex.db")
        try await commit(Sample.notification(Sample.alert("img_1")), path: path)
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(
                sql: OlderStore.beforeLean + """
                    DROP INDEX deliveries_lane; DROP INDEX deliveries_digest;
                    ALTER TABLE deliveries DROP COLUMN resource; ALTER TABLE deliveries DROP COLUMN rule;
                    ALTER TABLE deliveries DROP COLUMN handed_to; ALTER TABLE deliveries DROP COLUMN digest;
                    DROP TRIGGER tellings_inhibitor_ended; DROP TRIGGER tellings_alert_left; DROP TABLE tellings;
                    DROP TABLE alert_groups; DROP TABLE silences; DROP INDEX alerts_owed;
                    ALTER TABLE alerts DROP COLUMN waiting;
                    DROP INDEX changes_with_earlier; DROP INDEX alerts_of_groups; DROP TABLE windows;
                    ALTER TABLE changes DROP COLUMN earlier; ALTER TABLE changes DROP COLUMN earlier_since;
                    ALTER TABLE alerts DROP COLUMN members;
                    DROP TABLE looks; DROP TABLE journal; DROP TABLE conditions; DROP INDEX changes_of_resource;
                    PRAGMA user_version = 2;
                    """)
        }
        try queue.close()
        try await commit(Sample.notification(Sample.alert("img_1", activation: 2)), path: path)
        let store = try SQLiteStore(path: path, access: .watching)
        let due = try await store.dueDeliveries(sink: "team", at: Sample.at(99), limit: 9, excluding: [])
        #expect(due.map(\.notification.id) == [NotificationID(alert: Sample.alert("img_1").id, sequence: 1)])
    }

    private func commit(_ notification: AlertNotification, path: String) async throws {
        var decision = Decision()
        decision.notifications = [Sample.decided(notification, sinks: ["team"], sequence: 1)]
        let store = try SQLiteStore(path: path, access: .watching)
        try await store.commit(ObservationCommit(decision: decision, progress: [:], source: "studio"))
        store.close()
    }
}

@Suite struct `What a sink does not take` {
    private let alert = Sample.alert("img_1")

    private func kill(_ test: TestStore, at seconds: Int = 0) async throws {
        var record = try #require(try await test.dueDeliveries(at: seconds).first?.record)
        record.attemptEnded(
            AttemptResult(.refused(reason: "410")), schedule: .standard, at: Sample.at(seconds), unit: 0)
        try await test.store.record([record], fallback: "ops")
    }

    @Test func `is said through its fallback with the same notification id, and so is its end`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await kill(test)
        let handed = try #require(try await test.dueDeliveries("ops").first)
        #expect(handed.notification.id == NotificationID(alert: alert.id, sequence: 1))
        #expect(handed.record.sink == "ops")
        try await test.end(.delivered, sink: "ops")
        try await test.say(alert, as: .resolved, sequence: 2)
        #expect(try await test.due("ops") == ["img_1#2"])
        #expect(try await test.due() == [])
    }

    @Test func `goes there with the end that waited behind it`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        try await test.say(alert, as: .resolved, sequence: 2)
        try await kill(test)
        #expect(try await test.due("ops") == ["img_1#1"])
        try await test.end(.delivered, sink: "ops")
        #expect(try await test.due("ops") == ["img_1#2"])
    }

    @Test func `is not said twice where the fallback was told anyway, nor after a replay`() async throws {
        let test = try TestStore()
        try await test.say(alert, to: ["team", "ops"])
        try await kill(test)
        #expect(try await test.due("ops") == ["img_1#1"])
        try await test.end(.delivered, sink: "ops")
        _ = try await test.store.replay(try await test.store.deadDeliveries(sink: "team"), at: Sample.at(5))
        try await kill(test, at: 5)
        #expect(try await test.due("ops", at: 9) == [])
    }

    @Test func `is handed over once while it goes on waiting, and its end goes to both`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        #expect(try await test.store.handOver(sink: "team", to: "ops", at: Sample.at(1), limit: 9) == 1)
        #expect(try await test.store.handOver(sink: "team", to: "ops", at: Sample.at(1), limit: 9) == 0)
        #expect(try await test.due(at: 1) == ["img_1#1"])
        try await test.end(.delivered, sink: "ops", at: 1)
        try await test.end(.delivered, at: 1)
        try await test.say(alert, as: .reminder, sequence: 2, at: 2)
        #expect(try await test.due("ops", at: 2) == [])
        try await test.end(.delivered, at: 2)
        try await test.say(alert, as: .resolved, sequence: 3, at: 3)
        #expect(try await test.due(at: 3) == ["img_1#3"])
        #expect(try await test.due("ops", at: 3) == ["img_1#3"])
    }

    @Test func `is dead with its reason once its deadline has passed, unless it is being sent`() async throws {
        let test = try TestStore()
        for id in ["a", "b"] { try await test.say(Sample.alert(id)) }
        try await test.say(Sample.alert("c"), at: 50)
        let claimed = try #require(try await test.dueDeliveries().first?.record.id)
        let expired = try await test.store.expire(
            sink: "team", madeBefore: Sample.at(10), deadline: "10s", excluding: [claimed], fallback: "ops",
            at: Sample.at(20), limit: 9)
        #expect(expired.map(\.lastOutcome) == ["expired"])
        #expect(expired.first?.lastReason == "not delivered within its deadline of 10s")
        #expect(try await test.phases().sorted() == ["#1 dead", "#1 pending", "#1 pending"])
        #expect(try await test.due("ops", at: 20) == ["b#1"])
    }

    @Test func `leaves word of a replay for a lane that leaves its sink alone`() async throws {
        let test = try TestStore()
        try await test.say(alert)
        let record = try #require(try await test.end(.refused(reason: "410")))
        #expect(try await test.store.lastReplay(sink: "team") == nil)
        _ = try await test.store.replay([record.id], at: Sample.at(7))
        #expect(try await test.store.lastReplay(sink: "team") == Sample.at(7))
    }
}

@Suite struct `A backlog that is gathered` {
    private func gathered(_ count: Int = 3, excluding: Set<DeliveryID> = []) async throws -> (TestStore, GatheredDigest)
    {
        let test = try TestStore()
        for number in 0..<count { try await test.say(Sample.alert("img_\(number)"), at: number) }
        let digest = try await test.store.gather(sink: "team", at: Sample.at(20), excluding: excluding, limit: 100)
        return (test, try #require(digest))
    }

    @Test func `goes out as one delivery, and all of it is delivered with it`() async throws {
        let (test, digest) = try await gathered()
        #expect(digest.count == 3)
        let due = try await test.dueDeliveries(at: 20)
        #expect(due.map(\.record.id) == [digest.delivery])
        #expect(due[0].notification.title.plain.contains("3 notifications"))
        #expect(try await test.store.backlog(sink: "team") == 0)
        try await test.end(.delivered, at: 20)
        let lines = try await test.store.deliveries(sink: "team", deadOnly: false, limit: 9).map(\.record)
        #expect(lines.allSatisfy { $0.phase == .delivered })
        #expect(lines.count { $0.lastReason == "in digest \(digest.delivery.rawValue)" } == 3)
    }

    @Test func `keeps what comes later about the same resources until it is out`() async throws {
        let (test, digest) = try await gathered()
        try await test.say(Sample.alert("img_0"), as: .resolved, sequence: 2, at: 21)
        try await test.say(Sample.alert("img_9"), at: 21)
        let ids = try await test.dueDeliveries(at: 30).map(\.record.id)
        #expect(ids.contains(digest.delivery) && ids.count == 2)
        try await test.end(.delivered, at: 30)
        #expect(Set(try await test.due(at: 30)) == ["img_0#2", "img_9#1"])
    }

    @Test func `dies with its digest and can be replayed one by one`() async throws {
        let (test, _) = try await gathered()
        try await test.end(.refused(reason: "410"), at: 20)
        let dead = try await test.store.deliveries(sink: "team", deadOnly: true, limit: 9).map(\.record)
        #expect(dead.count == 4)
        let member = try #require(dead.first { !$0.isDigest })
        #expect(try await test.store.replay([member.id], at: Sample.at(40)) == [member.id])
        #expect(try await test.dueDeliveries(at: 40).map(\.record.id) == [member.id])
    }

    @Test func `leaves out what is being sent and what concerns the same resource`() async throws {
        let test = try TestStore()
        for number in 0..<3 { try await test.say(Sample.alert("img_\(number)"), at: number) }
        try await test.say(Sample.alert("img_0"), as: .resolved, sequence: 2, at: 5)
        let claimed = try #require(try await test.dueDeliveries(at: 9).first?.record.id)
        let digest = try await test.store.gather(sink: "team", at: Sample.at(9), excluding: [claimed], limit: 100)
        #expect(digest?.count == 2)
    }

    @Test func `is nothing where less than two wait`() async throws {
        let test = try TestStore()
        try await test.say(Sample.alert("img_0"))
        #expect(try await test.store.gather(sink: "team", at: Sample.at(9), excluding: [], limit: 100) == nil)
    }
}
