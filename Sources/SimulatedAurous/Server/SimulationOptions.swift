/// A team of the simulated API: its keys, and what lives in its world.
package struct SimulatedTeam: Sendable {
    /// What names it to the holder of the simulation; the API never shows it.
    package var name: String
    /// Its first key, active; `SimulatedAurousServer.add` gives it more.
    package var key: String
    /// Worlds of equal seeds and starts have equal ids, as two teams of different installations might.
    package var seed: UInt64?
    /// What happens in its world by itself.
    package var pace: SimulatedPace
    /// Without limits its buckets stay full: for measuring how fast a watcher can read.
    package var isRateLimited: Bool

    /// - Parameter seed: nil for one derived from the options' seed and the team's place.
    package init(
        name: String, key: String, seed: UInt64? = nil, pace: SimulatedPace = .studio, isRateLimited: Bool = true
    ) {
        self.name = name
        self.key = key
        self.seed = seed
        self.pace = pace
        self.isRateLimited = isRateLimited
    }
}

/// What a simulated API is made of.
package struct SimulationOptions: Sendable {
    /// The key of `demo` and `simulate`. It opens nothing but a simulation.
    package static let defaultKey = "al_live_51a0b2c4d6e8f0a1b3c5d7e9f1a2b4c6d8e0f2a3b5c7d9e1f3a4b6c8d0e2f4a5"

    /// The same seed and start tell the same story.
    package var seed: UInt64
    /// Minutes of life in a minute: 60 lets an image of 20 s succeed in a third of a second. Times are real instants.
    package var speed: Double
    /// The first is the one that the control face means by default.
    package var teams: [SimulatedTeam]
    /// Whether `/_sim/…` is served.
    package var controlFace: Bool
    /// When the worlds begin; their past lies before.
    package var startTime: WorldTime
    /// Which rows `ending_before` gives where too many are newer; the API does not say.
    package var newerOrder: PageRequest.NewerOrder
    /// The spelling of the rate limit's headers.
    package var rateHeaders: RateHeaders

    package init(
        seed: UInt64, speed: Double, teams: [SimulatedTeam], controlFace: Bool, startTime: WorldTime,
        newerOrder: PageRequest.NewerOrder = .nearestFirst, rateHeaders: RateHeaders = .prefixed
    ) {
        self.seed = seed
        self.speed = speed
        self.teams = teams
        self.controlFace = controlFace
        self.startTime = startTime
        self.newerOrder = newerOrder
        self.rateHeaders = rateHeaders
    }
}
