internal import Foundation
internal import Synchronization

/// Time zones by name: the one thing of the language that needs the system's zone database.
package enum TimeZones {
    private static let cache = Mutex<[String: TimeZone]>([:])
    /// There are about 600 names; more than this many spellings are somebody's game.
    private static let cacheLimit = 1_000

    /// - Parameter name: an IANA name such as `Europe/Berlin`, or an offset: `+02:00`, `-09:30`, `02:00`.
    /// - Returns: nil for a zone that is not known.
    package static func secondsFromUTC(_ name: String, at timestamp: CELTimestamp) -> Int64? {
        if let offset = fixedOffset(name) { return offset }
        guard let zone = zone(name) else { return nil }
        return Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(timestamp.seconds))))
    }

    /// The names of the system's zone database.
    package static var names: [String] { TimeZone.knownTimeZoneIdentifiers }

    private static func zone(_ name: String) -> TimeZone? {
        cache.withLock { cache in
            if let zone = cache[name] { return zone }
            let isPlain = name.utf8.allSatisfy { $0.isLetter || $0.isDigit || "/_+-".utf8.contains($0) }
            guard isPlain, name.utf8.count < 64, let zone = TimeZone(identifier: name) else { return nil }
            if cache.count < cacheLimit { cache[name] = zone }
            return zone
        }
    }

    private static func fixedOffset(_ text: String) -> Int64? {
        let sign: Int64 = text.hasPrefix("-") ? -1 : 1
        let unsigned = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
        let parts = unsigned.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 2, parts[1].count == 2, parts.joined().allSatisfy(\.isDigit),
            let hours = Int64(String(decoding: parts[0], as: UTF8.self)), hours < 24,
            let minutes = Int64(String(decoding: parts[1], as: UTF8.self)), minutes < 60
        else { return nil }
        return sign * (hours * 3_600 + minutes * 60)
    }
}
