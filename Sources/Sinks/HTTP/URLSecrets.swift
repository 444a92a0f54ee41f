/// The parts of an address that must not be shown.
enum URLSecrets {
    /// The user and password in front of the host, together and apart.
    static func userInfo(of url: String) -> [String] {
        guard let authority = split(url).authority, let at = authority.lastIndex(of: "@") else { return [] }
        let userInfo = authority[..<at]
        return [String(userInfo)] + userInfo.split(separator: ":").map(String.init)
    }

    /// The values of the query: people put tokens there.
    static func query(of url: String) -> [String] {
        guard let query = split(url).query else { return [] }
        return query.split(separator: "&").map { pair in
            String(pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).last ?? pair)
        }
    }

    /// All behind the host, which may be shown, and those segments of the path that look like a token by themselves:
    /// for addresses that are a credential, as those of most chat services are.
    static func whole(of url: String) -> [String] {
        let parts = split(url)
        var secrets = query(of: url)
        let path = parts.path.drop { $0 == "/" }
        secrets.append(String(path))
        if let query = parts.query { secrets.append("\(path)?\(query)") }
        secrets += path.split(separator: "/").filter(isTokenLike).map(String.init)
        return secrets
    }

    private static let shortestToken = 9

    private static func isTokenLike(_ segment: Substring) -> Bool {
        segment.utf8.count >= shortestToken && segment.contains { $0.isNumber || $0.isUppercase }
    }

    private static func split(_ url: String) -> (authority: Substring?, path: Substring, query: Substring?) {
        let withoutFragment = url.prefix { $0 != "#" }
        let address = withoutFragment.prefix { $0 != "?" }
        let query =
            address.endIndex < withoutFragment.endIndex
            ? withoutFragment[withoutFragment.index(after: address.endIndex)...] : nil
        guard let slashes = address.firstRange(of: "://") else { return (nil, address, query) }
        let rest = address[slashes.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        return (authority, rest[authority.endIndex...], query)
    }
}
