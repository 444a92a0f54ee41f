import Foundation
import Testing

/// Compares a long text with the one in `Goldens/`. `RECORD_GOLDENS=1` writes it anew; its change is reviewed like
/// code.
func expectGolden(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/\(name)")
    if ProcessInfo.processInfo.environment["RECORD_GOLDENS"] == "1" {
        try text.write(to: file, atomically: true, encoding: .utf8)
        return
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    guard text != expected else { return }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let wanted = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let line =
        zip(lines, wanted).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(lines.count, wanted.count)
    Issue.record(
        """
        \(name) differs from line \(line + 1):
        - \(line < wanted.count ? wanted[line] : "(end)")
        + \(line < lines.count ? lines[line] : "(end)")
        """, sourceLocation: sourceLocation)
}
