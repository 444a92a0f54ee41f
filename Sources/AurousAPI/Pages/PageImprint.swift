internal import CSimdJSON

/// Knows a list's answer again without taking it apart: one that says the same as the page it was made of, whatever the
/// tokens of signed URLs are this time.
///
/// A page that was asked for again mostly is as it was, and then the look at its bytes costs a fraction of a scan. It
/// holds in this process only, and takes some 16 bytes for each signed URL of the page.
package struct PageImprint: Sendable {
    private let pieces: [cpage_piece]

    /// - Parameter cuts: the spans of `bytes` that do not count, in order.
    init(_ bytes: [UInt8], cuts: UnsafeBufferPointer<cpage_span>) {
        pieces = [cpage_piece](unsafeUninitializedCapacity: cuts.count + 1) { buffer, count in
            bytes.withUnsafeBufferPointer { bytes in
                guard let start = buffer.baseAddress else { return }
                cpage_make_pieces(bytes.baseAddress, bytes.count, cuts.baseAddress, cuts.count, start)
            }
            count = cuts.count + 1
        }
    }

    /// Whether an answer is certain to have the same rows, with the same fingerprints, and the same next page. False may
    /// also mean that only a scan can tell.
    package func matches(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            pieces.withUnsafeBufferPointer { pieces in
                cpage_has_pieces(bytes.baseAddress, bytes.count, pieces.baseAddress, pieces.count)
            }
        }
    }
}
