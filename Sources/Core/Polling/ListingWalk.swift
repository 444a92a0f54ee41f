/// Leads from page to page of a listing, whatever its cursors do: no row is left out that can be reached, and no walk is
/// endless.
///
/// A cursor that is refused, that is missing where there is more, that leads in a circle or to nothing new is replaced by
/// the ids of the last good page's own rows, from its end on: the API takes an id for a cursor.
package struct ListingWalk: Sendable {
    /// A page that was read, as far as the walk needs it.
    package struct Page: Sendable {
        package var rows: Int
        /// Of these, how many this walk had not seen.
        package var fresh: Int
        package var hasMore: Bool
        package var cursor: String?
        /// Ids of its rows to go on from, the oldest first: the last row, one before it, the first.
        package var ends: [String]

        package init(rows: Int, fresh: Int, hasMore: Bool, cursor: String?, ends: [String]) {
            self.rows = rows
            self.fresh = fresh
            self.hasMore = hasMore
            self.cursor = cursor
            self.ends = ends
        }
    }

    package enum Step: Sendable, Equatable {
        case read(after: String)
        case ended(Ending)
    }

    package enum Ending: Sendable, Equatable {
        /// The API says that there is no more.
        case complete
        /// There is more, but no way to it.
        case cut
        /// There were new cursors for as long as anybody followed them.
        case endless
    }

    private let pageLimit: Int
    private var pages = 0
    private var visited: Set<String> = []
    private var detours: [String] = []
    /// Pages in a row that showed nothing fresh.
    private var barren = 0
    private static let barrenLimit = 3

    /// `pageLimit`: after so many pages the listing is taken for endless; at least 1.
    package init(pageLimit: Int) { self.pageLimit = max(1, pageLimit) }

    /// The walk goes on from a cursor that it was not led to. False where it has been there.
    @discardableResult
    package mutating func resumes(at cursor: String) -> Bool { visited.insert(cursor).inserted }

    /// A page was read. Where to go on.
    package mutating func took(_ page: Page) -> Step {
        pages += 1
        guard page.hasMore else { return .ended(.complete) }
        guard pages < pageLimit else { return .ended(.endless) }
        guard page.fresh > 0 else {
            barren += 1
            if let detour = nextDetour() { return .read(after: detour) }
            guard barren < ListingWalk.barrenLimit, let cursor = fresh(page.cursor) else { return .ended(.cut) }
            return .read(after: cursor)
        }
        barren = 0
        detours = page.ends
        if let cursor = fresh(page.cursor) { return .read(after: cursor) }
        return nextDetour().map { .read(after: $0) } ?? .ended(.cut)
    }

    /// The API does not know the cursor: its row was deleted.
    package mutating func refused() -> Step {
        nextDetour().map { .read(after: $0) } ?? .ended(.cut)
    }

    private mutating func fresh(_ cursor: String?) -> String? {
        guard let cursor, visited.insert(cursor).inserted else { return nil }
        return cursor
    }

    private mutating func nextDetour() -> String? {
        while !detours.isEmpty {
            let id = detours.removeFirst()
            if visited.insert(id).inserted { return id }
        }
        return nil
    }
}
