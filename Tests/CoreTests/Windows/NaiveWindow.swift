import CEL
import Core
import TestSupport

/// What a window says, computed anew from everything at every moment: slow, and too simple to be wrong.
///
/// One group, the measures `total` (all), `failed`, `money` (the sum of the costs), `middle` (their median), `least`
/// and `kinds` (how many different costs); the condition is that `total` is odd.
struct NaiveWindow {
    struct Event {
        var id: String
        var time: Int
        var isFailed: Bool
        /// In quarters, so that any order of adding is exact.
        var cost: Int
        /// When it takes effect: at its own time, or at the last moment of which something was said already.
        var effective: Int
        var number: Int
    }

    var over: Int
    private var events: [Event] = []
    private var clock: Int
    private var isFiring = false

    init(over: Int, clock: Int) {
        self.over = over
        self.clock = clock
    }

    mutating func add(_ id: String, time: Int, isFailed: Bool, cost: Int) {
        events.append(
            Event(
                id: id, time: time, isFailed: isFailed, cost: cost, effective: max(time, clock), number: events.count))
    }

    mutating func look(_ end: Int) -> [String] {
        var moments: Set<Int> = []
        for event in events {
            if event.effective >= clock { moments.insert(event.effective) }
            moments.insert(event.time + over)
        }
        var said: [String] = []
        for moment in moments.sorted() where moment >= clock && moment <= end {
            said += evaluate(moment)
            clock = moment
        }
        return said
    }

    private mutating func evaluate(_ moment: Int) -> [String] {
        var latest: [String: Event] = [:]
        var failures: [String: Event] = [:]
        for event in events where event.effective <= moment {
            if event.number >= latest[event.id]?.number ?? 0 { latest[event.id] = event }
            if event.isFailed, event.number >= failures[event.id]?.number ?? 0 { failures[event.id] = event }
        }
        let inside = latest.values.filter { $0.time > moment - over }
        let failed = failures.values.count { $0.time > moment - over }
        let costs = inside.map(\.cost).sorted()
        guard (inside.count % 2 == 1) != isFiring else { return [] }
        isFiring.toggle()
        let middle =
            costs.isEmpty
            ? "null" : text(Double(costs[(costs.count - 1) / 2] + costs[costs.count / 2]) / 8)
        let least = costs.first.map { text(Double($0) / 4) } ?? "null"
        return [
            "\(isFiring ? "fired" : "resolved") all @\(moment) total=\(inside.count) failed=\(failed) "
                + "money=\(text(Double(costs.reduce(0, +)) / 4)) middle=\(middle) least=\(least) "
                + "kinds=\(Set(costs).count)"
        ]
    }

    private func text(_ number: Double) -> String { CELValue.double(number).inserted }

    static func rule(over: Int) -> Rule {
        Sample.windowRule(
            "odd", over: .seconds(over),
            measure: [
                ("total", "count(true)"), ("failed", #"count(self.status == "failed")"#),
                ("money", "sum(self.cost.amount)"),
                ("middle", "quantile(0.5, self.cost.amount)"), ("least", "min(self.cost.amount)"),
                ("kinds", "distinct(self.cost.amount)"),
            ], when: "total % 2 == 1")
    }
}
