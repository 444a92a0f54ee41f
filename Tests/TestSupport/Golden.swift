import Foundation

/// A long text that people read, kept in `Goldens/` beside the test's file.
///
/// A missing baseline is written and the test fails, so that nobody takes it for a check; `RECORD_GOLDENS=1` writes
/// all anew, and their change is reviewed like code.
package enum Golden {
    package struct Mismatch: Error, CustomStringConvertible {
        package var description: String
    }

    /// Throws where the text is not the golden one.
    package static func check(_ text: String, _ name: String, testFile: String = #filePath) throws {
        let folder = URL(filePath: testFile).deletingLastPathComponent().appending(path: "Goldens")
        let file = folder.appending(path: name)
        let whole = text.hasSuffix("\n") ? text : text + "\n"
        let isRecording = ProcessInfo.processInfo.environment["RECORD_GOLDENS"] == "1"
        guard !isRecording, FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) else {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(whole.utf8).write(to: file)
            if isRecording { return }
            throw Mismatch(description: "there was no golden \(name); it is written now: read it, then run again")
        }
        let expected = try String(contentsOf: file, encoding: .utf8)
        guard whole != expected else { return }
        throw Mismatch(description: difference(whole, expected, name))
    }

    private static func difference(_ text: String, _ expected: String, _ name: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let wanted = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let line =
            zip(lines, wanted).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            ?? min(lines.count, wanted.count)
        return """
            \(name) differs from line \(line + 1) on:
            - \(line < wanted.count ? wanted[line] : "(end)")
            + \(line < lines.count ? lines[line] : "(end)")
            (RECORD_GOLDENS=1 writes it anew)
            """
    }
}
