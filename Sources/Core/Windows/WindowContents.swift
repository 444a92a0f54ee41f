import CEL

/// What is in a window: contributions that come at their time and leave when they are as old as the window is long, and
/// what the measures make of them, group by group.
///
/// The window is (t - over, t]: what is exactly as old as it is long is out. A change costs a time that grows with the
/// logarithm of what is in the window, and mostly not at all. Instants are microseconds since 1970.
struct WindowContents: Sendable {
    /// One change of one resource.
    fileprivate struct Entry: Sendable {
        var time: Int64
        var number: Int
        var group: Int32
        /// The next entry of the same resource; -1 for none.
        var next: Int32
        /// What it still counts for; none when a later change has taken its place.
        var measures: UInt32
        /// What it counted for at first, which tells the values apart.
        var all: UInt32
        var id: String
        var values: [CELValue]
        var replaces: Bool
    }

    struct Group: Sendable {
        var key: WindowGroup
        var aggregates: [Aggregate]
        /// How many entries count for anything.
        var live = 0
        /// Entries with their numbers, oldest first, among others that are gone by now.
        fileprivate var order: [(index: Int32, number: Int)] = []
        /// Until when something is missing because there was too much.
        var isIncompleteUntil = Int64.min
        /// The last alert about it, and what else whoever evaluates it remembers.
        var latest: AlertRecord?
        var due: Int64?
    }

    private let window: Window
    private var entries: [Entry] = []
    private var free: [Int32] = []
    private var expiry = DueLine()
    /// The first entry of each resource.
    private var chains: [String: Int32] = [:]
    private var upcoming: [(contribution: WindowContribution, number: Int)] = []
    private var next = 0
    private var isSorted = true
    private var count = 0
    private(set) var groups: [Group?] = []
    private var freeGroups: [Int32] = []
    private var places: [String: Int32] = [:]
    /// Groups that came when there were too many.
    private(set) var refused: [String] = []
    private(set) var clock: Int64

    init(_ window: Window, clock: Int64) {
        self.window = window
        self.clock = clock
    }

    /// How many contributions are in it.
    var contributions: Int { count }
    var groupCount: Int { places.count }

    /// A change was seen. It takes effect at its own time, or at the next move where that is over.
    mutating func add(_ contribution: WindowContribution) {
        upcoming.append((contribution, next))
        next += 1
        isSorted = false
    }

    /// When the next of what is in it is as old as it is long.
    var nextLeaving: Int64? { expiry.first.map { $0.time + window.length } }

    /// When something comes or leaves next; never before the clock.
    mutating func nextChange() -> Int64? {
        if !isSorted {
            let clock = clock
            // The first is the last: they are taken from the end.
            upcoming.sort { left, right in
                (max(right.contribution.time, clock), right.number) < (max(left.contribution.time, clock), left.number)
            }
            isSorted = true
        }
        let arrival = upcoming.last.map { max($0.contribution.time, clock) }
        let leaving = expiry.first.map { max($0.time + window.length, clock) }
        guard let arrival, let leaving else { return arrival ?? leaving }
        return min(arrival, leaving)
    }

    /// Lets everything up to `instant` come and leave. Returns the groups concerned, in the order of their places.
    mutating func move(to instant: Int64) -> [Int32] {
        var touched: Set<Int32> = []
        while let change = nextChange(), change <= instant {
            clock = change
            while let dated = expiry.first, dated.time + window.length <= change {
                _ = expiry.removeFirst()
                if entries[Int(dated.index)].measures != 0 {
                    touched.insert(entries[Int(dated.index)].group)
                    withdraw(dated.index, from: entries[Int(dated.index)].measures)
                    unchain(dated.index)
                }
                entries[Int(dated.index)].values = []
                free.append(dated.index)
            }
            while let arrival = upcoming.last, arrival.contribution.time <= change {
                upcoming.removeLast()
                enter(arrival.contribution, number: arrival.number, touched: &touched)
            }
        }
        clock = max(clock, instant)
        return touched.sorted()
    }

    private mutating func enter(_ contribution: WindowContribution, number: Int, touched: inout Set<Int32>) {
        var measures = contribution.measures
        if contribution.replaces { replace(contribution.id, &measures, before: number, touched: &touched) }
        guard contribution.time + window.length > clock, measures != 0 else { return }
        guard let group = place(of: contribution.group) else { return }
        guard count < WindowLimits.contributions else {
            groups[Int(group)]?.isIncompleteUntil = contribution.time + window.length
            return
        }
        count += 1
        let entry = Entry(
            time: contribution.time, number: number, group: group,
            next: contribution.replaces ? chains[contribution.id] ?? -1 : -1, measures: measures,
            all: contribution.measures, id: contribution.id, values: contribution.values,
            replaces: contribution.replaces)
        let index: Int32
        if let reused = free.popLast() {
            index = reused
            entries[Int(index)] = entry
        } else {
            index = Int32(entries.count)
            entries.append(entry)
        }
        if contribution.replaces { chains[contribution.id] = index }
        expiry.insert(Dated(time: contribution.time, index: index))
        for measure in window.measures.indices where measures & 1 << UInt32(measure) != 0 {
            groups[Int(group)]?.aggregates[measure].add(entry.value(of: measure, valued: window.valued))
        }
        groups[Int(group)]?.live += 1
        groups[Int(group)]?.order.append((index, number))
        tidy(group)
        touched.insert(group)
    }

