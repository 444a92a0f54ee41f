/// What happens next to a character.
struct CharacterLife: Sendable {
    enum Next: Sendable {
        case become(CharacterStatus)
        case rename
        /// Gone for good, as a character deleted while in review is.
        case vanish
        /// Deleted softly.
        case hide
    }

    var next: Next
}

extension SimulatedWorld {
    /// A new character: one in five is an upload, `ready` from the start, the others are synthesized.
    @discardableResult
    mutating func bearCharacter() -> String { bearCharacter(uploaded: chance.happens(percent: 20)) }

    @discardableResult
    mutating func bearCharacter(uploaded: Bool) -> String {
        let id = mint.next("char_", at: now, using: &chance)
        put(character: characterFields(id: id, status: uploaded ? .ready : .synthesizing))
        planNext(for: id, in: uploaded ? .ready : .synthesizing)
        retireSurplus()
        return id
    }

    /// Brings a character of the past to where it stays.
    mutating func settleCharacter(_ id: String, as status: CharacterStatus) {
        become(status, id)
        characterLives[id] = nil
    }

    private mutating func retireSurplus() {
        let listed = characterIDs
        guard listed.count > Self.charactersKept else { return }
        if let oldest = listed.last(where: { characters[$0]?.item.value?["status"] == "ready" }) { hide(oldest) }
    }

    private mutating func planNext(for id: String, in status: CharacterStatus) {
        let (after, next) = whatFollows(status)
        characterLives[id] = next.map { CharacterLife(next: $0) }
        if next != nil { schedule.plan(.character(id), at: now.adding(milliseconds: real(after))) }
    }

    /// Simulated milliseconds until the next thing, and what it is; nil for a character that stays as it is.
    private mutating func whatFollows(_ status: CharacterStatus) -> (Int64, CharacterLife.Next?) {
        let choice = chance.pick(0...99)
        switch (status, choice) {
        case (.synthesizing, 0..<70): return (chance.pick(30_000...90_000), .become(.reviewing))
        case (.synthesizing, 70..<86): return (chance.pick(30_000...90_000), .become(.ready))
        case (.synthesizing, _): return (chance.pick(8_000...120_000), .become(.failed))
        case (.reviewing, 0..<65): return (chance.pick(20_000...400_000), .become(.ready))
        case (.reviewing, 65..<80): return (chance.pick(20_000...300_000), .vanish)
        case (.reviewing, 80..<92): return (chance.pick(2_400_000...7_200_000), .become(.ready))
        case (.failed, 0..<65): return (chance.pick(15_000...200_000), .become(.synthesizing))
        case (.failed, 65..<80): return (chance.pick(60_000...600_000), .hide)
        case (.ready, 0..<15): return (chance.pick(60_000...900_000), .rename)
        case (.ready, 15..<27): return (chance.pick(300_000...3_600_000), .hide)
        case (.reviewing, _), (.failed, _), (.ready, _): return (0, nil)
        }
    }

    mutating func stepCharacter(_ id: String) {
        guard let life = characterLives[id] else { return }
        switch life.next {
        case .become(let status):
            become(status, id)
            planNext(for: id, in: status)
        case .rename:
            let (name, instant) = (chance.pick(Casting.names), now)
            _ = edit(id) { fields in
                fields["name"] = .string(name)
                fields["updated_at"] = .string(instant.description)
            }
            planNext(for: id, in: .ready)
        case .vanish: remove(id)
        case .hide: hide(id)
        }
    }

    private mutating func become(_ status: CharacterStatus, _ id: String) {
        let instant = now
        let failure: SimulatedJSON = status == .failed ? .string(chance.pick(Casting.characterFailures)) : nil
        _ = edit(id) { fields in
            fields["status"] = .string(status.rawValue)
            fields["refs"] = Self.references(id, in: status)
            fields["updated_at"] = .string(instant.description)
            fields["error_message"] = failure
        }
    }

    private static func references(_ id: String, in status: CharacterStatus) -> SimulatedJSON {
        guard status == .reviewing || status == .ready else { return [] }
        let storage = "https://api.aurous-labs.com/storage/characters/\(id)"
        return .array(
            ["front", "left", "back"].map { pose in
                ["pose": .string(pose), "url": "\(storage)/\(pose).bin?token="]
            })
    }

    private mutating func characterFields(id: String, status: CharacterStatus) -> SimulatedJSON {
        var fields: SimulatedJSON = [
            "id": .string(id),
            "object": "character",
            "name": .string(chance.pick(Casting.names)),
            "status": .string(status.rawValue),
            "refs": Self.references(id, in: status),
            "created_at": .string(now.description),
            "updated_at": .string(now.description),
            "attributes": attributes(),
            "error_message": nil,
            "aurous_version": "2026-05-15",
        ]
        switch chance.pick(0...3) {
        case 0: fields["client_reference_id"] = .string("crm-\(chance.pick(1000...9999))")
        case 1: fields["client_reference_id"] = .null
        default: break
        }
        return fields
    }

    private mutating func attributes() -> SimulatedJSON {
        [
            "gender": .string(chance.pick(Casting.genders)),
            "age": chance.happens(percent: 85) ? .int(chance.pick(19...80)) : nil,
            "ethnicity": .string(chance.pick(Casting.ethnicities)),
            "hair_color": .string(chance.pick(Casting.hairColors)),
            "hair_style": .string(chance.pick(Casting.hairStyles)),
            "eye_color": .string(chance.pick(Casting.eyeColors)),
            "body_type": .string(chance.pick(Casting.bodyTypes)),
            "additional_details": chance.happens(percent: 60) ? .string(chance.pick(Casting.details)) : nil,
        ]
    }
}
