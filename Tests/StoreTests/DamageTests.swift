import Core
import Foundation
import GRDB
import Store
import TestSupport
import Testing

@Suite struct `Damage in a store that is in use` {
    @Test func `of what a delivery says ends as a dead letter with its reason, and holds up no other`() async throws {
        let test = try TestStore()
        try await test.say(Sample.alert("img_1"))
        try await test.say(Sample.alert("img_2"))
        let queue = try DatabaseQueue(path: test.path)
        try await queue.write { db in
            try db.execute(sql: "UPDATE notifications SET document = x'A5A5' WHERE rowid = 1")
        }
        #expect(try await test.due() == ["img_2#1"])
        let dead = try await test.store.deliveries(sink: nil, deadOnly: true, limit: 10)
        #expect(dead.count == 1)
        #expect(dead.first?.record.lastReason?.contains("cannot be read") == true)
        #expect(try await test.due() == ["img_2#1"])
    }

    @Test func `of a page is said as damage, and what lies elsewhere goes on`() async throws {
        let test = try TestStore()
        for number in 0..<300 { try await test.store.setFact("fact \(number)", "x", at: Sample.noon) }
        try await test.say(Sample.alert("img_1"))
        try await test.store.cutLog()
        let pages = try await DatabaseQueue(path: test.path).read { db in
            try Int.fetchAll(db, sql: "SELECT pageno FROM dbstat WHERE name = 'facts'")
        }
        let file = try FileHandle(forUpdating: URL(filePath: test.path))
        for page in pages {
            try file.seek(toOffset: UInt64(page - 1) * 4096)
            try file.write(contentsOf: Data(repeating: 0xA5, count: 4096))
        }
        try file.close()
        // Another process, which has read nothing yet; the size of its file is not what it is examined for.
        do {
            _ = try await SQLiteStore(path: test.path, access: .visiting).facts(prefix: "fact")
            Issue.record("nothing was said")
        } catch {
            guard case .corrupt = error else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(try await test.due() == ["img_1#1"])
        try await test.end(.delivered)
        #expect(try await test.due() == [])
    }
}
