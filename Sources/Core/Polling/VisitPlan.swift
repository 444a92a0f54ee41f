/// How what is in flight below the head is asked for in the fewest requests: by id, or by a page that shows several.
package enum VisitPlan {
    package enum Request: Sendable, Equatable {
        /// The page that begins just below this row.
        case page(after: String)
        case id(String)
    }

    /// The requests that show all of `wanted`, as few as there can be.
    ///
    /// - Parameters:
    ///   - wanted: ids, the most urgent first; the requests come in this order.
    ///   - order: ids as the listing has them, newest first, as far as they are known around `wanted`. What is missing
    ///     from it, or is its first, is asked for by id.
    ///   - pageSize: rows of a page.
    ///
    /// A page covers a stretch of rows; going down from the newest, each begins at the first row that is not covered.
    /// No other choice of stretches needs fewer. A stretch that would show a single one is asked for by id.
    package static func requests(for wanted: [String], order: [String], pageSize: Int) -> [Request] {
        var places: [String: Int] = [:]
        for (place, id) in order.enumerated() where places[id] == nil { places[id] = place }
        var below = wanted.compactMap { id in places[id].flatMap { $0 > 0 ? (place: $0, id: id) : nil } }
        below.sort { $0.place < $1.place }
        var pageOf: [String: String] = [:]
        var index = 0
        while index < below.count {
            let first = below[index]
            let covered = below[index...].prefix { $0.place < first.place + pageSize }
            if covered.count > 1 {
                for row in covered { pageOf[row.id] = order[first.place - 1] }
            }
            index += covered.count
        }
        var requests: [Request] = []
        var asked: Set<String> = []
        for id in wanted {
            if let anchor = pageOf[id] {
                if asked.insert("page " + anchor).inserted { requests.append(.page(after: anchor)) }
            } else if asked.insert("id " + id).inserted {
                requests.append(.id(id))
            }
        }
        return requests
    }
}
