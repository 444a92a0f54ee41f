import CCurl
import Glibc

/// A numeric IPv4 or IPv6 address, without zone.
package enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    /// Parses the standard spellings only (`inet_pton(3)`): no octal, no missing parts; a zone behind `%` is ignored.
    package init?(_ text: String) {
        let bare = text.utf8.firstIndex(of: UInt8(ascii: "%")).map { String(text[..<$0]) } ?? text
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, bare, &v4) == 1 {
            self = .v4(UInt32(bigEndian: v4.s_addr))
        } else if inet_pton(AF_INET6, bare, &v6) == 1 {
            self = Self(v6)
        } else {
            return nil
        }
    }

    /// Reads a socket address; nil for families other than IPv4 and IPv6, and for one cut short.
    init?(_ address: UnsafePointer<sockaddr>, length: Int) {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            self = .v4(UInt32(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            self = Self(raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr)
        default:
            return nil
        }
    }

    private init(_ address: in6_addr) {
        self = withUnsafeBytes(of: address) { bytes in
            .v6(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    /// The address itself and every IPv4 address that a translator, a tunnel or the system may take it for.
    var guises: [IPAddress] {
        guard case .v6(let high, let low) = self else { return [self] }
        let last = IPAddress.v4(UInt32(truncatingIfNeeded: low))
        switch (high, low >> 32) {
        case (0, 0) where low > 1: return [self, last]  // ::a.b.c.d, IPv4-compatible
        case (0, 0xFFFF): return [self, last]  // ::ffff:a.b.c.d, IPv4-mapped
        case (0, 0xFFFF_0000): return [self, last]  // ::ffff:0:a.b.c.d, RFC 2765
        case (0x0064_FF9B_0000_0000, 0): return [self, last]  // 64:ff9b::/96, RFC 6052
        default: break
        }
        if high >> 16 == 0x0064_FF9B_0001 {  // 64:ff9b:1::/48, RFC 8215
            let split = UInt32(truncatingIfNeeded: (high & 0xFFFF) << 16 | (low >> 40) & 0xFFFF)
            return [self, last, .v4(split)]
        }
        if high >> 48 == 0x2002 {  // 2002:a.b.c.d::/48, 6to4
            return [self, .v4(UInt32(truncatingIfNeeded: high >> 16))]
        }
        if high >> 32 == 0x2001_0000 {  // 2001::/32, Teredo: inverted
            return [self, .v4(~UInt32(truncatingIfNeeded: low)), .v4(UInt32(truncatingIfNeeded: high))]
        }
        if (low >> 32) & ~0x0200_0000 == 0x0000_5EFE {  // …:0:5efe:a.b.c.d, ISATAP
            return [self, last]
        }
        return [self]
    }

    /// The IPv4 address in an IPv4-mapped one, which the system connects to as IPv4; otherwise the address itself.
    var unmapped: IPAddress {
        guard case .v6(0, let low) = self, low >> 32 == 0xFFFF else { return self }
        return .v4(UInt32(truncatingIfNeeded: low))
    }

    var isLoopback: Bool {
        switch unmapped {
        case .v4(let bits): bits >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// As `inet_ntop(3)` writes it.
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let size = socklen_t(text.count)
        switch self {
        case .v4(let bits):
            var address = in_addr(s_addr: bits.bigEndian)
            inet_ntop(AF_INET, &address, &text, size)
        case .v6(let high, let low):
            var address = (high.bigEndian, low.bigEndian)
            inet_ntop(AF_INET6, &address, &text, size)
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
