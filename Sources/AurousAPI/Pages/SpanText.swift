internal import CSimdJSON

/// The two places in which a scan's texts lie: the received bytes, and the few texts that had to be unescaped.
struct SpanText {
    let bytes: [UInt8]
    let extra: [UInt8]

    func string(_ span: cpage_span) -> String {
        let start = Int(span.offset)
        let length = Int(span.length)
        if start < bytes.count { return String(decoding: bytes[start..<start + length], as: UTF8.self) }
        let moved = start - bytes.count
        return String(decoding: extra[moved..<moved + length], as: UTF8.self)
    }
}
