import Core
import Foundation
import GRDB
import Store
import TestSupport
import Testing

/// A store as the first released version made it, with one of everything in it.
struct FirstVersion {
    let folder: TemporaryDirectory
    var path: String { folder.path("auspex.db") }

    init(resources: Int = 3) throws {
        folder = try TemporaryDirectory()
        let schema = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/schema-1.sql"),
            encoding: .utf8)
        let queue = try DatabaseQueue(path: folder.path("auspex.db"))
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            for statement in schema.split(separator: ";\n\n") {
                // As they stand, so that the two files can be compared to the letter.
                try db.execute(sql: statement.hasSuffix("\n") ? String(statement.dropLast()) : String(statement))
            }
            try db.execute(sql: "PRAGMA application_id = 0x41757370; PRAGMA user_version = 1")
        }
        try queue.write { db in
            for number in 0..<resources {
                try db.execute(
                    sql: """
                        INSERT INTO snapshots VALUES ('studio', 'generation', ?, ?, 7, 'failed', ?, 0, 0, 0, 1, ?)
                        """,
                    arguments: [
                        "img_\(number)", Data(Sample.json("img_\(number)", "failed")),
                        Sample.at(number).microseconds, number == 1,
                    ])
            }
            try db.execute(
                sql: """
                    INSERT INTO sources VALUES ('studio', 'generation', 1, 'img_9', 5, 6);
                    INSERT INTO alerts VALUES ('alt_1', 'studio', 'generation', 'img_0', 'failed', 1, 'firing', 1, 1,
                        NULL, NULL, NULL, 1, 1, '["team"]', 1, 'img_0 failed', 'warning');
                    INSERT INTO notifications VALUES ('ntf_1', 1, 'img_0 failed', x'7b7d');
                    INSERT INTO deliveries VALUES ('dlv_1', 'ntf_1', 'team', 'alt_1', 1, 'dead', 1, 1, 1, 2, 'refused',
                        '410', '', '{}', 0);
                    INSERT INTO facts VALUES ('source/studio/generation', '{}', 1);
                    """)
        }
        try queue.close()
    }

    func pragma(_ name: String) throws -> Int {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read { db in try Int.fetchOne(db, sql: "PRAGMA \(name)") ?? -1 }
    }
}

@Suite struct `A store of the first version` {
    @Test func `is read by this one, with nothing lost`() async throws {
        let old = try FirstVersion()
        let store = try SQLiteStore(path: old.path, access: .watching)
        let known = try await store.known(source: "studio", kind: .generation, ids: ["img_0", "img_1"])
        #expect(known["img_0"]?.snapshot?.body == Sample.json("img_0", "failed"))
        #expect(known["img_0"]?.snapshot?.isWhole == true)
        #expect(known["img_0"]?.latest["failed"]?.owesResolve == true)
        #expect(known["img_1"]?.snapshot?.isGone == true)
        #expect(try await store.progress(source: "studio", kind: .generation).sweepCursor == "img_9")
        #expect(try await store.presentCount(source: "studio", kind: .generation) == 2)
        #expect(try await store.alertCounts() == [.firing: 1])
        #expect(try await store.deliveryCounts()["team"]?.dead == 1)
        #expect(try await store.deadDeliveries(sink: "team").count == 1)
        #expect(try await store.facts(prefix: "source/").count == 1)
    }

    @Test func `comes to the same schema as a new store`() async throws {
        func schema(_ path: String) throws -> [String] {
            let queue = try DatabaseQueue(path: path)
            return try queue.read { db in
                try String.fetchAll(db, sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
            }
        }
        let old = try FirstVersion()
        try SQLiteStore(path: old.path, access: .watching).close()
        let new = try TestStore()
        let (migrated, made) = (try schema(old.path), try withExtendedLifetime(new) { try schema(new.path) })
        for (statement, expected) in zip(migrated, made) { #expect(statement == expected) }
        #expect(migrated.count == made.count)
        #expect(try old.pragma("user_version") == 7)
    }

    @Test func `can give pages back afterwards, as a new one can`() async throws {
        let old = try FirstVersion()
        #expect(try old.pragma("auto_vacuum") == 0)
        let store = try SQLiteStore(path: old.path, access: .watching)
        #expect(try await store.size().isCompactable)
        store.close()
        #expect(try old.pragma("auto_vacuum") == 2)
        let new = try TestStore()
        #expect(try await new.store.size().isCompactable)
    }

    @Test func `is as it was when the step to this one fails`() async throws {
        let old = try FirstVersion()
        let queue = try DatabaseQueue(path: old.path)
        try await queue.write { db in try db.execute(sql: "CREATE TABLE tallies (x)") }
        try queue.close()
        #expect(throws: StoreError.self) { try SQLiteStore(path: old.path, access: .watching) }
        #expect(try old.pragma("user_version") == 1)
        let after = try DatabaseQueue(path: old.path)
        let columns = try await after.read { db in try db.columns(in: "snapshots").map(\.name) }
        #expect(!columns.contains("is_whole"))
    }
}

@Suite struct `The file of a store` {
    private func filled() async throws -> TestStore {
        let test = try TestStore()
        for part in 0..<20 {
            var decision = Decision()
            decision.snapshots = (0..<100).map { number in
                var snapshot = Sample.snapshot("img_\(part)_\(number)", "failed")
                snapshot.body = Sample.json("img", "failed", [("prompt", "\"\(String(repeating: "x", count: 3000))\"")])
                return snapshot
            }
            try await test.commit(decision)
        }
        return test
    }

    @Test func `gives back what the details took, a few pages at a time`() async throws {
        let test = try await filled()
        let full = try await test.store.size()
        try await finish(.details, in: test, before: 100, limit: 100)
        var size = try await test.store.size()
        #expect(size.freePages > full.pages / 2)
        while size.freePages > 0 {
            let before = size
            try await test.store.compact(pages: 100)
            size = try await test.store.size()
            #expect(before.pages - size.pages >= min(100, before.freePages))
            #expect(before.pages - size.pages <= 110)
        }
        #expect(size.pages < full.pages / 4)
        try await test.store.cutLog()
        let bytes = try #require(FileManager.default.attributesOfItem(atPath: test.path)[.size] as? Int)
        #expect(bytes == size.pages * 4096)
        #expect(try await test.store.presentCount(source: "studio", kind: .generation) == 2000)
    }

    @Test func `has a log that is cut although somebody reads all the time`() async throws {
        let test = try await filled()
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let visitor = try DatabaseQueue(path: test.path, configuration: configuration)
        try await visitor.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN; SELECT count(*) FROM snapshots")
        }
        for _ in 0..<3 {
            var decision = Decision()
            decision.snapshots = (0..<1000).map { number in
                var snapshot = Sample.snapshot("img_\(number)", "failed")
                snapshot.body = Sample.json("img", "failed", [("prompt", "\"\(String(repeating: "y", count: 6000))\"")])
                return snapshot
            }
            try await test.commit(decision)
        }
        // While the other reads, the log must stay, and nobody fails or waits for long because of it.
        try await test.store.cutLog()
        #expect(try await test.store.size().logBytes > 4 << 20)
        try await visitor.writeWithoutTransaction { db in try db.execute(sql: "COMMIT") }
        try await test.store.cutLog()
        #expect(try await test.store.size().logBytes == 0)
    }
}
