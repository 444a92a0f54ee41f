/// How much happens by itself in a world, per simulated hour.
package struct SimulatedPace: Hashable, Sendable {
    /// Jobs submitted in an hour on average; now and then someone submits a handful at once.
    package var generationsPerHour: Double
    /// Characters created or uploaded in an hour on average.
    package var charactersPerHour: Double
    /// Whether the world begins with a past: dozens of finished generations, several characters, one of them stuck in
    /// `reviewing` for an hour.
    package var hasHistory: Bool

    /// Rates of zero or less stand for never.
    package init(generationsPerHour: Double, charactersPerHour: Double, hasHistory: Bool) {
        self.generationsPerHour = generationsPerHour
        self.charactersPerHour = charactersPerHour
        self.hasHistory = hasHistory
    }

    /// A busy studio: what `demo` and `simulate` show.
    package static let studio = SimulatedPace(generationsPerHour: 75, charactersPerHour: 14, hasHistory: true)
    /// Nothing but what tests place.
    package static let still = SimulatedPace(generationsPerHour: 0, charactersPerHour: 0, hasHistory: false)
}
