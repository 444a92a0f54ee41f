package import CEL

/// An instant, in nanoseconds since 1970-01-01T00:00:00Z, from year 1 to year 9999.
package typealias Timestamp = CELTimestamp

/// What kind of thing is watched; the value of `watch:` in a rule.
package enum ResourceKind: String, Sendable, Hashable, CaseIterable, Comparable {
    case generation, character, balance, source, sink

    package static func < (left: ResourceKind, right: ResourceKind) -> Bool { left.rawValue < right.rawValue }

    /// Whether the API lists it; the others are Auspex' own sources and sinks.
    package var isListed: Bool { self != .source && self != .sink }
}

/// Names one resource of one source. Two sources may hold resources with the same id.
package struct ResourceKey: Hashable, Sendable {
    package var source: String
    package var kind: ResourceKind
    /// The API's opaque id, or the source's or sink's own name for those kinds.
    package var id: String

    package init(source: String, kind: ResourceKind, id: String) {
        self.source = source
        self.kind = kind
        self.id = id
    }

    /// The `source` of a sink: no source of the configuration, but Auspex itself.
    package static let ownSource = "auspex"

    /// A source, seen as a resource of its own.
    package static func source(_ name: String) -> ResourceKey { ResourceKey(source: name, kind: .source, id: name) }
    package static func sink(_ name: String) -> ResourceKey { ResourceKey(source: ownSource, kind: .sink, id: name) }
}

/// `alt_…`: one activation of one rule for one resource.
package struct AlertID: Hashable, Sendable, RawRepresentable {
    package var rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// The id of the `activation`-th time (from 1) that `rule` became true for `resource`.
    package init(rule: String, resource: ResourceKey, activation: Int) {
        rawValue =
            "alt_" + DerivedID.text(of: [resource.source, rule, resource.kind.rawValue, resource.id, "\(activation)"])
    }
}

/// `ntf_…`: one thing to say. The same at every sink and every attempt; receivers deduplicate on it.
package struct NotificationID: Hashable, Sendable, RawRepresentable {
    package var rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// The id of the `sequence`-th notification (from 1) about `alert`.
    package init(alert: AlertID, sequence: Int) {
        rawValue = "ntf_" + DerivedID.text(of: [alert.rawValue, "\(sequence)"])
    }
}

/// `dlv_…`: one notification on its way to one sink.
package struct DeliveryID: Hashable, Sendable, RawRepresentable {
    package var rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    package init(notification: NotificationID, sink: String) {
        rawValue = "dlv_" + DerivedID.text(of: [notification.rawValue, sink])
    }
}

/// Ids that follow from what they name, so that work repeated after a crash arrives at the same ones.
///
/// 128-bit FNV-1a over the length-prefixed parts (so that no two lists of parts share their bytes), in Crockford's
/// base 32: 26 characters. Not a secret and not proof against a forger; ids are not authority for anything.
package enum DerivedID {
    private static let offsetBasis: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
    private static let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013b
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    package static func text(of parts: [String]) -> String {
        var hash = offsetBasis
        for part in parts {
            absorb(part.utf8.count, into: &hash)
            absorb(UInt8(ascii: ":"), into: &hash)
            for byte in part.utf8 { absorb(byte, into: &hash) }
        }
        return String(unsafeUninitializedCapacity: 26) { digits in
            for place in 0..<26 {
                digits[place] = alphabet[Int(truncatingIfNeeded: hash >> UInt128(5 * (25 - place))) & 31]
            }
            return 26
        }
    }

    /// The number's decimal digits.
    private static func absorb(_ number: Int, into hash: inout UInt128) {
        if number >= 10 { absorb(number / 10, into: &hash) }
        absorb(UInt8(ascii: "0") + UInt8(number % 10), into: &hash)
    }

    private static func absorb(_ byte: UInt8, into hash: inout UInt128) {
        hash ^= UInt128(byte)
        hash = hash &* prime
    }
}
