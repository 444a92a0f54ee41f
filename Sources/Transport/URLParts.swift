import CCurl

/// What a URL names, as libcurl itself reads it: there is no second parser to disagree with.
package struct URLParts: Sendable, Hashable {
    /// Lowercased: `http`, `https`, `smtp` or `smtps`.
    package var scheme: String
    /// Lowercased; an IPv6 address without brackets, an IPv4 address in dotted form however it was spelt.
    package var host: String
    /// The scheme's own port where the URL has none.
    package var port: Int
    /// As written, without query and fragment; `/` where there is none.
    package var path: String
    package var query: String?

    /// Parses an absolute URL.
    ///
    /// - Throws: `.invalidRequest` for anything that is not ASCII without blanks and controls, for another scheme, for
    ///   user information, and for what `curl_url_set(3)` does not take. The reason never quotes the URL.
    package init(_ url: String) throws(TransportError) {
        self = try Self.parse(url, schemes: ["http", "https", "smtp", "smtps"], allowsUser: false)
    }

    /// Parses the address of an MQTT broker: `mqtt://host:1883` or `mqtts://host:8883`, with the same errors.
    package static func broker(_ url: String) throws(TransportError) -> URLParts {
        try parse(url, schemes: ["mqtt", "mqtts"], allowsUser: false, defaultPorts: ["mqtt": 1883, "mqtts": 8883])
    }

    /// Scheme, host and port, which may be shown where the whole URL may not.
    package var origin: String {
        "\(scheme)://\(host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host):\(port)"
    }

    /// Whether two URLs lead to the same scheme, host and port.
    package func hasSameOrigin(as other: URLParts) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    /// Whether the host is this machine by its spelling: a loopback address, or a name that libcurl never looks up.
    package var isLoopbackHost: Bool {
        if host == "localhost" || host.hasSuffix(".localhost") { return true }
        return IPAddress(host)?.isLoopback ?? false
    }
}

extension URLParts {
    /// - Parameter defaultPorts: of schemes that not every libcurl knows.
    static func parse(
        _ url: String, schemes: [String], allowsUser: Bool, defaultPorts: [String: Int] = [:]
    ) throws(TransportError) -> URLParts {
        guard url.utf8.count <= TransportLimits.urlBytes else { throw .invalid("the URL is too long") }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalid("the URL has a blank, a control character or a character outside ASCII")
        }
        guard let handle = curl_url() else { throw TransportError(kind: .internalFailure) }
        defer { curl_url_cleanup(handle) }

        let flags = UInt32(CURLU_NON_SUPPORT_SCHEME) | (allowsUser ? 0 : UInt32(CURLU_DISALLOW_USER))
        let code = curl_url_set(handle, CURLUPART_URL, url, flags)
        if code == CURLUE_USER_NOT_ALLOWED { throw .invalid("the URL has user information") }
        guard code == CURLUE_OK else {
            throw .invalid("the URL is malformed: \(String(cString: curl_url_strerror(code)))")
        }

        func part(_ part: CURLUPart) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else {
                return nil
            }
            defer { curl_free(text) }
            return String(cString: text)
        }
        guard let scheme = part(CURLUPART_SCHEME)?.lowercased(), schemes.contains(scheme) else {
            throw .invalid("the URL's scheme is not \(schemes.joined(separator: ", "))")
        }
        guard var host = part(CURLUPART_HOST)?.lowercased(), !host.isEmpty else {
            throw .invalid("the URL has no host")
        }
        let written = part(CURLUPART_PORT)
        guard let port = written.map({ Int($0) }) ?? defaultPorts[scheme], (1...65535).contains(port) else {
            throw .invalid("the URL has no valid port")
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return URLParts(
            scheme: scheme, host: host, port: port, path: part(CURLUPART_PATH) ?? "/", query: part(CURLUPART_QUERY))
    }

    private init(scheme: String, host: String, port: Int, path: String, query: String?) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.query = query
    }
}
