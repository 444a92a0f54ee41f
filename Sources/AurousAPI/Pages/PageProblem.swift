internal import CSimdJSON

/// A part of a page that cannot be used while the rest can. Report it with its id and go on.
package struct PageProblem: Sendable, Hashable {
    package enum Fault: Sendable, Hashable {
        case notAnObject
        case idMissing, idNotAText, idEmpty, idTooLong
        case statusMissing, statusNotAText, statusEmpty, statusTooLong
        /// Objects and arrays nest deeper than 64 levels.
        case tooDeep
        /// `next_cursor` is neither null nor a text of 1 to 256 bytes; concerns the page, not a row.
        case cursorUnusable
    }

    package let fault: Fault
    /// The row's place in `data`, from 0; nil for the page's own.
    package let position: Int?
    /// Where the row has a usable one.
    package let id: String?
}

extension PageProblem.Fault {
    init(_ fault: cpage_fault) {
        switch fault {
        case CPAGE_ROW_ID_MISSING: self = .idMissing
        case CPAGE_ROW_ID_NOT_A_TEXT: self = .idNotAText
        case CPAGE_ROW_ID_EMPTY: self = .idEmpty
        case CPAGE_ROW_ID_TOO_LONG: self = .idTooLong
        case CPAGE_ROW_STATUS_MISSING: self = .statusMissing
        case CPAGE_ROW_STATUS_NOT_A_TEXT: self = .statusNotAText
        case CPAGE_ROW_STATUS_EMPTY: self = .statusEmpty
        case CPAGE_ROW_STATUS_TOO_LONG: self = .statusTooLong
        case CPAGE_ROW_TOO_DEEP: self = .tooDeep
        default: self = .notAnObject
        }
    }
}

extension PageProblem: CustomStringConvertible {
    /// For example `row 17 (img_01H…): 'status' is missing`.
    package var description: String {
        let place = position.map { "row \($0)" } ?? "page"
        return place + (id.map { " (\($0))" } ?? "") + ": " + fault.sentence
    }
}

extension PageProblem.Fault {
    fileprivate var sentence: String {
        switch self {
        case .notAnObject: "it is not an object"
        case .idMissing: "'id' is missing"
        case .idNotAText: "'id' is not a text"
        case .idEmpty: "'id' is empty"
        case .idTooLong: "'id' is longer than 256 bytes"
        case .statusMissing: "'status' is missing"
        case .statusNotAText: "'status' is not a text"
        case .statusEmpty: "'status' is empty"
        case .statusTooLong: "'status' is longer than 256 bytes"
        case .tooDeep: "it is nested deeper than 64 levels"
        case .cursorUnusable: "'next_cursor' is not a text of 1 to 256 bytes"
        }
    }
}