    /// What the resource contributed before to these measures counts no more. Of two that come in the wrong order the one
    /// that was seen later stays.
    private mutating func replace(
        _ id: String, _ measures: inout UInt32, before number: Int, touched: inout Set<Int32>
    ) {
        var index = chains[id] ?? -1
        while index >= 0 {
            let entry = entries[Int(index)]
            let common = entry.measures & measures
            if common != 0, entry.number > number {
                measures &= ~common
            } else if common != 0 {
                touched.insert(entry.group)
                withdraw(index, from: common)
                if entries[Int(index)].measures == 0 { unchain(index) }
            }
            index = entry.next
        }
    }

    /// The entry counts for these measures no more.
    private mutating func withdraw(_ index: Int32, from measures: UInt32) {
        let entry = entries[Int(index)]
        let group = Int(entry.group)
        for measure in window.measures.indices where measures & 1 << UInt32(measure) != 0 {
            groups[group]?.aggregates[measure].remove(entry.value(of: measure, valued: window.valued))
        }
        entries[Int(index)].measures &= ~measures
        if entries[Int(index)].measures == 0 {
            groups[group]?.live -= 1
            count -= 1
        }
    }

    private mutating func unchain(_ index: Int32) {
        let entry = entries[Int(index)]
        guard entry.replaces, var before = chains[entry.id] else { return }
        if before == index {
            chains[entry.id] = entry.next >= 0 ? entry.next : nil
            return
        }
        while entries[Int(before)].next != index {
            before = entries[Int(before)].next
            guard before >= 0 else { return }
        }
        entries[Int(before)].next = entry.next
    }

    // Groups

    /// The group's place, made for it where it is new; nil where there are too many.
    mutating func place(of key: WindowGroup) -> Int32? {
        if let place = places[key.text] { return place }
        guard places.count < WindowLimits.groups else {
            if refused.count < WindowLimits.samples { refused.append(key.text) }
            return nil
        }
        let group = Group(key: key, aggregates: window.measures.map(Aggregate.init))
        let place: Int32
        if let reused = freeGroups.popLast() {
            place = reused
            groups[Int(place)] = group
        } else {
            place = Int32(groups.count)
            groups.append(group)
        }
        places[key.text] = place
        return place
    }

    mutating func update(_ group: Int32, _ change: (inout Group) -> Void) {
        guard var kept = groups[Int(group)].take() else { return }
        change(&kept)
        groups[Int(group)] = kept
    }

    /// Forgets a group in which nothing is.
    mutating func drop(_ group: Int32) {
        guard let key = groups[Int(group)]?.key, groups[Int(group)]?.live == 0 else { return }
        places[key.text] = nil
        groups[Int(group)] = nil
        freeGroups.append(group)
    }

    mutating func forgetRefused() { refused = [] }

    /// Places in the order of their groups' names: what happens at one moment is told in that order, also after a restart.
    func ordered(_ places: Set<Int32>) -> [Int32] {
        guard places.count > 1 else { return Array(places) }
        return places.compactMap { place in groups[Int(place)].map { (place, $0.key.text) } }
            .sorted { $0.1 < $1.1 }.map(\.0)
    }

    /// Every group's place, by name.
    var allPlaces: [Int32] { places.sorted { $0.key < $1.key }.map(\.value) }

    /// When the newest thing in a group leaves, and it is empty; nil where it is.
    func emptiedAt(_ group: Int32) -> Int64? {
        guard let group = groups[Int(group)], group.live > 0 else { return nil }
        var newest: Int64?
        var looked = 0
        // They come nearly in the order of their times.
        for (index, number) in group.order.reversed() where looked < 4 * WindowLimits.samples {
            let entry = entries[Int(index)]
            guard entry.number == number, entry.measures != 0 else { continue }
            looked += 1
            newest = max(newest ?? entry.time, entry.time)
        }
        return newest.map { $0 + window.length }
    }

    /// Up to ten of the newest resources in a group, of the measure for which the fewest count but any.
    func samples(of place: Int32) -> [String] {
        guard let group = groups[Int(place)], group.live > 0 else { return [] }
        let rarest = group.aggregates.indices.filter { group.aggregates[$0].count > 0 }
            .min { (group.aggregates[$0].count, -$0) < (group.aggregates[$1].count, -$1) }
        guard let rarest else { return [] }
        var found: [(time: Int64, id: String)] = []
        for (index, number) in group.order.reversed() {
            let entry = entries[Int(index)]
            guard entry.number == number, entry.measures & 1 << UInt32(rarest) != 0, entry.replaces else { continue }
            found.append((entry.time, entry.id))
            // Some more than are named: they come nearly in the order of their times.
            if found.count >= 4 * WindowLimits.samples { break }
        }
        found.sort { ($1.time, $0.id) < ($0.time, $1.id) }
        return found.prefix(WindowLimits.samples).map(\.id)
    }

    /// Takes out of the group's order what is gone, when that is most of it.
    private mutating func tidy(_ place: Int32) {
        let place = Int(place)
        guard groups[place]?.order.count ?? 0 > 2 * (groups[place]?.live ?? 0) + 64 else { return }
        let entries = entries
        groups[place]?.order.removeAll { index, number in
            entries[Int(index)].number != number || entries[Int(index)].measures == 0
        }
    }
}

extension WindowContents.Entry {
    /// What a measure was given; null where it takes nothing.
    fileprivate func value(of measure: Int, valued: UInt32) -> CELValue {
        let bit: UInt32 = 1 << UInt32(measure)
        guard valued & bit != 0 else { return .null }
        let place = (all & valued & (bit - 1)).nonzeroBitCount
        return place < values.count ? values[place] : .null
    }
}
