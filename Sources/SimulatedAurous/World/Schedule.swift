/// What is due to happen, earliest first; what is due at the same instant happens in the order in which it was planned.
struct Schedule<Event: Sendable>: Sendable {
    private struct Entry: Sendable {
        var time: WorldTime
        var number: UInt64
        var event: Event

        func precedes(_ other: Entry) -> Bool {
            time == other.time ? number < other.number : time < other.time
        }
    }

    /// A binary heap.
    private var entries: [Entry] = []
    private var planned: UInt64 = 0

    mutating func plan(_ event: Event, at time: WorldTime) {
        entries.append(Entry(time: time, number: planned, event: event))
        planned += 1
        var child = entries.count - 1
        while child > 0, entries[child].precedes(entries[(child - 1) / 2]) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes the earliest event that is due by then.
    mutating func next(dueBy limit: WorldTime) -> (time: WorldTime, event: Event)? {
        guard let first = entries.first, first.time <= limit else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return (first.time, first.event) }
        entries[0] = last
        sink()
        return (first.time, first.event)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            let children = (2 * parent + 1)..<min(2 * parent + 3, max(2 * parent + 1, entries.count))
            guard let least = children.min(by: { entries[$0].precedes(entries[$1]) }),
                entries[least].precedes(entries[parent])
            else { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
