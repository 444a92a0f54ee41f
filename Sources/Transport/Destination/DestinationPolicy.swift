/// Which addresses may be connected to, asked of the address that a name resolved to and never of the name.
///
/// Link-local addresses and the metadata services of clouds are refused in every disguise, unless a network among
/// those allowed lies in them; private networks and loopback are fine, as alerts often stay inside a network.
package struct DestinationPolicy: Sendable, Hashable {
    package var allowsLinkLocal: Bool
    /// When not nil, only addresses in one of these are allowed. A wider network than a link-local one does not allow
    /// what is link-local.
    package var allowedNetworks: [IPNetwork]?
    /// Refused whatever else is allowed, in any disguise.
    package var deniedNetworks: [IPNetwork]

    package init(
        allowsLinkLocal: Bool = false, allowedNetworks: [IPNetwork]? = nil, deniedNetworks: [IPNetwork] = []
    ) {
        self.allowsLinkLocal = allowsLinkLocal
        self.allowedNetworks = allowedNetworks
        self.deniedNetworks = deniedNetworks
    }

    /// Everything but link-local addresses and metadata services.
    package static let standard = DestinationPolicy()

    /// Whether a connection to the address may be made.
    package func allows(_ address: IPAddress) -> Bool {
        let actual = address.unmapped
        let allowing = allowedNetworks?.filter { $0.contains(actual) || $0.contains(address) }
        if !allowsLinkLocal, address.guises.contains(where: Self.isLinkLocal) {
            let isMeant = allowing?.contains { network in Self.linkLocalNetworks.contains { network.isInside($0) } }
            guard isMeant == true else { return false }
        }
        for network in deniedNetworks where address.guises.contains(where: network.contains) { return false }
        return allowing?.isEmpty != true
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
