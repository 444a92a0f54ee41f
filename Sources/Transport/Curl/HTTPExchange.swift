import CCurl

/// An HTTP transfer: the request goes into the handle, the response gathers here.
// @unchecked Sendable: as `Exchange` says; this adds no other sharing.
final class HTTPExchange: Exchange, @unchecked Sendable {
    private let limitBytes: Int
    private let onBodyLimit: BodyLimitAction
    private var head = ResponseHead()
    private var body: [UInt8] = []
    private var bodyBytesSeen = 0
    private var isBodyTooLarge = false

    init(_ request: HTTPRequest, endpoint: String, easy: EasyHandle) {
        limitBytes = request.responseBodyLimitBytes
        onBodyLimit = request.onBodyLimit
        super.init(easy: easy, endpoint: endpoint, destination: request.destination)
        configure(url: request.url, protocols: "http,https", timeouts: request.timeouts, trust: request.trust)
        easy.set(.httpVersion, to: Int(CURL_HTTP_VERSION_2TLS))
        easy.set(.suppressConnectHeaders, to: 1)
        let buffers = TransportLimits.readBufferBytes
        easy.set(.bufferSize, to: min(max(request.likelyBodyBytes, buffers.lowerBound), buffers.upperBound))
        if onBodyLimit == .fail, limitBytes > 0, request.method != "HEAD" {
            easy.set(.maximumFileSize, to: Int64(limitBytes))
        }
        setMethodAndBody(request)
        setHeaderFields(request)
        if request.isConnectionOnly { easy.set(.connectOnly, to: 1) }
        guard let signing = request.signing else { return }
        easy.set(.awsSigV4, to: signing.curlScope)
        easy.set(.username, to: signing.accessKey)
        easy.set(.password, to: signing.secretKey)
    }

    private func setMethodAndBody(_ request: HTTPRequest) {
        switch (request.method, request.body) {
        case ("GET", nil):
            easy.set(.httpGet, to: 1)
        case ("HEAD", _):
            easy.set(.noBody, to: 1)
        case ("POST", let body):
            easy.setPostFields(body ?? [])
        case (let method, let body?):
            easy.setPostFields(body)
            easy.set(.customRequest, to: method)
        case (let method, nil):
            easy.set(.httpGet, to: 1)
            easy.set(.customRequest, to: method)
        }
    }

    private func setHeaderFields(_ request: HTTPRequest) {
        let list = CurlList()
        for line in request.curlHeaderLines { list.append(line) }
        easy.set(.httpHeader, to: list)
    }

    override func receive(headerLine: UnsafeRawBufferPointer) -> Bool {
        head.receive(headerLine)
    }

    override func receive(body piece: UnsafeRawBufferPointer) -> Bool {
        if bodyBytesSeen == 0 { reserveBody(atLeast: piece.count) }
        bodyBytesSeen += piece.count
        let room = limitBytes - body.count
        if piece.count <= room {
            body.append(contentsOf: piece)
            return true
        }
        isBodyTooLarge = true
        guard onBodyLimit == .truncate else { return false }
        body.append(contentsOf: piece.prefix(room))
        return bodyBytesSeen - limitBytes <= TransportLimits.drainedBodyBytes
    }

    /// Room for all of a body whose length the server tells, as far as it is believed.
    private func reserveBody(atLeast count: Int) {
        let told = Int(clamping: easy.offset(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T))
        body.reserveCapacity(min(max(count, min(told, TransportLimits.believedLengthBytes)), limitBytes))
    }

    /// Any byte of the request counts: a server may act on half a request, and we cannot see how much arrived. An
    /// answer that broke off is none, as the error hides what it said.
    override var mayHaveBeenReceived: Bool {
        isConnected && easy.integer(CURLINFO_REQUEST_SIZE) > 0
    }

    /// Reads the outcome, once the transfer is no longer libcurl's.
    func response(after ending: ExchangeEnding) throws(TransportError) -> HTTPResponse {
        if case .finished(CURLE_OK) = ending { return response(isBodyTruncated: isBodyTooLarge) }
        if case .finished = ending, onBodyLimit == .truncate, head.isComplete, !head.isTooLarge, !head.isMalformed {
            return response(isBodyTruncated: true)
        }
        throw error(for: ending) { code in
            if isBodyTooLarge || code == CURLE_FILESIZE_EXCEEDED { return .bodyTooLarge(limitBytes: limitBytes) }
            return head.isTooLarge || head.isMalformed ? .protocolViolation : nil
        }
    }

    private func response(isBodyTruncated: Bool) -> HTTPResponse {
        HTTPResponse(
            status: easy.integer(CURLINFO_RESPONSE_CODE),
            headerFields: head.fields,
            body: body,
            isBodyTruncated: isBodyTruncated,
            remoteAddress: easy.text(CURLINFO_PRIMARY_IP),
            httpVersion: httpVersion,
            duration: .microseconds(easy.offset(CURLINFO_TOTAL_TIME_T)))
    }

    private var httpVersion: String {
        switch easy.integer(CURLINFO_HTTP_VERSION) {
        case Int(CURL_HTTP_VERSION_1_0): "HTTP/1.0"
        case Int(CURL_HTTP_VERSION_1_1): "HTTP/1.1"
        case Int(CURL_HTTP_VERSION_2_0): "HTTP/2"
        default: ""
        }
    }
}

extension HTTPRequest {
    /// The header fields as libcurl and its command line take them, with those switched off that libcurl would add.
    var curlHeaderLines: [String] {
        var lines: [String] = []
        lines.reserveCapacity(headerFields.count + 2)
        for field in headerFields {
            let isBlank = field.value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            lines.append(isBlank ? field.name + ";" : field.name + ": " + field.value)
        }
        // What is signed must be there: libcurl signs also what it is told to leave out.
        if let signing { return lines + signing.curlHeaderLines }
        lines.append("Expect:")
        if body != nil || method == "POST", !headerFields.contains(where: { $0.isNamed("Content-Type") }) {
            lines.append("Content-Type:")
        }
        return lines
    }
}
