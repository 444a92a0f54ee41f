import Hummingbird

/// An answer before it goes to the socket.
struct Answer: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body = ByteBuffer()
    /// What happens to it on its way.
    var fate: Fate = .whole

    enum Fate: Sendable {
        case whole
        case truncated(afterBytes: Int)
        case drip(pauseMilliseconds: Int64)
        case delayed(milliseconds: Int64)
        case never
        case closed
    }

    static func text(_ status: Int, _ body: String) -> Answer { Answer(status: status, body: ByteBuffer(string: body)) }

    static func json(_ status: Int, _ value: SimulatedJSON) -> Answer {
        var bytes: [UInt8] = []
        value.append(to: &bytes)
        var answer = Answer(status: status, headers: [("Content-Type", "application/json; charset=utf-8")])
        answer.body.writeBytes(bytes)
        return answer
    }
}

/// A page on its way into bytes, where faults can still change it.
struct PageDraft: Sendable {
    var rows: [RenderedItem]
    var hasMore: Bool
    var nextCursor: String?

    init(_ page: Page) {
        rows = page.rows.map(\.item)
        hasMore = page.hasMore
        nextCursor = page.hasMore ? page.rows.last?.id : nil
    }

    mutating func suffer(_ fault: Fault) {
        switch fault {
        case .extraRows(let extra): rows.insert(contentsOf: extra.map { RenderedItem($0) }, at: 0)
        case .duplicateRow: rows += rows.prefix(1)
        case .moreWithoutCursor: (hasMore, nextCursor) = (true, nil)
        case .nextCursor(let cursor): (hasMore, nextCursor) = (true, cursor)
        case .status, .answer, .truncated, .drip, .hang, .delay, .close: break
        }
    }

    func render(tokens: inout TokenMint) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(rows.reduce(128) { $0 + $1.byteCount + 1 })
        buffer.writeString(#"{"object":"list","data":["#)
        for (index, row) in rows.enumerated() {
            if index > 0 { buffer.writeString(",") }
            row.emit(tokens: &tokens) { buffer.writeBytes($0) }
        }
        let cursor: SimulatedJSON = nextCursor.map { .string($0) } ?? nil
        buffer.writeString(#"],"has_more":\#(hasMore),"next_cursor":\#(cursor.serialized)}"#)
        return buffer
    }
}
