import CEL
import Foundation
import Testing

@Suite struct `The language's documentation` {
    struct Example: CustomTestStringConvertible, Sendable {
        let expression: String
        let value: String
        var testDescription: String { expression }
    }

    /// Lines `expression  → value` in the ```` ```cel ```` blocks of the pages in `rules/`.
    static let examples: [Example] = {
        let rules = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../rules")
            .standardizedFileURL
        let pages =
            (try? FileManager.default.contentsOfDirectory(atPath: rules.path))?.filter { $0.hasSuffix(".md") } ?? []
        var examples: [Example] = []
        for page in pages.sorted() {
            guard let text = try? String(contentsOf: rules.appending(path: page), encoding: .utf8) else { continue }
            var isInside = false
            for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
                if line.hasPrefix("```") { isInside = line == "```cel" }
                guard isInside, let arrow = line.range(of: "  → ") else { continue }
                examples.append(
                    Example(expression: String(line[..<arrow.lowerBound]), value: String(line[arrow.upperBound...])))
            }
        }
        return examples
    }()

    @Test(arguments: examples)
    func `tells the truth`(example: Example) {
        #expect(Sample.outcome(example.expression) == example.value)
    }

    @Test func `has an example of every function`() {
        let text = Self.examples.map(\.expression).joined(separator: "\n")
        let names = Sample.environment.functionNames.filter { $0 != "matches" }
        #expect(names.filter { !text.contains($0 + "(") } == [])
    }
}
