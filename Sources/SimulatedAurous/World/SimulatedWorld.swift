/// One team's generations, characters and credits, and the lives they lead. A value: it has no clock and no chance of
/// its own, so the same seed and the same instants tell the same story, however often it is asked in between.
package struct SimulatedWorld: Sendable {
    /// Older generations leave a world that lives by itself, so that a simulation can run for weeks.
    package static let generationsKept = 20_000
    /// Older ready characters are deleted softly beyond this.
    package static let charactersKept = 120
    /// A clock that leaps years ahead is followed in portions of this many events.
    package static let eventsPerAdvance = 250_000

    /// The latest instant the world was advanced to.
    package internal(set) var now: WorldTime
    /// What lives hold and charge, and tests set.
    package var balance = SimulatedBalance()

    let pace: SimulatedPace
    let speed: Double
    var chance: Chance
    var mint = IdentifierMint()
    var schedule = Schedule<LifeEvent>()
    var generationLives: [String: GenerationLife] = [:]
    var characterLives: [String: CharacterLife] = [:]
    private(set) var generations = Shelf()
    private(set) var characters = Shelf()

    /// A world that begins at an instant.
    /// - Parameters:
    ///   - pace: what arrives by itself; `.still` for a world in which only tests move.
    ///   - speed: how many minutes of life pass in a minute, at least 0.001.
    package init(seed: UInt64, start: WorldTime, pace: SimulatedPace, speed: Double) {
        chance = Chance(seed: seed)
        now = start
        self.pace = pace
        self.speed = speed.isFinite ? max(0.001, speed) : 1
        if pace.hasHistory { tellHistory() }
        planArrivals()
    }

    /// Lets happen what is due by then. An earlier instant than before changes nothing.
    package mutating func advance(to instant: WorldTime) {
        guard instant > now else { return }
        var left = Self.eventsPerAdvance
        while left > 0, let (time, event) = schedule.next(dueBy: instant) {
            now = max(now, time)
            happen(event)
            left -= 1
        }
        now = max(now, left > 0 ? instant : now)
    }

    // What tests place and take

    /// Places a generation as it stands, or replaces the one with its id; gives it an id if it has none.
    /// It is listed at its `created_at`, and where that is no time at the world's now. Nothing happens to it by itself.
    @discardableResult
    package mutating func put(generation: SimulatedJSON) -> String {
        let isVideo = generation["media_type"] == "video"
        return put(generation, prefix: isVideo ? "vid_" : "img_", on: \.generations)
    }

    /// The same for a character.
    @discardableResult
    package mutating func put(character: SimulatedJSON) -> String {
        put(character, prefix: "char_", on: \.characters)
    }

    /// Takes a resource away as if it had never been: its id is unknown, as a cursor too. False if it was not there.
    @discardableResult
    package mutating func remove(_ id: String) -> Bool {
        forgetLife(of: id)
        let wasGeneration = generations.remove(id)
        return characters.remove(id) || wasGeneration
    }

    /// Hides a resource as the API's soft deletion does: on no list, 404 by id, yet good as a cursor.
    @discardableResult
    package mutating func hide(_ id: String) -> Bool {
        forgetLife(of: id)
        return rewrite(id) { $0.isHidden = true }
    }

    /// Changes a resource's fields by hand; from then on nothing happens to it by itself. False if it was not there.
    @discardableResult
    package mutating func update(_ id: String, _ change: (inout SimulatedJSON) -> Void) -> Bool {
        forgetLife(of: id)
        return edit(id, change)
    }

    /// A resource as it now is, the tokens of its URLs empty; nil if it is gone.
    package func resource(_ id: String) -> SimulatedJSON? {
        row(id).flatMap { $0.isHidden ? nil : $0.item.value }
    }

    /// The ids on the list of generations, newest first.
    package var generationIDs: [String] { generations.visible.map(\.id) }
    /// The ids on the list of characters, newest first.
    package var characterIDs: [String] { characters.visible.map(\.id) }

    // What lives and tests share

    func row(_ id: String) -> Shelf.Row? { generations[id] ?? characters[id] }

    mutating func edit(_ id: String, _ change: (inout SimulatedJSON) -> Void) -> Bool {
        rewrite(id) { row in
            guard var value = row.item.value else { return }
            change(&value)
            row.item = RenderedItem(value)
        }
    }

    private mutating func rewrite(_ id: String, _ change: (inout Shelf.Row) -> Void) -> Bool {
        let shelf = generations[id] != nil ? \SimulatedWorld.generations : \SimulatedWorld.characters
        guard var row = self[keyPath: shelf][id] else { return false }
        change(&row)
        self[keyPath: shelf].put(row)
        return true
    }

    private mutating func put(
        _ resource: SimulatedJSON, prefix: String, on shelf: WritableKeyPath<Self, Shelf>
    ) -> String {
        var resource = resource
        let createdAt = resource["created_at"]?.text.flatMap { WorldTime($0) } ?? now
        let id = resource["id"]?.text ?? mint.next(prefix, at: createdAt, using: &chance)
        if case .object(let members) = resource, resource["id"] == nil {
            resource = .object([.init("id", .string(id))] + members)
        }
        forgetLife(of: id)
        self[keyPath: shelf].put(Shelf.Row(createdAt: createdAt, id: id, item: RenderedItem(resource)))
        return id
    }

    private mutating func forgetLife(of id: String) {
        if let life = generationLives.removeValue(forKey: id) { balance.heldHundredths -= life.heldHundredths }
        characterLives[id] = nil
    }

    /// Real milliseconds for so many simulated ones, at least one.
    func real(_ simulated: Int64) -> Int64 {
        max(1, Int64((Double(simulated) / speed).rounded()))
    }
}
