import Core
import Testing

@Suite struct `A walk through a listing` {
    private func page(
        _ cursor: String?, rows: Int = 100, fresh: Int? = nil, more: Bool = true, ends: [String] = []
    ) -> ListingWalk.Page {
        ListingWalk.Page(rows: rows, fresh: fresh ?? rows, hasMore: more, cursor: cursor, ends: ends)
    }

    @Test func `follows the cursors to the end, whatever they look like`() {
        var walk = ListingWalk(pageLimit: 10)
        #expect(walk.took(page("img_100")) == .read(after: "img_100"))
        #expect(walk.took(page("zzz_foreign")) == .read(after: "zzz_foreign"))
        #expect(walk.took(page(nil, rows: 3, more: false)) == .ended(.complete))
    }

    @Test func `ends where the API says so, although there is a cursor`() {
        var walk = ListingWalk(pageLimit: 10)
        #expect(walk.took(page("img_100", more: false)) == .ended(.complete))
    }

    @Test func `goes on from the last row where a cursor is missing`() {
        var walk = ListingWalk(pageLimit: 10)
        #expect(walk.took(page(nil, ends: ["img_99", "img_98", "img_0"])) == .read(after: "img_99"))
    }

    @Test func `goes on from the page's own rows where a cursor is refused, the last of which may be deleted`() {
        var walk = ListingWalk(pageLimit: 10)
        #expect(walk.took(page("img_99", ends: ["img_99", "img_98", "img_0"])) == .read(after: "img_99"))
        #expect(walk.refused() == .read(after: "img_98"))
        #expect(walk.refused() == .read(after: "img_0"))
        #expect(walk.refused() == .ended(.cut))
    }

    @Test func `is not led in circles`() {
        var walk = ListingWalk(pageLimit: 10)
        #expect(walk.took(page("img_0", ends: ["img_99"])) == .read(after: "img_0"))
        #expect(walk.took(page("img_0", rows: 0)) == .read(after: "img_99"))
        #expect(walk.took(page("img_0", ends: ["img_199"])) == .read(after: "img_199"))
        #expect(walk.took(page("img_0", rows: 5, more: false)) == .ended(.complete))
    }

    @Test func `gives up on empty pages that promise more`() {
        var walk = ListingWalk(pageLimit: 10)
        #expect(walk.took(page("a", rows: 0)) == .read(after: "a"))
        #expect(walk.took(page("b", rows: 0)) == .read(after: "b"))
        #expect(walk.took(page("c", rows: 0)) == .ended(.cut))
    }

    @Test func `gives up on pages that only repeat themselves under new cursors`() {
        var walk = ListingWalk(pageLimit: 10_000)
        var step = walk.took(page("cursor_0", ends: ["img_99", "img_98", "img_0"]))
        var count = 1
        while case .read = step, count < 100 {
            step = walk.took(page("cursor_\(count)", fresh: 0, ends: ["img_99", "img_98", "img_0"]))
            count += 1
        }
        #expect(step == .ended(.cut))
        #expect(count < 10)
    }

    @Test func `takes a listing of ever new rows for endless at its limit`() {
        var walk = ListingWalk(pageLimit: 50)
        var step = walk.took(page("cursor_0"))
        var count = 1
        while case .read = step {
            step = walk.took(page("cursor_\(count)"))
            count += 1
        }
        #expect(step == .ended(.endless))
        #expect(count == 50)
    }
}
