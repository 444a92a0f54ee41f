internal import CSimdJSON

/// Why an answer could not be scanned at all.
package enum PageScanError: Error, Sendable, Hashable {
    /// Not one whole JSON text: empty, cut short, garbled, HTML. Worth asking again.
    case notJSON
    /// JSON, but not an object with a `data` array.
    case notAList
    /// JSON, but not an object.
    case notAResource
    case tooLarge(limitBytes: Int)
    case tooManyRows(limit: Int)
    /// Objects and arrays nest too deep outside the rows; a row that does is only a `PageProblem`.
    case tooDeep(limit: Int)
    case outOfMemory
    /// Never leaves the scan, which repairs the bytes.
    case notUTF8
}

extension PageScanError {
    init?(_ outcome: cpage_outcome, isSingle: Bool) {
        switch outcome {
        case CPAGE_OK: return nil
        case CPAGE_NOT_JSON: self = .notJSON
        case CPAGE_NOT_UTF8: self = .notUTF8
        case CPAGE_NOT_EXPECTED: self = isSingle ? .notAResource : .notAList
        case CPAGE_TOO_LARGE: self = .tooLarge(limitBytes: Int(CPAGE_MAX_BYTES))
        case CPAGE_TOO_MANY_ROWS: self = .tooManyRows(limit: Int(CPAGE_MAX_ROWS))
        case CPAGE_TOO_DEEP: self = .tooDeep(limit: Int(CPAGE_MAX_DEPTH))
        default: self = .outOfMemory
        }
    }
}

extension PageScanError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notJSON: "the answer is not whole JSON"
        case .notAList: "the answer is no list: it is not an object with a 'data' array"
        case .notAResource: "the answer is no resource: it is not a JSON object"
        case .tooLarge(let limit): "the answer is larger than \(limit) bytes"
        case .tooManyRows(let limit): "the answer has more than \(limit) rows"
        case .tooDeep(let limit): "the answer is nested deeper than \(limit) levels"
        case .outOfMemory: "there is not enough memory for the answer"
        case .notUTF8: "the answer is not UTF-8"
        }
    }
}
