/// Names and addresses of this machine itself.
package enum Loopback {
    /// Whether a host, as in a configuration or a URL, is only reached from this machine.
    package static func contains(_ host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") || name == "::1" || name == "[::1]" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether a request's `Host` is this machine.
    ///
    /// Asked where no token protects the page: a foreign site whose name suddenly points to 127.0.0.1 is then refused,
    /// though the browser takes it for the same site (DNS rebinding).
    static func contains(authority: String?) -> Bool {
        guard let authority else { return false }
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return contains(String(authority[...end]))
        }
        return contains(String(authority.prefix { $0 != ":" }))
    }
}
