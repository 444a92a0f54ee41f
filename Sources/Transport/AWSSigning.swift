/// How a request is signed for AWS, Signature Version 4: libcurl does it, over what it sends, with the time of sending.
package struct AWSSigning: Sendable, Hashable {
    /// The name in the credential's scope, such as `sqs` or `events`.
    package var service: String
    /// Such as `eu-central-1`.
    package var region: String
    package var accessKey: String
    package var secretKey: String
    /// Of temporary credentials.
    package var sessionToken: String?

    package init(
        service: String, region: String, accessKey: String, secretKey: String, sessionToken: String? = nil
    ) {
        self.service = service
        self.region = region
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }
}

extension AWSSigning {
    /// What `CURLOPT_AWS_SIGV4` and `--aws-sigv4` take.
    var curlScope: String { "aws:amz:\(region):\(service)" }

    /// The field that libcurl leaves to us; it signs it as any other.
    var curlHeaderLines: [String] { sessionToken.map { ["X-Amz-Security-Token: \($0)"] } ?? [] }

    /// Why libcurl would sign the request wrongly, or nil.
    ///
    /// libcurl 7.88 signs a path as it is, where AWS encodes it once more, and a query in the order in which it is
    /// written, where AWS sorts it; and it takes fields without a value, and those that are switched off, for fields.
    func objection(to request: HTTPRequest, _ parts: URLParts) -> String? {
        guard isWellFormed else { return "the AWS credentials, the region or the service have a character they cannot" }
        guard (request.body?.count ?? 0) <= TransportLimits.signedBodyBytes else {
            return "the body is too large to be signed"
        }
        let names = request.headerFields.map { $0.name.lowercased() }
        if Set(names).count < names.count { return "a header field stands twice, which cannot be signed" }
        if let own = names.first(where: Self.ownFields.contains) {
            return "the header field \(own) belongs to the AWS signature"
        }
        let hasBlank = request.headerFields.contains { $0.value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 } }
        if hasBlank { return "a header field without a value cannot be signed" }
        if request.body != nil || request.method == "POST", !names.contains("content-type") {
            return "a signed body wants a Content-Type"
        }
        let segments = parts.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let isPlain = segments.indices.allSatisfy { index in
            let segment = segments[index]
            return segment.utf8.allSatisfy(\.isUnreserved) && (!segment.isEmpty || index == segments.indices.last)
        }
        guard isPlain else {
            return "an AWS path is signed right only with letters, digits and -._~ in it: give a name, not an ARN"
        }
        return isSorted(parts.query) ? nil : "the query of a signed request must be sorted, each part as name=value"
    }

    private static let ownFields: Set<String> = ["authorization", "x-amz-date", "x-amz-security-token"]

    private var isWellFormed: Bool {
        let scope = [service, region].allSatisfy { text in
            (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { $0.isUnreserved && $0 != 0x7E }
        }
        let isKey = { (text: String) in
            (1...TransportLimits.loginBytes).contains(text.utf8.count)
                && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        }
        let isToken = sessionToken.map { token in
            !token.isEmpty && token.utf8.count < TransportLimits.requestHeaderBytes
                && token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        }
        return scope && isKey(accessKey) && !accessKey.utf8.contains(UInt8(ascii: ":")) && isKey(secretKey)
            && isToken ?? true
    }

    private func isSorted(_ query: String?) -> Bool {
        guard let query, !query.isEmpty else { return true }
        let pairs = query.split(separator: "&", omittingEmptySubsequences: false).map { Array($0.utf8) }
        return pairs.allSatisfy { pair in
            pair.count { $0 == UInt8(ascii: "=") } == 1
                && pair.allSatisfy { $0.isUnreserved || $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "%") }
        } && zip(pairs, pairs.dropFirst()).allSatisfy { !$1.lexicographicallyPrecedes($0) }
    }
}

extension UInt8 {
    /// RFC 3986, section 2.3.
    fileprivate var isUnreserved: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._~".utf8.contains(self)
        }
    }
}
