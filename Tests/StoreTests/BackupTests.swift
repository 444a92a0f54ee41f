import Core
import Foundation
import GRDB
import Store
import TestSupport
import Testing

@Suite struct `A copy of the store` {
    private let kit: TestStore
    private var copy: String { kit.folder.path("copy.db") }

    init() throws { kit = try TestStore() }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: kit.folder.path).filter { !$0.hasPrefix("auspex.db") }
            .sorted()
    }

    private func say(_ range: Range<Int>) async throws {
        for number in range { try await kit.say(Sample.alert("img_\(number)")) }
    }

    @Test func `holds what was there at one moment, while others go on writing`() async throws {
        try await say(0..<200)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let kit = kit
            group.addTask {
                for number in 200..<400 { try await kit.say(Sample.alert("img_\(number)")) }
            }
            let made = try kit.store.backup(to: copy, at: Sample.at(7))
            #expect(made.pending >= 200)
            #expect(made.madeAt == Sample.at(7))
            try await group.waitForAll()
        }
        let opened = try SQLiteStore(path: copy, access: .watching)
        let pending = try await opened.deliveryCounts()["team"]?.pending ?? 0
        #expect((200...400).contains(pending))
        // The alerts and the deliveries were committed together, and are so in the copy.
        #expect(try await opened.deliveries(sink: "team", deadOnly: false, limit: 1000).count == pending)
        opened.close()
    }

    @Test func `is one file, readable by its owner alone`() async throws {
        try await say(0..<5)
        _ = try kit.store.backup(to: copy, at: Sample.noon)
        #expect(try names() == ["copy.db"])
        var information = stat()
        #expect(stat(copy, &information) == 0)
        #expect(information.st_mode & 0o777 == 0o600)
    }

    @Test func `overwrites nothing`() async throws {
        try kit.folder.write("precious", to: "copy.db")
        #expect(throws: StoreError.exists(path: copy)) { try kit.store.backup(to: copy, at: Sample.noon) }
        #expect(try kit.folder.bytes(of: "copy.db") == Array("precious".utf8))
        try FileManager.default.createSymbolicLink(
            atPath: kit.folder.path("link.db"), withDestinationPath: "/nowhere/x")
        #expect(throws: StoreError.self) { try kit.store.backup(to: kit.folder.path("link.db"), at: Sample.noon) }
    }

    @Test func `takes the place of what one that was cut off has left`() async throws {
        try kit.folder.write("half a copy", to: "copy.db.partial")
        _ = try kit.store.backup(to: copy, at: Sample.noon)
        #expect(try names() == ["copy.db"])
    }

    @Test func `into a folder that is not there leaves nothing, and says where`() async throws {
        let nowhere = kit.folder.path("nowhere/copy.db")
        do {
            _ = try kit.store.backup(to: nowhere, at: Sample.noon)
            Issue.record("it was made")
        } catch {
            #expect("\(error)".contains(nowhere))
        }
    }

    @Test func `of a store with a damaged page is not made`() async throws {
        try await say(0..<400)
        try await kit.store.cutLog()
        kit.store.close()
        var bytes = try kit.folder.bytes(of: "auspex.db")
        for index in bytes.count / 2..<min(bytes.count, bytes.count / 2 + 4096) { bytes[index] = 0xA5 }
        try kit.folder.write(bytes: bytes, to: "auspex.db")
        do {
            // Opening reads small stores whole; one that goes bad later is found here.
            let store = try SQLiteStore(path: kit.path, access: .visiting)
            _ = try store.backup(to: copy, at: Sample.noon)
            Issue.record("it was made")
        } catch {
            guard case .corrupt = error else {
                Issue.record("\(error)")
                return
            }
        }
        #expect(try names() == [])
    }
}

@Suite struct `A copy that is put back` {
    private let folder: TemporaryDirectory
    private var path: String { folder.path("auspex.db") }
    private var copy: String { folder.path("copy.db") }

