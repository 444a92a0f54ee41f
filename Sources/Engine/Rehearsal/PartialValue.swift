import CEL
import Core

/// Compares what was sent with what a test says of it: what the test does not mention may be anything.
enum PartialValue {
    struct Difference: Sendable {
        /// Such as `data.alerts[0].state`; empty for the whole.
        var path: String
        var expected: CELValue
        /// Nil where there is nothing.
        var actual: CELValue?
    }

    /// A map has at least the members that are expected, a list as many elements; a text that is expected of a text is
    /// the same, or, for the whole of a body, contained in it.
    static func differences(_ expected: CELValue, _ actual: CELValue?, path: String = "") -> [Difference] {
        guard let actual else { return [Difference(path: path, expected: expected, actual: nil)] }
        switch (expected, actual) {
        case (.map(let wanted), .map(let found)):
            return wanted.stringEntries.flatMap { name, value in
                differences(value, found[name], path: path.isEmpty ? name : "\(path).\(name)")
            }
        case (.list(let wanted), .list(let found)) where wanted.count == found.count:
            return zip(wanted, found).enumerated().flatMap { place, pair in
                differences(pair.0, pair.1, path: "\(path)[\(place)]")
            }
        case (.string(let wanted), .string(let found)) where path.isEmpty:
            return found.contains(wanted) ? [] : [Difference(path: path, expected: expected, actual: actual)]
        case (.string(let wanted), _) where path.isEmpty:
            let whole = JSON.serialize(actual)
            return whole.contains(wanted) ? [] : [Difference(path: path, expected: expected, actual: .string(whole))]
        default:
            return expected.celEquals(actual) ? [] : [Difference(path: path, expected: expected, actual: actual)]
        }
    }
}
