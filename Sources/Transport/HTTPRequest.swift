/// One HTTP request, and the conditions under which it may be made.
package struct HTTPRequest: Sendable {
    /// A token (RFC 9110, section 9.1), sent as it is written. `CONNECT` is refused.
    package var method: String
    /// Absolute, `http` or `https`, ASCII, without user information. May hold secrets: errors show only its origin.
    package var url: String
    /// In order, behind `Host` and, unless it is among them, `Accept: */*`. Host, framing and hop-by-hop fields are
    /// refused: they belong to the connection.
    package var headerFields: [HeaderField]
    /// Nil sends no body; an empty one sends `Content-Length: 0`.
    package var body: [UInt8]?
    package var timeouts: Timeouts
    package var responseBodyLimitBytes: Int
    /// How large the response's body is likely to be: it is then read in few pieces.
    package var likelyBodyBytes: Int
    package var onBodyLimit: BodyLimitAction
    package var trust: TrustSettings
    package var destination: DestinationPolicy
    /// Nil signs nothing.
    package var signing: AWSSigning?
    /// Whether it ends when the connection is there, proxy and TLS included. Then nothing of the request is sent, and the
    /// response has the status 0.
    package var isConnectionOnly = false

    package init(
        method: String = "GET",
        url: String,
        headerFields: [HeaderField] = [],
        body: [UInt8]? = nil,
        timeouts: Timeouts = Timeouts(),
        responseBodyLimitBytes: Int = 8 << 20,
        likelyBodyBytes: Int = 16 << 10,
        onBodyLimit: BodyLimitAction = .fail,
        trust: TrustSettings = TrustSettings(),
        destination: DestinationPolicy = .standard,
        signing: AWSSigning? = nil
    ) {
        self.method = method
        self.url = url
        self.headerFields = headerFields
        self.body = body
        self.timeouts = timeouts
        self.responseBodyLimitBytes = responseBodyLimitBytes
        self.likelyBodyBytes = likelyBodyBytes
        self.onBodyLimit = onBodyLimit
        self.trust = trust
        self.destination = destination
        self.signing = signing
    }
}

extension HTTPRequest: CustomStringConvertible {
    /// Method and origin only: the rest may hold secrets.
    package var description: String { method + " " + ((try? URLParts(url))?.origin ?? "(no valid URL)") }
}

/// What happens to a response body that cannot be had whole.
package enum BodyLimitAction: Sendable, Hashable {
    /// The exchange fails: for answers that are read, such as a page of an API.
    case fail
    /// The response comes with what there is and `isBodyTruncated`: for deliveries, which the status decides.
    ///
    /// This covers a body that is too long, that breaks off, and that is not finished when the time is up.
    case truncate
}

/// A header field as it stands on the wire (RFC 9110, section 5).
package struct HeaderField: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Whether the field has this name, which is compared without regard to ASCII case.
    package func isNamed(_ other: String) -> Bool {
        name.utf8.count == other.utf8.count
            && zip(name.utf8, other.utf8).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
    }
}

extension UInt8 {
    var lowercasedASCII: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}

/// How long an exchange may take. Both run from its start, so waiting for a connection is part of the exchange.
package struct Timeouts: Sendable, Hashable {
    /// For resolving, connecting and the TLS handshake.
    package var connect: Duration
    /// For everything, to the last byte of the response.
    package var exchange: Duration

    package init(connect: Duration = .seconds(10), exchange: Duration = .seconds(30)) {
        self.connect = connect
        self.exchange = exchange
    }
}

/// Whom to believe and who to be in TLS, and the way there. Verification cannot be turned off.
package struct TrustSettings: Sendable, Hashable {
    /// A PEM file of authorities that replace the system's; reread for every new connection.
    package var caFile: String?
    /// PEM bytes of authorities that replace the system's. At most one of this and `caFile`.
    package var caBlob: [UInt8]?
    /// A PEM file with our certificate and its chain.
    package var clientCertificateFile: String?
    /// A PEM file with the certificate's key, where it is not in the same file.
    package var clientKeyFile: String?
    /// `http`, `https`, `socks5` or `socks5h` URL. Without it there is no proxy: the environment is not asked.
    ///
    /// Through a proxy the addresses that a `DestinationPolicy` sees are the proxy's; only literal addresses in the
    /// URL can be checked as well.
    package var proxy: String?

    package init(
        caFile: String? = nil,
        caBlob: [UInt8]? = nil,
        clientCertificateFile: String? = nil,
        clientKeyFile: String? = nil,
        proxy: String? = nil
    ) {
        self.caFile = caFile
        self.caBlob = caBlob
        self.clientCertificateFile = clientCertificateFile
        self.clientKeyFile = clientKeyFile
        self.proxy = proxy
    }
}
