/// A block of addresses in CIDR notation, such as `10.0.0.0/8` or `fd00::/8`; a bare address is a block of one.
package struct IPNetwork: Sendable, Hashable {
    private let address: IPAddress
    private let prefixLength: Int

    /// Parses the notation; nil if it has no valid address, or a prefix longer than the address.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        let width = if case .v4 = address { 32 } else { 128 }
        guard parts.count == 2 else {
            self.init(address, prefixLength: width)
            return
        }
        guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let length = Int(parts[1]), length <= width
        else { return nil }
        self.init(address, prefixLength: length)
    }

    /// A block of IPv4 addresses in IPv6's disguise (`::ffff:10.0.0.0/104`) is that block.
    private init(_ address: IPAddress, prefixLength: Int) {
        if prefixLength >= 96, case .v4 = address.unmapped, case .v6 = address {
            self.address = address.unmapped
            self.prefixLength = prefixLength - 96
        } else {
            self.address = address
            self.prefixLength = prefixLength
        }
    }

    /// Whether every address of this block is one of the other.
    func isInside(_ other: IPNetwork) -> Bool {
        prefixLength >= other.prefixLength && other.contains(address)
    }

    /// Whether the address lies in the block. IPv4 and IPv6 never contain each other.
    package func contains(_ other: IPAddress) -> Bool {
        switch (address, other) {
        case (.v4(let ours), .v4(let theirs)):
            return (ours ^ theirs) >> (32 - prefixLength) == 0
        case (.v6(let ourHigh, let ourLow), .v6(let theirHigh, let theirLow)):
            let high = (ourHigh ^ theirHigh) >> max(0, 64 - prefixLength)
            let low = (ourLow ^ theirLow) >> min(64, 128 - prefixLength)
            return high == 0 && low == 0
        default:
            return false
        }
    }
}
