import CEL
import Core

/// Everything that one team has: what is so, since when, and what the API has said of it.
// Safe because only the thread that drives the story touches it.
final class Team: @unchecked Sendable {
    /// Where a resource stood from a moment on; nil once it was deleted.
    struct State {
        var from: Kernel.Time
        var status: String?
        /// As the API sends it.
        var json: String
    }

    /// The API told a living process so.
    struct Saying {
        var at: Kernel.Time
        /// Nil: there is no such resource.
        var status: String?
        /// Since when that was so.
        var since: Kernel.Time
        /// The process that heard it.
        var life: Int
    }

    final class Thing {
        let id: String
        let kind: ResourceKind
        let created: Kernel.Time
        fileprivate(set) var states: [State] = []
        var said: [Saying] = []

        init(id: String, kind: ResourceKind, created: Kernel.Time) {
            self.id = id
            self.kind = kind
            self.created = created
        }

        var status: String? { states[states.count - 1].status }
        var isDeleted: Bool { status == nil }
        var isFinal: Bool {
            kind == .generation && !states.isEmpty && ["failed", "succeeded", "cancelled"].contains(status)
        }
    }

    private(set) var things: [String: Thing] = [:]
    /// In the order of their creation, with what was deleted.
    private(set) var order: [ResourceKind: [Thing]] = [.generation: [], .character: []]
    let balance = Thing(id: "balance", kind: .balance, created: 0)

    /// What the story's zero is on the API's clock: 2026-05-04T12:00:00Z.
    static let epoch: Int64 = 1_777_896_000

    /// The API's own clock at a moment of the story.
    static func time(_ moment: Kernel.Time) -> Timestamp {
        let nanoseconds = moment % 1_000_000_000
        let floor = nanoseconds < 0 ? nanoseconds + 1_000_000_000 : nanoseconds
        return Timestamp(clampedSeconds: epoch + (moment - floor) / 1_000_000_000, nanoseconds: floor)
    }

    init() { set(credits: 100, at: 0) }

    /// `number` names it; created at any time, but never before one that is there already.
    func make(_ kind: ResourceKind, number: Int, status: String, created: Kernel.Time, at now: Kernel.Time) {
        let id = (kind == .generation ? "img_" : "char_") + "\(number)"
        let thing = Thing(id: id, kind: kind, created: created)
        things[id] = thing
        order[kind]?.append(thing)
        turn(id, status, at: now)
    }

    func turn(_ id: String, _ status: String, at now: Kernel.Time) {
        guard let thing = things[id], !thing.isFinal, thing.states.isEmpty || !thing.isDeleted else { return }
        let created = Team.time(thing.created).rfc3339
        var json = "{\"id\":\"\(id)\",\"status\":\"\(status)\",\"created_at\":\"\(created)\""
        if thing.kind == .character {
            json += ",\"object\":\"character\",\"name\":\"N\",\"updated_at\":\"\(Team.time(now).rfc3339)\""
        } else {
            json += ",\"media_type\":\"image\",\"inference_type\":\"t2i\",\"prompt\":\"a cat\""
            if ["failed", "succeeded", "cancelled"].contains(status) {
                json += ",\"completed_at\":\"\(Team.time(now).rfc3339)\""
            }
        }
        if status == "failed" { json += ",\"error_message\":\"Content policy violation\"" }
        thing.states.append(State(from: now, status: status, json: json + "}"))
    }

    func delete(_ id: String, at now: Kernel.Time) {
        guard let thing = things[id], !thing.isDeleted else { return }
        thing.states.append(State(from: now, status: nil, json: ""))
    }

    func set(credits: Int, at now: Kernel.Time) {
        let json = """
            {"credits":\(credits),"held_credits":0,"available_credits":\(credits),"currency":"credit",\
            "billing_mode":"metered"}
            """
        balance.states.append(State(from: now, status: "\(credits)", json: json))
    }

    /// Those that are there, newest first, behind `cursor`; nil where the cursor names nothing.
    func rows(_ kind: ResourceKind, after cursor: String?, limit: Int) -> (rows: [Thing], hasMore: Bool)? {
        let all = order[kind] ?? []
        var place = all.count
        if let cursor {
            guard let thing = things[cursor], !thing.isDeleted, let found = all.firstIndex(where: { $0 === thing })
            else { return nil }
            place = found
        }
        var rows: [Thing] = []
        while place > 0 {
            place -= 1
            guard !all[place].isDeleted else { continue }
            if rows.count == limit { return (rows, true) }
            rows.append(all[place])
        }
        return (rows, false)
    }
}
