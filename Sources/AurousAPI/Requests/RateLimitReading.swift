package import Transport

/// What an answer says about the team's bucket. Each part is nil where the answer does not say or says nonsense.
package struct RateLimitReading: Sendable, Hashable {
    /// The bucket's size, in requests.
    package var limit: Int?
    /// Requests left in it.
    package var remaining: Int?
    /// When it is full again, in seconds since 1970.
    package var fullAgainEpochSeconds: Int64?

    package init(limit: Int? = nil, remaining: Int? = nil, fullAgainEpochSeconds: Int64? = nil) {
        self.limit = limit
        self.remaining = remaining
        self.fullAgainEpochSeconds = fullAgainEpochSeconds
    }

    /// Reads `X-RateLimit-*`, then `RateLimit-*`, then the one field `RateLimit` of the IETF drafts
    /// (draft-ietf-httpapi-ratelimit-headers, in its spellings of -03 to -10): per part, the first that is usable.
    ///
    /// A reset is an epoch second in the one and a number of seconds in the others by their documents, but they are
    /// confused in the wild: below 10⁹ it is taken as seconds from `now`, from there on as an epoch second.
    /// - Returns: nil if nothing is usable.
    package init?(_ fields: [HeaderField], now: Int64) {
        var reset: Int64?
        for prefix in ["X-RateLimit-", "RateLimit-"] {
            limit = limit ?? Self.number(fields.value(prefix + "Limit")).map(Int.init)
            remaining = remaining ?? Self.number(fields.value(prefix + "Remaining")).map(Int.init)
            reset = reset ?? Self.number(fields.value(prefix + "Reset"))
        }
        for (name, value) in Self.parameters(fields.value("RateLimit")) {
            switch name {
            case "limit": limit = limit ?? Self.number(value).map(Int.init)
            case "remaining", "r": remaining = remaining ?? Self.number(value).map(Int.init)
            case "reset", "t": reset = reset ?? Self.number(value)
            default: break
            }
        }
        fullAgainEpochSeconds = reset.map { $0 < Self.firstEpoch ? now + $0 : $0 }
        guard limit != nil || remaining != nil || fullAgainEpochSeconds != nil else { return nil }
    }

    /// 2001; no bucket takes so long to fill, and no reset lies so far back.
    private static let firstEpoch: Int64 = 1_000_000_000

    /// The number at the beginning; `100, 100;w=60` is a list with the bucket's own number first.
    private static func number(_ text: Substring) -> Int64? {
        let bytes = text.utf8.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard (1...12).contains(digits.count) else { return nil }
        if let rest = bytes.dropFirst(digits.count).first, !",; ".utf8.contains(rest) { return nil }
        return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    /// `limit=100, remaining=50` or `"default";r=50;t=30`: every `name=value`.
    private static func parameters(_ text: Substring) -> [(String, Substring)] {
        text.split { $0 == "," || $0 == ";" }.compactMap { part in
            guard let equals = part.firstIndex(of: "=") else { return nil }
            let name = part[..<equals].filter { $0 != " " && $0 != "\t" }.lowercased()
            return (name, part[part.index(after: equals)...])
        }
    }
}

extension [HeaderField] {
    fileprivate func value(_ name: String) -> Substring {
        guard let value = first(where: { $0.isNamed(name) })?.value,
            value.utf8.count <= AurousLimits.headerValueBytes
        else { return "" }
        return value[...]
    }
}
