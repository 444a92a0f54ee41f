/// What one expression may use. Every limit ends in an error, never in a crash or a hang.
package struct Limits: Sendable {
    /// UTF-8 bytes of the source text.
    package var sourceBytes: Int
    /// How deep expressions nest; also how long a chain of operators, selections or calls may be. `&&` and `||`
    /// chains are flat and count once.
    package var nesting: Int
    /// Work of one evaluation. One unit is about one operation: an iteration of a macro costs as many as its body has
    /// operations, text and lists cost with their length.
    package var cost: Int
    /// Elements, keys and values of the result, however they are shared inside.
    package var resultElements: Int
    /// RE2's memory for one pattern, in bytes.
    package var patternBytes: Int64
    /// Diagnostics of one compilation; the rest is left out.
    package var diagnostics: Int

    package static let standard = Limits(
        sourceBytes: 100_000, nesting: 250, cost: 2_000_000, resultElements: 1_000_000, patternBytes: 4 << 20,
        diagnostics: 100)
}

/// The work that an evaluation may still do.
package struct CostMeter: Sendable {
    private(set) var remaining: Int
    let patternBytes: Int64

    init(_ limits: Limits) {
        remaining = limits.cost
        patternBytes = limits.patternBytes
    }

    /// - Throws: ``EvaluationError/Kind/costLimit`` once the limit is used up.
    @inline(__always)
    mutating func charge(_ units: Int) throws(EvaluationError) {
        remaining &-= units
        if remaining < 0 { throw EvaluationError.costExceeded }
    }

    /// For work on text or bytes, which costs a unit for each sixteen.
    @inline(__always)
    mutating func charge(bytes: Int) throws(EvaluationError) { try charge(1 &+ bytes >> 4) }
}
