import Foundation
import Testing

/// Tries a target with many inputs, each from a seed of its own.
///
/// `AUSPEX_FUZZ_CASES` says how many, `AUSPEX_FUZZ_SEED` with which seed they begin; without them a test makes the same
/// few each time. A case that fails names its seed, and is the only one with `AUSPEX_FUZZ_CASES=1`. Should a case end
/// the process, its seed is in the file that ``seedFile(_:)`` names.
enum Fuzzing {
    private static let environment = ProcessInfo.processInfo.environment
    private static let cases = environment["AUSPEX_FUZZ_CASES"].flatMap { Int($0) }
    private static let firstSeed = environment["AUSPEX_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
    /// Beyond it something hangs, or grows faster than its input. A busy machine and a sanitizer have their time.
    private static let longestCase = Duration.seconds(30)

    /// - Parameters:
    ///   - usually: how many cases, where nobody says.
    ///   - problem: tries the input of a seed, and says what is wrong.
    static func run(
        _ name: String, usually: Int, _ problem: (_ seed: UInt64) async throws -> String?
    ) async throws {
        let note = SeedNote(path: seedFile(name))
        for index in 0..<(cases ?? usually) {
            let seed = firstSeed &+ UInt64(index)
            note.write(seed)
            // Cases only compute; others wait for an answer meanwhile, and its time is measured.
            await Task.yield()
            let began = ContinuousClock.now
            var found = try await problem(seed)
            let taken = ContinuousClock.now - began
            if found == nil, taken > longestCase { found = "it took \(taken)" }
            guard let found else { continue }
            Issue.record("\(found)\nagain: AUSPEX_FUZZ_SEED=\(seed) AUSPEX_FUZZ_CASES=1")
            return
        }
        note.remove()
    }

    /// Which case is under way: `auspex-fuzz-page.seed` in the temporary folder.
    static func seedFile(_ name: String) -> String {
        FileManager.default.temporaryDirectory.appending(path: "auspex-fuzz-\(name).seed").path(percentEncoded: false)
    }
}

/// A small file that outlives the process.
private struct SeedNote {
    private let path: String
    private let descriptor: Int32

    init(path: String) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    }

    func write(_ seed: UInt64) {
        // Padded, so that no digit of a longer one is left behind.
        let text = "\(seed)".padding(toLength: 20, withPad: " ", startingAt: 0) + "\n"
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    func remove() {
        close(descriptor)
        unlink(path)
    }
}

/// An input as it can be pasted into a test, cut where it is long.
func shown(_ text: String) -> String {
    let literal = text.unicodeScalars.prefix(1500).map { $0.escaped(asASCII: true) }.joined()
    return "\"\(literal)\"" + (text.unicodeScalars.count > 1500 ? "…" : "")
}

/// The same of bytes.
func shown(_ bytes: [UInt8]) -> String { shown(String(decoding: bytes, as: UTF8.self)) }
