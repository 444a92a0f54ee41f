/// What of a request must not reach libcurl, which checks none of it: a CRLF in a value is sent as two fields.
extension HTTPRequest {
    /// Returns the URL's parts if everything in the request may be sent.
    func validated() throws(TransportError) -> URLParts {
        let parts = try URLParts.parse(url, schemes: ["http", "https"], allowsUser: false)
        if let reason = objection {
            throw .invalid(reason, endpoint: parts.origin)
        }
        if let reason = signing?.objection(to: self, parts) {
            throw .invalid(reason, endpoint: parts.origin)
        }
        try timeouts.validate(endpoint: parts.origin)
        try trust.validate(endpoint: parts.origin)
        try destination.validate(parts)
        return parts
    }

    private var objection: String? {
        guard method.utf8.count <= 32, method.isHTTPToken else { return "the method is not a token" }
        guard method != "CONNECT" else { return "CONNECT is not for requests" }
        guard method != "HEAD" || body == nil else { return "a HEAD request has no body" }
        guard (body?.count ?? 0) <= TransportLimits.requestBodyBytes else { return "the body is too large" }
        guard responseBodyLimitBytes >= 0 else { return "the limit of the response body is negative" }
        return headerObjection
    }

    private var headerObjection: String? {
        guard headerFields.count <= TransportLimits.requestHeaderFields else { return "too many header fields" }
        var bytes = 0
        for field in headerFields {
            guard field.name.isHTTPToken else { return "a header field's name is not a token" }
            guard !Self.connectionFieldNames.contains(where: field.isNamed) else {
                return "the header field \(field.name) is not the request's to set"
            }
            guard field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                return "the value of the header field \(field.name) has a control character"
            }
            bytes += field.name.utf8.count + field.value.utf8.count + 4
        }
        return bytes <= TransportLimits.requestHeaderBytes ? nil : "the header fields are too large"
    }

    /// Fields that frame the message, name the host or concern one connection only (RFC 9110, section 7.6.1).
    private static let connectionFieldNames = [
        "Connection", "Content-Length", "Expect", "Host", "HTTP2-Settings", "Keep-Alive", "Proxy-Authorization",
        "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    ]
}

extension String {
    /// Whether the text is a token of RFC 9110, section 5.6.2.
    fileprivate var isHTTPToken: Bool {
        !isEmpty && utf8.allSatisfy(\.isTokenCharacter)
    }
}

extension UInt8 {
    fileprivate var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default:
            false
        }
    }
}

extension Timeouts {
    func validate(endpoint: String) throws(TransportError) {
        for timeout in [connect, exchange] {
            guard timeout > .zero, timeout <= TransportLimits.longestTimeout else {
                throw .invalid("a timeout must be more than nothing and at most a day", endpoint: endpoint)
            }
        }
    }
}

extension TrustSettings {
    func validate(endpoint: String) throws(TransportError) {
        guard caFile == nil || caBlob == nil else {
            throw .invalid("authorities are given twice, as a file and as bytes", endpoint: endpoint)
        }
        guard caBlob?.isEmpty != true else { throw .invalid("the list of authorities is empty", endpoint: endpoint) }
        guard clientKeyFile == nil || clientCertificateFile != nil else {
            throw .invalid("a client key without its certificate", endpoint: endpoint)
        }
        for path in [caFile, clientCertificateFile, clientKeyFile] {
            guard let path else { continue }
            guard (1...TransportLimits.pathBytes).contains(path.utf8.count), !path.utf8.contains(0) else {
                throw .invalid("a file name is empty, too long or has a NUL", endpoint: endpoint)
            }
        }
        guard let proxy else { return }
        do throws(TransportError) {
            _ = try URLParts.parse(proxy, schemes: ["http", "https", "socks5", "socks5h"], allowsUser: true)
        } catch {
            if case .invalidRequest(let reason) = error.kind {
                throw .invalid("the proxy: " + reason, endpoint: endpoint)
            }
            throw error
        }
    }
}

extension DestinationPolicy {
    /// Refuses an address in the URL at once: a proxy would connect to it out of our sight.
    func validate(_ parts: URLParts) throws(TransportError) {
        guard let address = IPAddress(parts.host), !allows(address) else { return }
        throw TransportError(kind: .refusedByPolicy(address: address.description), endpoint: parts.origin)
    }
}
