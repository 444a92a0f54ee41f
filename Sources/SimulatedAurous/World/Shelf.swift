/// The rows of one list, in the order in which the API pages through them: newest first by time, then by id.
struct Shelf: Sendable {
    struct Row: Sendable {
        var createdAt: WorldTime
        var id: String
        var item: RenderedItem
        /// Softly deleted: on no list and found by no id, yet good as a cursor.
        var isHidden = false
    }

    /// Ascending, so that what is new is appended.
    private var rows: [Row] = []
    private var times: [String: WorldTime] = [:]

    var count: Int { rows.count }
    var oldestID: String? { rows.first?.id }

    /// Newest first.
    var visible: some Sequence<Row> { rows.reversed().lazy.filter { !$0.isHidden } }

    private func index(of id: String) -> Int? {
        times[id].map { lowerBound(createdAt: $0, id: id) }
    }

    /// The first index whose row is not before the key.
    private func lowerBound(createdAt: WorldTime, id: String) -> Int {
        var low = 0
        var high = rows.count
        while low < high {
            let middle = low + (high - low) / 2
            let row = rows[middle]
            let isBefore = row.createdAt == createdAt ? row.id < id : row.createdAt < createdAt
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return low
    }

    subscript(id: String) -> Row? { index(of: id).map { rows[$0] } }

    /// Places a row, instead of the one with the same id if there is one.
    mutating func put(_ row: Row) {
        if let index = index(of: row.id) {
            guard rows[index].createdAt != row.createdAt else {
                rows[index] = row
                return
            }
            rows.remove(at: index)
        }
        times[row.id] = row.createdAt
        rows.insert(row, at: lowerBound(createdAt: row.createdAt, id: row.id))
    }

    @discardableResult
    mutating func remove(_ id: String) -> Bool {
        guard let index = index(of: id) else { return false }
        rows.remove(at: index)
        times[id] = nil
        return true
    }

    /// One page. Nil if the cursor names no row.
    func page(_ request: PageRequest) -> Page? {
        switch request.anchor {
        case .newest:
            return older(than: rows.count, limit: request.limit)
        case .startingAfter(let id):
            return index(of: id).map { older(than: $0, limit: request.limit) }
        case .endingBefore(let id, let order):
            guard let index = index(of: id) else { return nil }
            return newer(than: index, limit: request.limit, order: order)
        }
    }

    private func older(than end: Int, limit: Int) -> Page {
        collect(rows[..<end].reversed(), limit: limit)
    }

    private func newer(than index: Int, limit: Int, order: PageRequest.NewerOrder) -> Page {
        let newer = rows[(index + 1)...]
        switch order {
        case .newestFirst:
            return collect(newer.reversed(), limit: limit)
        case .nearestFirst:
            var page = collect(newer, limit: limit)
            page.rows.reverse()
            return page
        }
    }

    private func collect(_ candidates: some Sequence<Row>, limit: Int) -> Page {
        var page = Page()
        for row in candidates where !row.isHidden {
            guard page.rows.count < limit else {
                page.hasMore = true
                return page
            }
            page.rows.append(row)
        }
        return page
    }
}

/// What a listing asks for.
package struct PageRequest: Sendable {
    enum Anchor: Sendable {
        case newest
        case startingAfter(String)
        case endingBefore(String, NewerOrder)
    }

    /// Which rows `ending_before` returns where more than `limit` are newer: the API does not document it.
    package enum NewerOrder: Sendable {
        case nearestFirst
        case newestFirst
    }

    var limit: Int
    var anchor: Anchor
}

/// Rows of a listing, newest first.
struct Page: Sendable {
    var rows: [Shelf.Row] = []
    var hasMore = false
}
