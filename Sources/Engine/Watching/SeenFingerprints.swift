/// The fingerprints of resources by the hash of their ids, so that an unchanged page is known as such without asking
/// the store. Bounded: beyond that, what is missing is asked for.
struct SeenFingerprints {
    /// About 140 kB: there may be thousands of listings. To ask the store about a page costs as much as to scan it.
    static let limit = 4000

    private var fingerprints: [UInt64: UInt64] = [:]

    subscript(idHash: UInt64) -> UInt64? { fingerprints[idHash] }

    mutating func note(_ fingerprint: UInt64, idHash: UInt64) {
        if fingerprints.count >= SeenFingerprints.limit, fingerprints[idHash] == nil {
            fingerprints.removeAll(keepingCapacity: true)
        }
        fingerprints[idHash] = fingerprint
    }

    mutating func forget(idHash: UInt64) { fingerprints[idHash] = nil }
}
