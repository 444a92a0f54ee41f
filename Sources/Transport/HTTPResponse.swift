/// The final response to a request.
package struct HTTPResponse: Sendable {
    package var status: Int
    /// In the order received, without trailers; bytes that are not UTF-8 are replaced.
    package var headerFields: [HeaderField]
    /// As it came: not decoded from any `Content-Encoding`.
    package var body: [UInt8]
    /// Whether `body` is only the beginning, which happens only under `BodyLimitAction.truncate`.
    package var isBodyTruncated: Bool
    /// Numeric, of the peer that was connected to (the proxy, where there is one).
    package var remoteAddress: String
    /// `HTTP/1.0`, `HTTP/1.1`, `HTTP/2`; empty if unknown.
    package var httpVersion: String
    /// From the start of the exchange to the last byte.
    package var duration: Duration

    package init(
        status: Int,
        headerFields: [HeaderField] = [],
        body: [UInt8] = [],
        isBodyTruncated: Bool = false,
        remoteAddress: String = "",
        httpVersion: String = "HTTP/1.1",
        duration: Duration = .zero
    ) {
        self.status = status
        self.headerFields = headerFields
        self.body = body
        self.isBodyTruncated = isBodyTruncated
        self.remoteAddress = remoteAddress
        self.httpVersion = httpVersion
        self.duration = duration
    }

    /// Returns the first value under a name, which is compared without regard to ASCII case.
    package func first(named name: String) -> String? {
        headerFields.first { $0.isNamed(name) }?.value
    }
}
