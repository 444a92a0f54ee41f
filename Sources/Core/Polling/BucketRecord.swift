import CEL

/// What a bucket leaves for the next process, so that a crash, or a loop of them, gives nothing twice.
package struct BucketRecord: Sendable, Equatable {
    /// Requests that are missing from our share of the full bucket.
    package var spent: Double
    package var at: Timestamp
    /// Until then the API has asked for no more requests.
    package var heldUntil: Timestamp?

    package init(spent: Double, at: Timestamp, heldUntil: Timestamp? = nil) {
        self.spent = spent
        self.at = at
        self.heldUntil = heldUntil
    }

    /// - Parameter heldFor: in seconds from `at`; 0 where it is not held.
    init(spent: Double, at: Timestamp, heldFor: Double) {
        self.init(spent: spent, at: at, heldUntil: heldFor > 0 ? at.advanced(by: .seconds(heldFor)) : nil)
    }

    /// The form in which it is stored.
    package var document: String {
        JSON.serialize(
            .map(
                CELMap([
                    ("spent", .double(spent)), ("at", .string(at.rfc3339)),
                    ("held_until", heldUntil.map { .string($0.rfc3339) } ?? .null),
                ])))
    }

    /// Reads what ``document`` is; nil where it makes no sense.
    package init?(document: String) {
        guard case .map(let members)? = try? JSON.parse(Array(document.utf8)),
            case .string(let written)? = members["at"], let at = Timestamp(rfc3339: written)
        else { return nil }
        switch members["spent"] {
        case .double(let number)? where number.isFinite && number >= 0: spent = number
        case .int(let number)? where number >= 0: spent = Double(number)
        default: return nil
        }
        self.at = at
        if case .string(let text)? = members["held_until"] { heldUntil = Timestamp(rfc3339: text) }
    }
}
