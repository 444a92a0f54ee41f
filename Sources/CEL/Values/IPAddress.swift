/// An IPv4 or IPv6 address.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 bytes, or 16.
    let bytes: [UInt8]

    /// Dotted IPv4, or IPv6 with `::`. No zones, no IPv4 inside IPv6; an IPv4-mapped address in hexadecimal is IPv4.
    package init?(_ text: String) {
        guard let bytes = text.utf8.contains(UInt8(ascii: ":")) ? Self.parseIPv6(text) : Self.parseIPv4(text) else {
            return nil
        }
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        self.bytes = bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
    }

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isIPv4: Bool { bytes.count == 4 }
    var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
    var isLoopback: Bool { isIPv4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1 }
    var isMulticast: Bool { isIPv4 ? bytes[0] & 0xF0 == 0xE0 : bytes[0] == 0xFF }

    var isLinkLocalMulticast: Bool {
        isIPv4 ? bytes.starts(with: [224, 0, 0]) : bytes[0] == 0xFF && bytes[1] & 0x0F == 2
    }

    var isLinkLocalUnicast: Bool {
        isIPv4 ? bytes.starts(with: [169, 254]) : bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
    }

    var isGlobalUnicast: Bool {
        !isUnspecified && !isLoopback && !isMulticast && !isLinkLocalUnicast && bytes != [255, 255, 255, 255]
    }

    /// The canonical form: RFC 5952 for IPv6.
    package var description: String {
        if isIPv4 { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = (0..<8).map { UInt16(bytes[$0 * 2]) << 8 | UInt16(bytes[$0 * 2 + 1]) }
        let zeros = Self.longestRunOfZeros(groups)
        func text(_ range: Range<Int>) -> String {
            groups[range].map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard zeros.count > 1 else { return text(0..<8) }
        return text(0..<zeros.lowerBound) + "::" + text(zeros.upperBound..<8)
    }

    private static func longestRunOfZeros(_ groups: [UInt16]) -> Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start > longest.count { longest = start..<index }
            start = index + 1
        }
        return longest
    }

    private static func parseIPv4(_ text: String) -> [UInt8]? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            let isPlain = (1...3).contains(part.count) && part.allSatisfy(\.isDigit)
            guard isPlain, part.count == 1 || part.first != UInt8(ascii: "0"), let byte = UInt8(String(part) ?? "")
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func parseIPv6(_ text: String) -> [UInt8]? {
        let units = Array(text.utf8)
        guard units.count <= 39 else { return nil }
        let gap = units.indices.dropLast().first {
            units[$0] == UInt8(ascii: ":") && units[$0 + 1] == UInt8(ascii: ":")
        }
        guard let gap else {
            let groups = parseGroups(units[...])
            return groups?.count == 16 ? groups : nil
        }
        guard let head = parseGroups(units[..<gap]), let tail = parseGroups(units[(gap + 2)...]),
            head.count + tail.count <= 14
        else { return nil }
        return head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func parseGroups(_ units: ArraySlice<UInt8>) -> [UInt8]? {
        if units.isEmpty { return [] }
        var bytes: [UInt8] = []
        for part in units.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false) {
            guard (1...4).contains(part.count), part.first != UInt8(ascii: "+"), part.first != UInt8(ascii: "-"),
                let group = UInt16(String(decoding: part, as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(UInt8(group >> 8))
            bytes.append(UInt8(group & 0xFF))
        }
        return bytes
    }
}

/// An address and how many of its bits name the network.
package struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    let address: IPAddress
    let prefixLength: Int

    /// `192.168.0.0/24`; bits beyond the prefix may be set.
    package init?(_ text: String) {
        guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")), let address = IPAddress(String(text[..<slash]))
        else { return nil }
        let digits = text[text.index(after: slash)...]
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDigit),
            digits.utf8.count == 1 || digits.utf8.first != UInt8(ascii: "0"),
            let length = Int(digits), length <= address.bytes.count * 8
        else { return nil }
        self.init(address: address, prefixLength: length)
    }

    init(address: IPAddress, prefixLength: Int) {
        self.address = address
        self.prefixLength = prefixLength
    }

    /// The same network with the bits beyond the prefix cleared.
    var masked: IPNetwork {
        let bytes = address.bytes.enumerated().map { index, byte in
            byte & ~UInt8(truncatingIfNeeded: 0xFF >> max(0, min(8, prefixLength - index * 8)))
        }
        return IPNetwork(address: IPAddress(bytes: bytes), prefixLength: prefixLength)
    }

    func contains(_ other: IPAddress) -> Bool {
        other.bytes.count == address.bytes.count
            && IPNetwork(address: other, prefixLength: prefixLength).masked.address == masked.address
    }

    func contains(_ other: IPNetwork) -> Bool { other.prefixLength >= prefixLength && contains(other.address) }

    package var description: String { "\(address)/\(prefixLength)" }
}