    init() throws { folder = try TemporaryDirectory() }

    /// A store with two deliveries, of which a copy was made and of which one was delivered afterwards.
    private func storeAndCopy() async throws {
        let kit = try TestStore(in: folder)
        try await kit.say(Sample.alert("img_1"))
        try await kit.say(Sample.alert("img_2"), at: 1)
        _ = try kit.store.backup(to: copy, at: Sample.at(2))
        try await kit.end(.delivered, at: 3)
        try await kit.say(Sample.alert("img_3"), at: 4)
        kit.store.close()
    }

    private func restore(_ inDoubt: StoreRestore.InDoubt = .send) throws(StoreError) -> StoreRestore.Outcome {
        try StoreRestore.run(from: copy, to: path, inDoubt: inDoubt, at: Sample.at(60))
    }

    @Test func `is refused while somebody watches with the store`() async throws {
        try await storeAndCopy()
        let watcher = try SQLiteStore(path: path, access: .watching)
        #expect(throws: StoreError.inUse(path: path)) { try restore() }
        withExtendedLifetime(watcher) {}
    }

    @Test func `is the store as it was, and what was there is kept with its log`() async throws {
        try await storeAndCopy()
        let outcome = try restore()
        #expect(outcome.copy.madeAt == Sample.at(2))
        #expect(outcome.copy.pending == 2)
        let store = try SQLiteStore(path: path, access: .watching)
        #expect(try await store.deliveryCounts()["team"]?.pending == 2)
        let due = try await store.dueDeliveries(sink: "team", at: Sample.at(60), limit: 10, excluding: [])
        #expect(due.map(\.notification.alerts[0].resource.id) == ["img_1", "img_2"])
        store.close()
        let kept = try SQLiteStore(path: try #require(outcome.before), access: .visiting)
        #expect(try await kept.deliveryCounts()["team"] == before(delivered: 1, pending: 2))
        kept.close()
    }

    private func before(delivered: Int, pending: Int) -> DeliveryCounts {
        var counts = DeliveryCounts()
        counts.delivered = delivered
        counts.pending = pending
        counts.oldestPendingAt = Sample.at(1)
        return counts
    }

    @Test func `sends nothing that may have arrived since, where that is asked for`() async throws {
        try await storeAndCopy()
        _ = try restore(.hold)
        let store = try SQLiteStore(path: path, access: .watching)
        #expect(try await store.dueDeliveries(sink: "team", at: Sample.at(60), limit: 10, excluding: []).isEmpty)
        let dead = try await store.deadDeliveries(sink: nil)
        #expect(dead.count == 2)
        #expect(try await store.replay(dead, at: Sample.at(61)).count == 2)
        #expect(
            try await store.dueDeliveries(sink: "team", at: Sample.at(61), limit: 10, excluding: []).count == 2)
        store.close()
    }

    @Test func `is refused when it is damaged, and the store stays as it is`() async throws {
        try await storeAndCopy()
        var bytes = try folder.bytes(of: "copy.db")
        for index in 4096 * 3..<4096 * 4 { bytes[index] = 0xA5 }
        try folder.write(bytes: bytes, to: "copy.db")
        #expect(throws: StoreError.self) { try restore() }
        let store = try SQLiteStore(path: path, access: .watching)
        #expect(try await store.deliveryCounts()["team"] == before(delivered: 1, pending: 2))
        store.close()
    }

    @Test func `takes a place that is empty, and a stale log there is not believed`() async throws {
        try await storeAndCopy()
        try FileManager.default.removeItem(atPath: path)
        try folder.write("an old log", to: "auspex.db-wal")
        let outcome = try restore()
        #expect(outcome.before == nil)
        let store = try SQLiteStore(path: path, access: .watching)
        #expect(try await store.deliveryCounts()["team"]?.pending == 2)
        store.close()
    }
}
