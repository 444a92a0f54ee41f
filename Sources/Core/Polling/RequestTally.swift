/// How many requests were made and how many changes they found in the last hour, to the minute.
package struct RequestTally: Sendable, Equatable {
    private struct Minute: Equatable {
        var number: Int64
        var requests = 0
        var changes = 0
    }

    private var minutes: [Minute] = []
    private static let span: Int64 = 60

    package init() {}

    /// `seconds`: of any clock; a minute begins at each sixtieth.
    package mutating func note(requests: Int = 0, changes: Int = 0, at seconds: Double) {
        let number = Int64((seconds / 60).rounded(.down))
        if minutes.last?.number != number {
            minutes.append(Minute(number: number))
            minutes.removeAll { $0.number <= number - RequestTally.span || $0.number > number }
        }
        guard !minutes.isEmpty else { return }
        minutes[minutes.count - 1].requests += requests
        minutes[minutes.count - 1].changes += changes
    }

    /// The sums over the hour before `seconds`.
    package func sums(at seconds: Double) -> (requests: Int, changes: Int) {
        let number = Int64((seconds / 60).rounded(.down))
        return minutes.filter { $0.number > number - RequestTally.span }
            .reduce((0, 0)) { ($0.0 + $1.requests, $0.1 + $1.changes) }
    }
}
