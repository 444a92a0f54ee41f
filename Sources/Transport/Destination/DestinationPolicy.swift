/// Which addresses may be connected to, asked of the address that a name resolved to and never of the name.
///
/// Link-local addresses and the metadata services of clouds are refused in every disguise; private networks and
/// loopback are fine, as alerts often stay inside a network.
package struct DestinationPolicy: Sendable, Hashable {
    package var allowsLinkLocal: Bool
    /// When not nil, only addresses in one of these are allowed; the link-local rule applies on top.
    package var allowedNetworks: [IPNetwork]?

    package init(allowsLinkLocal: Bool = false, allowedNetworks: [IPNetwork]? = nil) {
        self.allowsLinkLocal = allowsLinkLocal
        self.allowedNetworks = allowedNetworks
    }

    /// Everything but link-local addresses and metadata services.
    package static let standard = DestinationPolicy()

    /// Whether a connection to the address may be made.
    package func allows(_ address: IPAddress) -> Bool {
        if !allowsLinkLocal, address.guises.contains(where: Self.isLinkLocal) { return false }
        guard let allowedNetworks else { return true }
        let actual = address.unmapped
        return allowedNetworks.contains { $0.contains(actual) || $0.contains(address) }
    }

    private static func isLinkLocal(_ address: IPAddress) -> Bool {
        linkLocalNetworks.contains { $0.contains(address) }
    }

    private static let linkLocalNetworks: [IPNetwork] = [
        "169.254.0.0/16",  // RFC 3927; most clouds' metadata
        "fe80::/10",  // RFC 4291
        "fd00:ec2::/32",  // AWS metadata and credentials over IPv6
        "fd20:ce::254/128",  // Google Cloud metadata over IPv6
        "168.63.129.16/32",  // Azure's wire server, a public address
        "100.100.100.200/32",  // Alibaba Cloud metadata, in the shared address space
        "192.0.0.192/32",  // Oracle Cloud metadata
    ].compactMap { IPNetwork($0) }
}
