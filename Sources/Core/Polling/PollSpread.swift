/// Spreads what many sources do, so that a thousand of them do not ask in the same instant. Chance is an argument,
/// from 0 up to 1.
package enum PollSpread {
    private static let perListing = 0.005
    private static let part = 0.05

    /// How long a listing waits before its first poll: a single source not at all, many at most `active` or so.
    package static func first(sources: Int, active: Duration, chance: Double) -> Duration {
        guard sources > 1 else { return .zero }
        let longest = min(active, .seconds(Double(sources - 1) * perListing))
        return longest * held(chance)
    }

    /// A wait of a plan, a little longer: never shorter, since polls are not tighter than the configuration says.
    package static func wait(_ wait: Duration, chance: Double) -> Duration { wait + wait * part * held(chance) }

    private static func held(_ chance: Double) -> Double { chance.isFinite ? min(max(chance, 0), 1) : 0 }
}
