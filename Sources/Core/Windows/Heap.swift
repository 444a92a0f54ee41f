/// The least of some values, in a time that grows with the logarithm of their number.
struct Heap<Element: Comparable & Sendable>: Sendable {
    private var items: [Element] = []

    var first: Element? { items.first }
    var isEmpty: Bool { items.isEmpty }
    var count: Int { items.count }

    mutating func insert(_ element: Element) {
        items.append(element)
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard items[child] < items[parent] else { return }
            items.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() -> Element? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return first }
        items[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child] < items[least] {
                least = child
            }
            guard least != parent else { return first }
            items.swapAt(parent, least)
            parent = least
        }
    }
}

/// What happens to something at an instant, in microseconds since 1970.
struct Dated: Comparable, Sendable {
    var time: Int64
    var index: Int32

    static func < (left: Dated, right: Dated) -> Bool { (left.time, left.index) < (right.time, right.index) }
}

/// Instants in the order in which they come about. They are given mostly in that order, so most of them just wait in a
/// line; the others are in a heap.
struct DueLine: Sendable {
    private var line: [Dated] = []
    private var head = 0
    private var late = Heap<Dated>()

    var first: Dated? {
        guard head < line.count else { return late.first }
        guard let other = late.first else { return line[head] }
        return min(line[head], other)
    }

    mutating func insert(_ dated: Dated) {
        if let last = line.last, head < line.count, dated < last { late.insert(dated) } else { line.append(dated) }
    }

    mutating func removeFirst() -> Dated? {
        guard let next = first else { return nil }
        if head < line.count, line[head] == next {
            head += 1
            // Given back now and then, each place once.
            if head > 1024, head * 2 > line.count {
                line.removeFirst(head)
                head = 0
            }
            return next
        }
        return late.removeFirst()
    }
}
