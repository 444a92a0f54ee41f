/// Why an expression has no value. The rule's outcome is then unknown: neither true nor false.
package struct EvaluationError: Error, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable, Hashable {
        /// A declared variable that this evaluation was not given, or a name that nothing declares.
        case unboundVariable
        case unknownFunction
        /// A key that a map has not, or an absent field of an object.
        case noSuchKey
        /// A value of the wrong kind, such as null where text is needed.
        case noMatchingOverload
        case overflow
        case divisionByZero
        /// Text that does not parse, a list index out of range, a bad pattern.
        case invalidArgument
        /// More work or a larger result than ``Limits`` allow.
        case costLimit
    }

    private final class Detail: Sendable {
        let kind: Kind
        let message: String
        let range: Range<Int>?

        init(kind: Kind, message: String, range: Range<Int>?) {
            self.kind = kind
            self.message = message
            self.range = range
        }
    }

    // One reference, so that a call that can fail returns in registers.
    private let detail: Detail

    package init(_ kind: Kind, _ message: String, range: Range<Int>? = nil) {
        detail = Detail(kind: kind, message: message, range: range)
    }

    package var kind: Kind { detail.kind }
    package var message: String { detail.message }
    /// The part of the expression that failed, in UTF-8 offsets of its text.
    package var range: Range<Int>? { detail.range }
    package var description: String { detail.message }

    /// The same error, found at `range` unless it knows a closer place.
    func found(at range: Range<Int>) -> EvaluationError {
        detail.range == nil ? EvaluationError(detail.kind, detail.message, range: range) : self
    }
}

extension EvaluationError: Hashable {
    package static func == (left: EvaluationError, right: EvaluationError) -> Bool {
        left.kind == right.kind && left.message == right.message && left.range == right.range
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(message)
    }
}

/// The texts of evaluation errors.
extension EvaluationError {
    static func noOverload(_ function: String, _ arguments: CELValue...) -> EvaluationError {
        let types = arguments.map { $0.kindName }
        if function.hasPrefix("_"), function.hasSuffix("_"), types.count == 2 {
            let operation = function.dropFirst().dropLast()
            return EvaluationError(.noMatchingOverload, "no such operation: \(types[0]) \(operation) \(types[1])")
        }
        return EvaluationError(
            .noMatchingOverload, "\(function) does not take \(types.joined(separator: " and "))")
    }

    static func noSuchKey(_ key: String, range: Range<Int>? = nil) -> EvaluationError {
        EvaluationError(.noSuchKey, "no such key: \(key)", range: range)
    }

    static func notBool(_ value: CELValue, range: Range<Int>? = nil) -> EvaluationError {
        EvaluationError(.noMatchingOverload, "a bool is needed here, not \(value.kindName)", range: range)
    }

    static let intOverflow = EvaluationError(.overflow, "integer overflow")
    static let durationOverflow = EvaluationError(.overflow, "duration out of range")
    static let timestampOverflow = EvaluationError(.overflow, "timestamp out of range: years 1 to 9999")

    static func invalid(_ message: String) -> EvaluationError { EvaluationError(.invalidArgument, message) }

    static let costExceeded = EvaluationError(
        .costLimit, "the expression takes too much work: the cost limit is exceeded")
    static let resultTooLarge = EvaluationError(.costLimit, "the result is too large: the size limit is exceeded")
}
