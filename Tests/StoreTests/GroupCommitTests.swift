import Core
import GRDB
import Store
import TestSupport
import Testing

@Suite struct `Writers that come at the same time` {
    @Test func `each find what they wrote, and share the waits for the disk`() async throws {
        let test = try TestStore()
        let before = try await test.store.size().logBytes
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                group.addTask {
                    try await test.store.setFact("fact/\(number)", "x", at: Sample.noon)
                    let found = try await test.store.facts(prefix: "fact/\(number)").map(\.name)
                    #expect(found.contains("fact/\(number)"))
                }
            }
            try await group.waitForAll()
        }
        #expect(try await test.store.facts(prefix: "fact/").count == 500)
        // Alone, each of them would have put two pages and more into the log.
        #expect(try await test.store.size().logBytes - before < 500 * 4096)
    }

    @Test func `do not lose what they wrote by what another fails to do`() async throws {
        let test = try TestStore()
        let queue = try DatabaseQueue(path: test.path)
        try await queue.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER broken BEFORE INSERT ON facts WHEN NEW.name LIKE 'bad%'
                    BEGIN SELECT RAISE(ABORT, 'no'); END
                    """)
        }
        let failures = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    do {
                        let name = number % 5 == 0 ? "bad \(number)" : "\(number)"
                        try await test.store.setFact(name, "", at: Sample.noon)
                        return false
                    } catch {
                        return true
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 40)
        #expect(try await test.store.facts(prefix: "").count == 160)
    }

    @Test func `are not undone by the end of the task that came first`() async throws {
        let test = try TestStore()
        let tasks = (0..<50).map { number in
            Task { try await test.store.setFact("\(number)", "", at: Sample.noon) }
        }
        tasks[0].cancel()
        for task in tasks { try await task.value }
        #expect(try await test.store.facts(prefix: "").count == 50)
    }
}
