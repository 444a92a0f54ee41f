import CEL
import ConfigurationFiles
import Core
import Glibc
import Sinks
import Store

/// Runs the tests of rule files, over stores in a folder that is thrown away.
package struct RuleTestRunner: Sendable {
    /// Where the stores are made and removed.
    package var folder: String
    /// Seconds of a clock that does not jump, to say how long tests take.
    package var steadySeconds: @Sendable () -> Double
    /// How many tests run at once.
    package var width: Int
    /// Whether another process takes over whenever something has happened.
    package var restartsAlways: Bool

    /// Whether what tests show of rules is gathered.
    package var measuresCoverage = false

    package init(
        folder: String, width: Int, restartsAlways: Bool = false, steadySeconds: @escaping @Sendable () -> Double
    ) {
        self.folder = folder
        self.width = max(1, width)
        self.restartsAlways = restartsAlways
        self.steadySeconds = steadySeconds
    }

    /// Runs those tests whose name has `pattern` in it, or all; returns what came of them in their order.
    package func run(_ files: [RuleTestFile], pattern: String? = nil) async throws -> [TestOutcome] {
        let jobs = files.flatMap { file in file.tests.map { (file, $0) } }
            .filter { pattern.map($0.1.name.contains) ?? true }.filter { !restartsAlways || $0.1.isRestartable }
        let width = min(width, jobs.count)
        return try await withThrowingTaskGroup(of: [(Int, TestOutcome)].self) { group in
            for worker in 0..<width {
                group.addTask {
                    // Making a store takes longer than most tests: one serves many, one after the other.
                    let path = "\(folder)/\(worker).db"
                    defer { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }
                    let store = try SQLiteStore(path: path, access: .rehearsing)
                    defer { store.close() }
                    var outcomes: [(Int, TestOutcome)] = []
                    for place in stride(from: worker, to: jobs.count, by: width) {
                        outcomes.append((place, try await run(jobs[place].1, of: jobs[place].0, in: store)))
                    }
                    return outcomes
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func run(_ test: RuleTest, of file: RuleTestFile, in store: SQLiteStore) async throws -> TestOutcome {
        let began = steadySeconds()
        try await store.empty()
        var outcome = TestOutcome(
            file: file.path, name: test.name, position: test.position, isRestarted: restartsAlways, lines: [],
            duration: .zero)
        do {
            outcome.lines = try await live(test, of: file, in: store)
            if measuresCoverage { outcome.coverage = try await coverage(in: store) }
        } catch let problem as RehearsalProblem {
            outcome.lines = [TestOutcome.Line(mark: .problem, text: problem.description)]
        }
        outcome.duration = .seconds(steadySeconds() - began)
        return outcome
    }

    private func live(
        _ test: RuleTest, of file: RuleTestFile, in store: SQLiteStore
    ) async throws -> [TestOutcome.Line] {
        var doors: [String: SinkDoor] = [:]
        var sinks: [RehearsedSink] = []
        for settings in file.sinks {
            let door = SinkDoor()
            doors[settings.configuration.name] = door
            sinks.append(try RuleTestRunner.sink(settings, door))
        }
        var rehearsal = Rehearsal(
            test, settings: file.settings(for: test, rules: file.rules), rules: file.rules, sinks: sinks, doors: doors,
            store: store, restartsAlways: restartsAlways)
        let happenings = try await rehearsal.run()
        var comparison = TestComparison(test, deliveries: rehearsal.deliveries) { notification, sink in
            sinks.first { $0.name == sink }?.body(of: DeliveryID(notification: notification, sink: sink))
        }
        return comparison.lines(happenings, open: rehearsal.open)
    }

    /// What the store has kept of one timeline.
    private func coverage(in store: SQLiteStore) async throws -> RuleCoverage {
        var coverage = RuleCoverage()
        for look in try await store.everyLook() { for rule in look.rules { coverage.note(rule) } }
        for alert in try await store.everyAlert() where alert.firedAt != nil { coverage.noteFired(alert.rule) }
        return coverage
    }

    private static func sink(_ settings: SinkSettings, _ door: SinkDoor) throws(RehearsalProblem) -> RehearsedSink {
        do throws(SinkConfigurationError) {
            return try RehearsedSink(ImpliedSink.filledIn(settings), door: door)
        } catch {
            let reasons = error.problems.map { "`\($0.key)` \($0.message)" }.joined(separator: "; ")
            throw RehearsalProblem(description: "the sink '\(settings.configuration.name)' cannot be made: \(reasons)")
        }
    }
}
