import ConfigurationFiles
import Core
import Engine
import Foundation
import TestSupport
import Testing

@Suite struct `The rules that we ship` {
    @Test func `read without a diagnostic`() throws {
        let folder = House.root.appending(path: "rules").resolvingSymlinksInPath().path(percentEncoded: false)
        let files = try #require(RuleFileFinder.files(at: folder))
        #expect(!files.isEmpty)
        let result = RuleFileReader.read(files: files, surroundings: .init(sinks: [], notify: nil))
        #expect(result.diagnostics.map(\.rendered) == [])
        #expect(result.rules.count >= 8)
    }

    /// With a restart after everything that happens as well: it must come to the same.
    @Test(.timeLimit(.minutes(30)), arguments: [false, true])
    func `are tested, each file of them`(restarts: Bool) async throws {
        let folder = House.root.appending(path: "rules").resolvingSymlinksInPath().path(percentEncoded: false)
        let files = try #require(RuleTestFinder.files(at: folder))
        for rules in try #require(RuleFileFinder.files(at: folder)) {
            let name = rules.dropLast(".yaml".count) + ".test.yaml"
            #expect(files.contains { $0 == name }, "\(rules) wants tests in \(name)")
        }
        let read = files.map { RuleTestFile.read(path: $0) }
        #expect(read.flatMap(\.diagnostics).map(\.rendered) == [])
        let stores = try TemporaryDirectory()
        var runner = RuleTestRunner(folder: stores.path, width: 2, restartsAlways: restarts, steadySeconds: { 0 })
        runner.measuresCoverage = true
        let outcomes = try await runner.run(read.compactMap(\.file))
        #expect(outcomes.count > 20)
        // Some tests are told without restarts only.
        for rule in read.compactMap(\.file).flatMap(\.rules) where !restarts {
            let hasFired = outcomes.contains { $0.coverage?.hasFired(rule.name) ?? false }
            #expect(hasFired, "no test in rules/ makes \(rule.name) fire")
        }
        for outcome in outcomes where !outcome.hasPassed {
            Issue.record("\(outcome.name) (\(outcome.place))\n\(outcome.diff)")
        }
    }

    @Test func `say in a comment at the top what they are for`() throws {
        for file in try House.files("rules", where: { $0.hasSuffix(".yaml") && !$0.hasSuffix(".test.yaml") }) {
            #expect(file.text.hasPrefix("#"), "\(file) wants a comment on top: for whom are these rules, and when?")
        }
    }
}
