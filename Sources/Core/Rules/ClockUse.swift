package import CEL

/// When the clock alone can change what a condition says.
///
/// Most conditions on time compare `now` with something that the resource fixes (`now - self.created_at >
/// duration("30m")`): the moment at which such a comparison turns is computed, and the condition is evaluated again
/// just then. For any other use of `now` it is evaluated at intervals.
package struct ClockUse: Sendable {
    /// How often a condition that uses the clock in another way is evaluated for a resource that is in flight.
    package static let unsettledInterval = Duration.seconds(60)
    /// The same for a resource that is settled.
    package static let settledInterval = Duration.seconds(3600)
    /// A comparison is looked at again just after it turns: `>` is still false at the very instant.
    private static let justAfter = Duration.milliseconds(1)

    /// The instants at which the comparisons turn, as expressions without `now`.
    private let turns: [Program]
    private let isOpaque: Bool

    /// Whether the condition uses the clock at all.
    package var isUsed: Bool { isOpaque || !turns.isEmpty }

    package init(of condition: Program, in environment: Environment) {
        guard condition.references("now") else {
            turns = []
            isOpaque = false
            return
        }
        var finder = TurnFinder(environment: environment)
        finder.visit(condition.expression)
        turns = finder.turns
        isOpaque = finder.isOpaque
    }

    /// The next time after `now` at which the condition must be looked at again, or nil when the clock cannot change
    /// it any more.
    package func nextFlip(after now: Timestamp, isSettled: Bool, activation: Activation) -> Timestamp? {
        guard isUsed else { return nil }
        var next: Timestamp?
        for turn in turns {
            guard case .timestamp(let instant)? = try? turn.evaluate(activation) else { continue }
            let due = instant.advanced(by: ClockUse.justAfter)
            if due > now { next = next.map { min($0, due) } ?? due }
        }
        if isOpaque {
            let interval = isSettled ? ClockUse.settledInterval : ClockUse.unsettledInterval
            let due = now.advanced(by: interval)
            next = next.map { min($0, due) } ?? due
        }
        return next
    }
}
