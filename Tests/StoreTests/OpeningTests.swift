import Core
import Foundation
import GRDB
import Store
import TestSupport
import Testing

@Suite struct `Opening a store` {
    private let folder: TemporaryDirectory
    private var path: String { folder.path("auspex.db") }

    init() throws { folder = try TemporaryDirectory() }

    private func makeStore() async throws {
        let store = try SQLiteStore(path: path, access: .watching)
        try await store.setFact("a", "1", at: Sample.noon)
        store.close()
    }

    private func fillStore() async throws {
        let store = try SQLiteStore(path: path, access: .watching)
        for number in 0..<200 {
            try await store.setFact("fact \(number)", String(repeating: "x", count: 500), at: Sample.noon)
        }
        store.close()
    }

    private func open(_ access: SQLiteStore.Access = .watching) throws(StoreError) -> SQLiteStore {
        try SQLiteStore(path: path, access: access)
    }

    /// The error of opening; the store's file must be as it was, byte for byte.
    private func refusal(_ access: SQLiteStore.Access = .watching) throws -> StoreError? {
        let before = try folder.bytes(of: "auspex.db")
        var refusal: StoreError?
        do { _ = try open(access) } catch { refusal = error }
        #expect(try folder.bytes(of: "auspex.db") == before, "the file was changed")
        return refusal
    }

    @Test func `makes it for a watcher and not for a visitor`() throws {
        #expect(throws: StoreError.missing(path: path)) { try open(.visiting) }
        #expect(!FileManager.default.fileExists(atPath: path))
        let store = try open()
        #expect(FileManager.default.fileExists(atPath: path))
        store.close()
    }

    @Test func `again finds what was there`() async throws {
        try await makeStore()
        let store = try open()
        #expect(try await store.facts(prefix: "a").map(\.value) == ["1"])
    }

    @Test func `makes the schema that is released`() async throws {
        try await makeStore()
        let queue = try DatabaseQueue(path: path)
        let schema = try await queue.read { db in
            try String.fetchAll(db, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        }
        try Golden.check(schema.joined(separator: ";\n\n"), "schema.sql")
    }

    @Test func `is for one watcher at a time`() async throws {
        let first = try open()
        #expect(throws: StoreError.inUse(path: path)) { try open() }
        withExtendedLifetime(first) {}
    }

    @Test func `is for the next watcher when the first has let go`() async throws {
        do { try open().close() }
        let second = try open()
        second.close()
    }

    @Test func `lets visitors in beside a watcher, who see what it writes`() async throws {
        let watcher = try open()
        try await watcher.setFact("a", "1", at: Sample.noon)
        let visitor = try open(.visiting)
        #expect(try await visitor.facts(prefix: "a").map(\.value) == ["1"])
        try await visitor.setFact("b", "2", at: Sample.noon)
        #expect(try await watcher.facts(prefix: "b").map(\.value) == ["2"])
    }

    @Test(arguments: [SQLiteStore.Access.watching, .visiting])
    func `of a newer version is refused and changes nothing`(access: SQLiteStore.Access) async throws {
        try await makeStore()
        let queue = try DatabaseQueue(path: path)
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA user_version = 999; PRAGMA wal_checkpoint(TRUNCATE)")
        }
        try queue.close()
        let error = try refusal(access)
        guard case .newerVersion(_, found: 999, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect("\(try #require(error))".contains("nothing was changed"))
    }

    @Test func `of another program's database is refused and changes nothing`() async throws {
        for pragma in ["PRAGMA application_id = 7", "PRAGMA user_version = 1", "SELECT 1"] {
            try? FileManager.default.removeItem(atPath: path)
            let queue = try DatabaseQueue(path: path)
            try await queue.writeWithoutTransaction { db in
                try db.execute(sql: "CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")
                try db.execute(sql: pragma)
            }
            try queue.close()
            #expect(try refusal() == .notAStore(path: path), "\(pragma)")
        }
    }

    @Test(arguments: ["not a database at all", String(repeating: "x", count: 5000)])
    func `of a file that is no database is refused and changes nothing`(text: String) throws {
        try folder.write(text, to: "auspex.db")
        #expect(try refusal() != nil)
    }

    @Test func `of a damaged file is refused and changes nothing`() async throws {
        try await fillStore()
        var bytes = try folder.bytes(of: "auspex.db")
        for index in 4096 * 2..<min(bytes.count, 4096 * 12) { bytes[index] = 0xA5 }
        try folder.write(bytes: bytes, to: "auspex.db")
        let error = try refusal()
        guard case .corrupt? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `of a file cut in the middle is refused and changes nothing`() async throws {
        try await makeStore()
        try folder.write(bytes: Array(try folder.bytes(of: "auspex.db").prefix(6000)), to: "auspex.db")
        let error = try refusal()
        guard case .corrupt? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `of an empty file makes the store in it`() async throws {
        try folder.write("", to: "auspex.db")
        try await makeStore()
    }

    @Test func `in a folder that is not there says where`() {
        let missing = folder.path("nowhere/auspex.db")
        do {
            _ = try SQLiteStore(path: missing, access: .watching)
            Issue.record("it was opened")
        } catch {
            #expect("\(error)".contains(missing))
        }
    }

    @Test func `of a folder is refused`() {
        #expect(throws: StoreError.self) { try SQLiteStore(path: folder.path, access: .watching) }
    }

    @Test func `after a crash finds what was committed and nothing of what was not`() async throws {
        let watcher = try open()
        try await watcher.setFact("committed", "1", at: Sample.noon)
        // A crash leaves the file, its log and no one who closes them: a copy of both is just that.
        try FileManager.default.createDirectory(atPath: folder.path("crashed"), withIntermediateDirectories: true)
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: folder.path("crashed/auspex.db") + suffix)
        }
        let wal = try folder.bytes(of: "crashed/auspex.db-wal")
        try folder.write(bytes: wal + wal.prefix(1000), to: "crashed/auspex.db-wal")
        let survivor = try SQLiteStore(path: folder.path("crashed/auspex.db"), access: .watching)
        #expect(try await survivor.facts(prefix: "").map(\.name) == ["committed"])
    }

    @Test func `can be copied while it is in use`() async throws {
        let watcher = try open()
        try await watcher.setFact("a", "1", at: Sample.noon)
        try await watcher.copy(to: folder.path("copy.db"))
        try await watcher.setFact("b", "2", at: Sample.noon)
        let copy = try SQLiteStore(path: folder.path("copy.db"), access: .watching)
        #expect(try await copy.facts(prefix: "").map(\.name) == ["a"])
    }
}

@Suite struct `Facts` {
    @Test func `are found by how their names begin, whatever is in them`() async throws {
        let test = try TestStore()
        for name in ["source/a", "source/%", "sourcé/b", "rule/a"] {
            try await test.store.setFact(name, "{}", at: Sample.noon)
        }
        #expect(try await test.store.facts(prefix: "source/").map(\.name) == ["source/%", "source/a"])
        #expect(try await test.store.facts(prefix: "source/%").map(\.name) == ["source/%"])
    }
}
