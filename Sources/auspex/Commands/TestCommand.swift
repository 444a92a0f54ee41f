import ArgumentParser
import CEL
import ConfigurationFiles
import Core
import Engine
import Glibc

/// `auspex test`: do the rules say what they should, and nothing else?
struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Runs tests of rules: timelines, and what must come of them.",
        discussion: """
            Example: auspex test rules

            FILES are *.test.yaml files, or folders with them; without FILES, those of `rules` and of the current folder.
            Time is virtual and nothing leaves the machine. What differs is shown as a comparison: `-` was expected and did
            not happen, `+` happened and was not expected. rules/README.md explains the format. Ends with 1 if a test
            failed.
            """)

    @Option(name: .long, help: "Only tests whose name has this in it.")
    var run: String?
    @Option(name: .long, help: "Also write the outcome as JUnit XML, for a CI to show.")
    var junit: String?
    @Flag(name: .long, help: "Also live each timeline through with a restart after everything that happens.")
    var restarts = false
    @Flag(
        name: .long, help: "Also say which rules never fired, and which parts of conditions never were true, or false.")
    var coverage = false
    @OptionGroup var jsonOption: JSONOption
    @Argument(help: "Files or folders.")
    var files: [String] = []

    func run() async throws {
        let tests = try read()
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        var runner = RuleTestRunner(
            folder: folder, width: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
            steadySeconds: Composition.steadySeconds)
        runner.measuresCoverage = coverage
        let began = Composition.steadySeconds()
        var outcomes = try await runner.run(tests, pattern: run)
        if restarts {
            runner.restartsAlways = true
            outcomes += try await runner.run(tests, pattern: run)
        }
        guard !outcomes.isEmpty else {
            throw Failure(.input, run.map { "no test has '\($0)' in its name" } ?? "there are no tests in these files")
        }
        if let junit { try write(JUnitReport.text(outcomes), to: junit) }
        let seconds = Composition.steadySeconds() - began
        if coverage, !jsonOption.json { tellCoverage(outcomes, of: tests.flatMap(\.rules)) }
        try tell(outcomes, seconds: seconds)
    }

    private func read() throws -> [RuleTestFile] {
        let places = files.isEmpty ? ["rules", "."].filter(FileAccess.exists) : files
        var paths: [String] = []
        for place in places {
            guard let found = RuleTestFinder.files(at: place) else {
                throw Failure(.input, "there is no file or folder '\(place)'")
            }
            paths += found.filter { !paths.contains($0) }
        }
        guard !paths.isEmpty else {
            throw Failure(.input, "there is no *.test.yaml in \(places.joined(separator: ", "))")
        }
        let results = paths.map { RuleTestFile.read(path: $0) }
        let diagnostics = results.flatMap(\.diagnostics)
        for diagnostic in diagnostics { Console.error(diagnostic.rendered) }
        let errors = diagnostics.count(where: \.isError)
        guard errors == 0 else { throw Failure(.input, Counted.text(errors, "error")) }
        return results.compactMap(\.file)
    }

    private func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw Failure(.outside, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                throw Failure(.outside, "\(path) cannot be written: \(String(cString: strerror(errno)))")
            }
            rest = rest.dropFirst(count)
        }
    }

    private func tell(_ outcomes: [TestOutcome], seconds: Double) throws {
        let failed = outcomes.filter { !$0.hasPassed }
        if jsonOption.json {
            Console.output(JSON.serialize(.list(outcomes.map(\.json))))
        } else {
            let palette = Palette(
                isOn: Console.hasColour(STDOUT_FILENO, environment: Composition.environment))
            for outcome in failed { Console.output(shown(outcome, palette)) }
            let passed = Counted.text(outcomes.count - failed.count, "test") + " passed"
            Console.output(
                palette.paint(passed, .green)
                    + (failed.isEmpty ? "" : ", " + palette.paint("\(failed.count) failed", .red))
                    + " in \(Int(seconds * 1000)) ms")
        }
        guard failed.isEmpty else { throw Failure(.input) }
    }

    private func tellCoverage(_ outcomes: [TestOutcome], of rules: [Rule]) {
        var whole = RuleCoverage()
        for outcome in outcomes { if let part = outcome.coverage { whole.merge(part) } }
        var known: Set<String> = []
        let named = rules.filter { known.insert($0.name).inserted }
        let gaps = whole.gaps(of: named)
        for (rule, gap) in gaps { Console.output("\(rule): \(Table.harmless(gap, limit: 200))") }
        let fired = named.count { whole.hasFired($0.name) }
        Console.output("\(fired) of \(Counted.text(named.count, "rule")) fired, \(Counted.text(gaps.count, "gap"))")
    }

    private func shown(_ outcome: TestOutcome, _ palette: Palette) -> String {
        let with = outcome.isRestarted ? ", with restarts" : ""
        var text = palette.paint("FAILED", .red) + "  \(outcome.name)\(with)\n        \(outcome.place)\n"
        for line in outcome.lines {
            let shown = "  \(line.mark.rawValue) \(line.text)"
            switch line.mark {
            case .same: text += palette.paint(shown, .faint)
            case .note: text += palette.paint(shown, .yellow)
            case .missing, .problem: text += palette.paint(shown, .red)
            case .surplus: text += palette.paint(shown, .green)
            }
            text += "\n"
        }
        return text
    }
}

extension TestOutcome {
    fileprivate var json: CELValue {
        .map(
            CELMap([
                ("id", .string(place + (isRestarted ? ":restarts" : ""))), ("name", .string(name)),
                ("file", .string(file)), ("line", .int(Int64(position.line))), ("passed", .bool(hasPassed)),
                ("seconds", .double(duration / .seconds(1))),
                ("diff", .list(lines.filter { $0.mark != .same }.map { .string("\($0.mark.rawValue) \($0.text)") })),
            ]))
    }
}
