/// CEL counts, orders and compares text by code points, Swift by graphemes and canonical equivalence. UTF-8 bytes
/// have the same order and equality as code points, so all of it is done on bytes.
extension String {
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        return Array(utf8).withUnsafeBufferPointer(body)
    }

    @inline(__always)
    func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return withBytes { left in other.withBytes { right in equalBytes(left, right) } }
    }

    func precedes(_ other: String) -> Bool {
        withBytes { left in other.withBytes { right in compareBytes(left, right) < 0 } }
    }

    func containsBytes(of needle: String) -> Bool {
        withBytes { text in needle.withBytes { findBytes($0, in: text, from: 0) != nil } }
    }

    func hasBytePrefix(_ prefix: String) -> Bool {
        withBytes { text in
            prefix.withBytes { prefix in
                text.count >= prefix.count && equalBytes(UnsafeBufferPointer(rebasing: text[..<prefix.count]), prefix)
            }
        }
    }

    func hasByteSuffix(_ suffix: String) -> Bool {
        withBytes { text in
            suffix.withBytes { suffix in
                text.count >= suffix.count
                    && equalBytes(UnsafeBufferPointer(rebasing: text[(text.count - suffix.count)...]), suffix)
            }
        }
    }

    /// The number of code points: every UTF-8 byte but the continuations.
    var scalarCount: Int {
        withBytes { bytes in
            var count = 0
            for byte in bytes where byte & 0xC0 != 0x80 { count &+= 1 }
            return count
        }
    }
}

/// Both must have the same length.
@inline(__always)
func equalBytes(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
    let count = left.count
    guard count > 0, let first = UnsafeRawPointer(left.baseAddress), let second = UnsafeRawPointer(right.baseAddress)
    else { return true }
    var offset = 0
    while offset &+ 8 <= count {
        let a = first.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        if a != second.loadUnaligned(fromByteOffset: offset, as: UInt64.self) { return false }
        offset &+= 8
    }
    while offset < count {
        if left[offset] != right[offset] { return false }
        offset &+= 1
    }
    return true
}

/// Negative, zero or positive as `left` comes before, is, or comes after `right`.
func compareBytes(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
    let common = min(left.count, right.count)
    var offset = 0
    while offset < common {
        if left[offset] != right[offset] { return Int(left[offset]) - Int(right[offset]) }
        offset &+= 1
    }
    return left.count - right.count
}

/// The offset of the first occurrence at or after `start`. Short needles are looked for in the plain way, which is
/// faster unless somebody makes it slow.
func findBytes(
    _ needle: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>, from start: Int
) -> Int? {
    if needle.count > 32 { return LinearSearch.firstIndex(of: needle, in: text, from: start) }
    let last = text.count - needle.count
    guard start >= 0, start <= last else { return nil }
    guard let first = needle.first else { return start }
    let rest = UnsafeBufferPointer(rebasing: needle.dropFirst())
    var offset = start
    while offset <= last {
        if text[offset] == first {
            let candidate = UnsafeBufferPointer(rebasing: text[(offset + 1)..<(offset + needle.count)])
            if equalBytes(candidate, rest) { return offset }
        }
        offset &+= 1
    }
    return nil
}
