import CEL
import Core
import Foundation
import Logging
import Sinks
import Synchronization
import Testing

@Suite struct `A file of notifications` {
    private func lines(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
    }

    @Test func `has one line of JSON for each, in the callback's form`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/alerts.jsonl"
        let file = try sink("file", ["path": .string(path)])
        for hostile in HostileText.all {
            #expect(await file.attempt(Sample.delivery(saying: hostile.text), at: Sample.now).outcome == .delivered)
        }
        let lines = try lines(path)
        #expect(lines.count == HostileText.all.count + 1 && lines.last == "")
        for line in lines.dropLast() {
            #expect(try JSON.parse(Array(line.utf8)).text("data.alerts.0.resource_id") == "img_01k")
        }
        #expect(file.preview(Sample.delivery(saying: HostileText.all[0].text), at: Sample.now) == lines[0])
    }

    @Test func `is readable by its owner alone`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/alerts.jsonl"
        _ = try await sink("file", ["path": .string(path)]).attempt(Sample.delivery(), at: Sample.now)
        let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(permissions == 0o600)
    }

    @Test func `that ends within a line goes on with a new one`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/alerts.jsonl"
        try Data("{\"type\":\"alert.fi".utf8).write(to: URL(fileURLWithPath: path))
        _ = try await sink("file", ["path": .string(path)]).attempt(Sample.delivery(), at: Sample.now)
        let lines = try lines(path)
        #expect(lines.count == 3)
        #expect(lines[0] == "{\"type\":\"alert.fi")
        #expect(try JSON.parse(Array(lines[1].utf8)).text("type") == "alert.fired")
    }

    @Test func `is made anew after it was moved away`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/alerts.jsonl"
        let file = try sink("file", ["path": .string(path)])
        _ = await file.attempt(Sample.delivery(), at: Sample.now)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        _ = await file.attempt(Sample.delivery(), at: Sample.now)
        #expect(try lines(path).count == 2)
    }

    @Test func `loses and splits nothing while it is rotated`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/alerts.jsonl"
        let sinks = [try sink("file", ["path": .string(path)]), try sink("file", ["path": .string(path)])]
        let files = await withTaskGroup(of: Int.self) { group in
            for number in 0..<4 {
                group.addTask {
                    for _ in 0..<50 {
                        let result = await sinks[number % 2].attempt(Sample.delivery(), at: Sample.now)
                        #expect(result.outcome == .delivered)
                    }
                    return 0
                }
            }
            group.addTask {
                var count = 0
                for _ in 0..<2_000 {
                    if rename(path, "\(path).\(count)") == 0 { count += 1 }
                    await Task.yield()
                }
                return count
            }
            return await group.reduce(0, +)
        }
        var lines = Array((try? self.lines(path).dropLast()) ?? [])
        for number in 0..<files { lines += try self.lines("\(path).\(number)").dropLast() }
        #expect(lines.count == 200)
        #expect(lines.allSatisfy { (try? JSON.parse(Array($0.utf8))) != nil })
    }

    @Test func `takes many at once without mixing lines`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/alerts.jsonl"
        let sinks = [try sink("file", ["path": .string(path)]), try sink("file", ["path": .string(path)])]
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask { _ = await sinks[number % 2].attempt(Sample.delivery(), at: Sample.now) }
            }
        }
        let lines = try lines(path)
        #expect(lines.count == 101)
        #expect(lines.dropLast().allSatisfy { (try? JSON.parse(Array($0.utf8))) != nil })
    }

    @Test(arguments: ["/nonexistent/folder/alerts.jsonl", "/", "/dev/null"])
    func `that cannot be written is tried again later`(_ path: String) async throws {
        let result = try await sink("file", ["path": .string(path)]).attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome.name == "failed")
        #expect(result.outcome.reason?.hasPrefix("\(path): ") == true)
    }

    @Test func `that is a pipe nobody reads does not hang`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        let result = try await sink("file", ["path": .string(path)]).attempt(Sample.delivery(), at: Sample.now)
        #expect(result.outcome.name == "failed")
    }

    @Test(.enabled(if: FileManager.default.isWritableFile(atPath: "/dev/full"), "there is no /dev/full"))
    func `on a full disk is not delivered`() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/full"
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")
        #expect(
            try await sink("file", ["path": .string(path)]).attempt(Sample.delivery(), at: Sample.now).outcome.name
                == "failed")
    }
}

@Suite struct `The log` {
    @Test func `gets one structured line for each notification`() async throws {
        let store = LogStore()
        let logger = Logger(label: "auspex") { _ in StoringLogHandler(store: store) }
        let kind = try #require(SinkCatalog.kind(named: "log"))
        let log = try kind.make(configuration([:]), services(logger: logger))
        for hostile in HostileText.all {
            #expect(
                await log.attempt(Sample.delivery(saying: "Refused\n" + hostile.text), at: Sample.now).outcome
                    == .delivered)
        }
        let lines = store.lines
        #expect(lines.count == HostileText.all.count)
        for line in lines {
            #expect(line.message == "notification" && line.level == .warning)
            #expect(line.metadata["rule.name"] == "refused-by-policy")
            #expect(line.metadata["resource.id"] == "img_01k")
            #expect(line.metadata["notification.id"] == Sample.notification().id.rawValue)
            #expect(line.metadata["notification.severity"] == "warning")
            let title = line.metadata["notification.title"] ?? ""
            #expect(
                title.hasPrefix("Refused")
                    && !title.unicodeScalars.contains { $0.properties.generalCategory == .control })
        }
    }
}

private final class LogStore: Sendable {
    struct Line: Sendable {
        var level: Logger.Level
        var message: String
        var metadata: [String: String]
    }

    private let stored = Mutex<[Line]>([])
    var lines: [Line] { stored.withLock { $0 } }
    func add(_ line: Line) { stored.withLock { $0.append(line) } }
}

private struct StoringLogHandler: LogHandler {
    let store: LogStore
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    init(store: LogStore) { self.store = store }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        store.add(
            LogStore.Line(
                level: event.level, message: "\(event.message)", metadata: (event.metadata ?? [:]).mapValues { "\($0)" }
            ))
    }
}
