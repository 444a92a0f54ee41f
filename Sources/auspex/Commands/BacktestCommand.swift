import ArgumentParser
import CEL
import ConfigurationFiles
import Core
import Engine
import Glibc
import Sinks
import Store
import Synchronization

/// `auspex backtest`: what would the rules have said?
struct BacktestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest",
        abstract: "Replays recorded history through rules: what would have fired, when, how often.",
        discussion: """
            Examples: auspex backtest --since 7d
                      auspex backtest --rule failure-rate rules/
                      auspex backtest --config new.yaml --against auspex.yaml

            It reads the store, also while `auspex run` works with it, and changes and sends nothing. Without RULES the rules
            are the configuration's. Alerts are counted as if the rules had been in force since then; the time of each is
            when it would have been known.
            """)

    @OptionGroup var configurationOption: ConfigurationOption
    @OptionGroup var jsonOption: JSONOption
    @Option(name: .long, help: "Only the rule of this name; may be given several times.")
    var rule: [String] = []
    @Option(name: .long, help: "How far back, such as 24h or 7d. As far as details are kept, if not said.")
    var since: String?
    @Option(name: .long, help: "A configuration, rule file or folder to compare with: what RULES add and take away.")
    var against: String?
    @Argument(help: "Rule files or folders.")
    var rules: [String] = []

    func validate() throws {
        if let since, DurationText.parse(since) == nil || DurationText.parse(since) == .zero {
            throw ValidationError("--since must be a duration such as 30m, 24h or 7d, not '\(since)'")
        }
    }

    func run() async throws {
        let settings = try Composition.settings(configurationOption.config)
        let reading = RuleReading(configuration: configurationOption.config, settings: settings)
        let all = rules.isEmpty ? try reading.configured() : try reading.files(rules)
        let older = try against.map { try reading.any($0) }
        try check(names: all + (older ?? []))
        let store = try Composition.openStore(settings.storePath, access: .visiting)
        let now = Composition.now()
        let span = since.flatMap { DurationText.parse($0) } ?? settings.retention.detail
        let start = now.advanced(by: .zero - span)
        let recorded = try await Composition.asking { () async throws(StoreError) in
            try await store.recordedChanges(after: start)
        }
        let (chosen, before) = (choose(all), older.map(choose))
        let passes = before == nil ? 1 : 2
        let progress = BacktestProgress(total: recorded.count * passes)
        defer { progress.end() }
        let found = try await replay(chosen, store, start, now, progress)
        var report = BacktestReport(
            rules: chosen, since: start, until: now, changes: found.changes, recordedSince: recorded.first,
            result: found.result)
        if let before {
            progress.nextPass()
            let old = try await replay(before, store, start, now, progress)
            report.difference = BacktestDifference.between(old.result, found.result)
        }
        progress.end()
        report.listsAlerts = !rule.isEmpty
        if jsonOption.json {
            Console.output(JSON.serialize(report.json))
        } else {
            for note in report.notes { Console.error(note) }
            Console.output(report.text)
        }
    }

    private func choose(_ rules: [Rule]) -> [Rule] {
        rule.isEmpty ? rules : rules.filter { rule.contains($0.name) }
    }

    private func check(names rules: [Rule]) throws {
        for name in rule where !rules.contains(where: { $0.name == name }) {
            let names = Set(rules.map(\.name)).sorted()
            let near = Suggestion.nearest(to: name, among: names).map { "did you mean '\($0)'?" }
            throw Failure(
                .input, "there is no rule '\(name)'; " + (near ?? "the rules are: \(names.joined(separator: ", "))"))
        }
    }

    private func replay(
        _ rules: [Rule], _ store: SQLiteStore, _ start: Timestamp, _ end: Timestamp, _ progress: BacktestProgress
    ) async throws -> Backtest.Outcome {
        let workers = max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
        return try await Composition.asking { () async throws(StoreError) in
            try await Backtest(store: store, rules: rules, since: start, until: end, workers: min(workers, 4)).run {
                progress.move(to: $0)
            }
        }
    }
}

/// Finds the rules that a backtest is about, and ends with what is wrong with them.
struct RuleReading {
    var configuration: String
    var settings: Settings

    /// Those of the configuration.
    func configured() throws -> [Rule] {
        try Composition.load(configuration, services: nil, needsSecrets: false).rules
    }

    /// Those of rule files and folders, with the sinks of the configuration.
    func files(_ paths: [String]) throws -> [Rule] {
        var files: [String] = []
        for path in paths {
            guard let found = RuleFileFinder.files(at: path) else {
                throw Failure(.input, "there is no rule file or folder '\(path)'")
            }
            files += found
        }
        let result = RuleFileReader.read(
            files: files,
            surroundings: .init(sinks: settings.sinks.map(\.configuration.name), notify: settings.notify))
        for diagnostic in result.diagnostics { Console.error(diagnostic.rendered) }
        guard !result.hasErrors else {
            throw Failure(.input, Counted.text(result.diagnostics.count(where: \.isError), "error"))
        }
        return result.rules
    }

    /// Those of a configuration, or of a rule file or folder.
    func any(_ path: String) throws -> [Rule] {
        guard FileAccess.exists(path) else { throw Failure(.input, "there is no file or folder '\(path)'") }
        let isConfiguration = !FileAccess.isFolder(path) && names(in: path).contains("sources")
        return isConfiguration
            ? try Composition.load(path, services: nil, needsSecrets: false).rules : try files([path])
    }

    /// The keys on top of a file; none where it is not YAML, which is said when it is read as rules.
    private func names(in path: String) -> [String] {
        guard let text = try? FileAccess.text(of: path),
            let root = try? YAMLNode.parse(FileText(name: path, text: text)), case .mapping(let entries) = root.value
        else { return [] }
        return entries.compactMap(\.key.scalarText)
    }
}

/// One line on the terminal that shows how far it has come; nothing anywhere else.
final class BacktestProgress: Sendable {
    private let total: Int
    private let began = Composition.steadySeconds()
    private let isShown = Console.isTerminal(STDERR_FILENO)
    private let state = Mutex((passed: 0, done: 0, drawnAt: 0.0))

    init(total: Int) { self.total = total }

    /// What comes now counts on top of what was done.
    func nextPass() { state.withLock { ($0.passed, $0.done) = ($0.passed + $0.done, 0) } }

    func move(to changes: Int) {
        guard isShown else { return }
        let now = Composition.steadySeconds()
        let done = state.withLock { state -> Int? in
            state.done = max(state.done, changes)
            guard now - state.drawnAt >= 0.1 else { return nil }
            state.drawnAt = now
            return state.passed + state.done
        }
        if let done { Console.setFooter(BacktestProgress.line(done: done, total: total, seconds: now - began)) }
    }

    func end() { Console.setFooter(nil) }

    /// `[#####.....] 50 %  1000 of 2000 changes, 250/s, 0:04 left`
    static func line(done: Int, total: Int, seconds: Double) -> String {
        let share = total > 0 ? min(1, Double(done) / Double(total)) : 1
        let width = 24
        let filled = Int(share * Double(width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        let rate = seconds > 0 ? Double(done) / seconds : 0
        var line = "[\(bar)] \(Int(share * 100)) %  \(done) of \(total) changes, \(Int(rate))/s"
        if rate > 0, done < total {
            let left = Int((Double(total - done) / rate).rounded(.up))
            line += ", \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
        }
        return line
    }
}
