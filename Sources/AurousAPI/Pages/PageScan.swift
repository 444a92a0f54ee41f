private import CSimdJSON

/// What one answer says: the resources in it as ids, fingerprints and spans of the received bytes, and the next page.
///
/// Made in one pass over the bytes (simdjson); no Swift value exists per resource until one is asked for, so that a
/// page of unchanged resources costs hardly more than its reading. The page keeps the received bytes alive, and
/// a `Row` keeps the page alive: copy out of a row what is to be kept for long.
package struct PageScan: Sendable {
    private let storage: Storage

    /// Scans the answer to a list request.
    ///
    /// Bytes that are not UTF-8 are replaced by U+FFFD, and `isRepaired` says so: one bad byte in a prompt must not
    /// hide a whole page for as long as the prompt stays on it.
    /// - Parameter imprints: whether the page is to be known again: see ``imprint``.
    /// - Throws: `.notJSON` is what a proxy or a broken connection leaves behind and passes; the others do not.
    package static func list(_ bytes: [UInt8], imprints: Bool = false) throws(PageScanError) -> PageScan {
        try scan(bytes, isSingle: false, imprints: imprints)
    }

    /// Scans one resource, the answer to a request by id: a page of either one row or one problem, without a next.
    package static func single(_ bytes: [UInt8]) throws(PageScanError) -> PageScan {
        try scan(bytes, isSingle: true, imprints: false)
    }

    /// The hash under which `Row.idHash` finds a stored id: XXH3-64 of its UTF-8.
    package static func idHash(of id: String) -> UInt64 {
        var id = id
        return id.withUTF8 { cpage_id_hash($0.baseAddress, $0.count) }
    }

    /// The version of the rule by which fingerprints are made. One of another version says nothing.
    package static let fingerprintVersion = Int(CPAGE_FINGERPRINT_VERSION)

    /// As received (or repaired); rows are spans of them.
    package var bytes: [UInt8] { storage.bytes }
    /// Whether bytes that were not UTF-8 were replaced.
    package var isRepaired: Bool { storage.isRepaired }
    /// The resources that could be understood, in the API's order. An id that comes twice is here twice.
    package var rows: Rows { Rows(storage: storage) }
    /// The rows that could not, in the API's order.
    package var problems: [PageProblem] { storage.problems }
    /// Whether the API says that another page follows; where `has_more` is missing or odd, a cursor does.
    package var hasMore: Bool { storage.hasMore }
    /// Opaque. Nil where it is null, absent or unusable; may be there although `hasMore` is false, and the reverse.
    package var nextCursor: String? { storage.nextCursor }
    /// To know the same answer again. Nil for a page that has problems, which are to be reported each time, for one that
    /// had to be repaired, and where none was asked for.
    package var imprint: PageImprint? { storage.imprint }

    /// Calls `body` with each row in the API's order.
    package func forEachRow<E: Error>(_ body: (Row) throws(E) -> Void) throws(E) {
        for index in storage.rows.indices { try body(Row(storage: storage, index: index)) }
    }
}

extension PageScan {
    /// The rows of a page, without a value for each.
    package struct Rows: RandomAccessCollection, Sendable {
        fileprivate let storage: Storage

        package var startIndex: Int { 0 }
        package var endIndex: Int { storage.rows.count }
        package subscript(index: Int) -> Row { Row(storage: storage, index: index) }
    }

    /// One resource. Texts and bytes are made each time they are asked for.
    package struct Row: Sendable {
        fileprivate let storage: Storage
        fileprivate let index: Int

        private var row: cpage_row { storage.rows[index] }

        /// See `PageScan.idHash(of:)`.
        package var idHash: UInt64 { row.id_hash }
        /// Equal for two answers about the same resource unless something in it differs by the rule in CSimdJSON's
        /// `page_fingerprint.hpp`: neither spelling and order count, nor null beside absent, nor what follows the
        /// first `?` or `#` in a text that is a whole `http` or `https` URL (but not in prose, such as a prompt).
        package var fingerprint: UInt64 { row.fingerprint }
        /// The row's place in `data`, from 0; problems are counted too.
        package var position: Int { Int(row.position) }
        /// Opaque, 1 to 256 bytes.
        package var id: String { storage.text(row.id) }
        /// 1 to 256 bytes; an open set.
        package var status: String { storage.text(row.status) }
        /// As the API wrote it; nil where it is no text.
        package var createdAt: String? { row.created_at.present ? storage.text(row.created_at) : nil }
        /// The row's own JSON: an object, as received, shared with the page.
        package var body: ArraySlice<UInt8> {
            let start = Int(row.body.offset)
            return storage.bytes[start..<start + Int(row.body.length)]
        }
    }
}

extension PageScan {
    fileprivate final class Storage: Sendable {
        let bytes: [UInt8]
        let isRepaired: Bool
        let rows: [cpage_row]
        let problems: [PageProblem]
        let hasMore: Bool
        let nextCursor: String?
        let imprint: PageImprint?
        private let extra: [UInt8]

        /// Copies what the scanner holds, which is valid only until this thread's next scan.
        init(bytes: [UInt8], isRepaired: Bool, page: cpage_page, imprints: Bool) {
            let text = SpanText(
                bytes: bytes, extra: Array(UnsafeBufferPointer(start: page.extra, count: page.extra_length)))
            self.bytes = bytes
            self.isRepaired = isRepaired
            extra = text.extra
            rows = Array(UnsafeBufferPointer(start: page.rows, count: page.row_count))
            hasMore = page.has_more
            nextCursor = page.next_cursor.present ? text.string(page.next_cursor) : nil
            var problems = UnsafeBufferPointer(start: page.problems, count: page.problem_count).map {
                PageProblem(
                    fault: PageProblem.Fault($0.fault), position: Int($0.position),
                    id: $0.id.present ? text.string($0.id) : nil)
            }
            if page.cursor_unusable { problems.append(PageProblem(fault: .cursorUnusable, position: nil, id: nil)) }
            self.problems = problems
            let cuts = UnsafeBufferPointer(start: page.cuts, count: page.cut_count)
            imprint = imprints && problems.isEmpty ? PageImprint(bytes, cuts: cuts) : nil
        }

        func text(_ span: cpage_span) -> String { SpanText(bytes: bytes, extra: extra).string(span) }
    }

    private static func scan(_ bytes: [UInt8], isSingle: Bool, imprints: Bool) throws(PageScanError) -> PageScan {
        switch scanOnce(bytes, isSingle: isSingle, isRepaired: false, imprints: imprints) {
        case .success(let page): return page
        case .failure(.notUTF8): break
        case .failure(let error): throw error
        }
        let repaired = Array(String(decoding: bytes, as: UTF8.self).utf8)
        return try scanOnce(repaired, isSingle: isSingle, isRepaired: true, imprints: false).get()
    }

    private static func scanOnce(
        _ bytes: [UInt8], isSingle: Bool, isRepaired: Bool, imprints: Bool
    ) -> Result<PageScan, PageScanError> {
        // The scanner is the thread's own; nothing suspends between here and the copy.
        defer { cpage_finish() }
        var page = cpage_page()
        let outcome = bytes.withUnsafeBufferPointer {
            isSingle
                ? cpage_scan_single($0.baseAddress, $0.count, &page) : cpage_scan_list($0.baseAddress, $0.count, &page)
        }
        if let error = PageScanError(outcome, isSingle: isSingle) { return .failure(error) }
        return .success(
            PageScan(storage: Storage(bytes: bytes, isRepaired: isRepaired, page: page, imprints: imprints)))
    }
}
