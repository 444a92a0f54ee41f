internal import CRE2

/// A compiled RE2 pattern: linear in the text, whoever wrote the text.
// @unchecked Sendable: the pattern is immutable once made, and RE2 matches from any number of threads at once.
final class Pattern: @unchecked Sendable {
    private let handle: OpaquePointer

    /// - Throws: `invalidArgument` with RE2's reason.
    init(_ source: String, memoryBytes: Int64) throws(EvaluationError) {
        var reason = [CChar](repeating: 0, count: 160)
        let compiled = source.withBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                cre2_compile($0.baseAddress, $0.count, memoryBytes, &reason, reason.count)
            }
        }
        guard let compiled else {
            let text = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw EvaluationError.invalid("bad pattern \(source.celQuoted): \(text)")
        }
        handle = compiled
    }

    deinit { cre2_free(handle) }

    func matches(_ text: String) -> Bool {
        text.withBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { cre2_matches(handle, $0.baseAddress, $0.count) }
        }
    }
}
