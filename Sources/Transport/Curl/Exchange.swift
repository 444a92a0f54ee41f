import CCurl
import Synchronization

/// How libcurl or we put an end to a transfer.
enum ExchangeEnding {
    case finished(CURLcode)
    case cancelled
}

/// One transfer with what its callbacks gather: the common half of HTTP and mail.
// @unchecked Sendable: it has one owner at a time. The calling task fills it in, `CurlThread` has it from submission
// until it resumes the continuation, then the task reads it. Only `isCancelled` is touched from both sides.
class Exchange: @unchecked Sendable {
    let easy: EasyHandle
    let endpoint: String
    let isCancelled = Atomic<Bool>(false)
    var continuation: CheckedContinuation<ExchangeEnding, Never>?
    var thread: CurlThread?

    private let destination: DestinationPolicy
    private var refusedAddress: String?
    private var hasOpenedSocket = false
    /// Whether a connection was there, TLS and proxy tunnel included: before that no byte of the request leaves us.
    private(set) var isConnected = false

    init(easy: EasyHandle, endpoint: String, destination: DestinationPolicy) {
        self.easy = easy
        self.endpoint = endpoint
        self.destination = destination
    }

    /// Takes one line of the response's head, or of a mail server's answers; false ends the transfer.
    func receive(headerLine: UnsafeRawBufferPointer) -> Bool { true }

    /// Takes a piece of the response's body; false ends the transfer.
    func receive(body: UnsafeRawBufferPointer) -> Bool { true }

    /// Fills in the next piece of what is uploaded and returns its length; 0 is the end.
    func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int { 0 }

    /// Hears each command that goes to a mail server.
    func willSend(command: UnsafeRawBufferPointer) {}

    /// Whether libcurl should give up at its next look.
    var shouldAbort: Bool { isCancelled.load(ordering: .relaxed) || thread?.isStopping == true }

    /// Whether the server may have acted on a transfer that failed.
    var mayHaveBeenReceived: Bool { false }

    /// Asked for every address that is tried.
    final func allowsSocket(to address: IPAddress?) -> Bool {
        guard let address, destination.allows(address) else {
            refusedAddress = address?.description ?? "an address of an unknown family"
            return false
        }
        hasOpenedSocket = true
        return true
    }

    /// Asked before the request goes out on any connection, new or kept.
    final func allowsRequest(to address: String) -> Bool {
        guard let parsed = IPAddress(address), destination.allows(parsed) else {
            refusedAddress = address
            hasOpenedSocket = false
            return false
        }
        isConnected = true
        return true
    }

    /// Sets what HTTP and mail have in common.
    func configure(url: String, protocols: String, timeouts: Timeouts, trust: TrustSettings) {
        easy.set(.url, to: url)
        easy.set(.protocols, to: protocols)
        easy.set(.redirectProtocols, to: protocols)
        easy.set(.followLocation, to: 0)
        easy.set(.netrc, to: 0)
        easy.set(.noSignal, to: 1)
        easy.set(.quickExit, to: 1)  // A lookup that hangs is left to its thread, not waited for.
        easy.set(.connectTimeoutMilliseconds, to: timeouts.connect.wholeMilliseconds)
        easy.set(.exchangeTimeoutMilliseconds, to: timeouts.exchange.wholeMilliseconds)
        easy.set(.proxy, to: trust.proxy ?? "")
        easy.set(.noProxy, to: "")
        configure(trust)
        // The pool holds only what was opened under the standard policy. Others neither use nor feed it.
        if destination != .standard { forbidReuse() }
        easy.collectFailureText()
        easy.installCallbacks(for: self)
    }

    /// Neither takes a kept connection nor leaves one behind.
    final func forbidReuse() {
        easy.set(.freshConnect, to: 1)
        easy.set(.forbidReuse, to: 1)
    }

    private func configure(_ trust: TrustSettings) {
        easy.set(.verifyPeer, to: 1)
        easy.set(.verifyHost, to: 2)
        easy.set(.tlsVersion, to: Int(CURL_SSLVERSION_TLSv1_2))
        easy.set(.proxyTLSVersion, to: Int(CURL_SSLVERSION_TLSv1_2))
        if let file = trust.caFile {
            easy.set(.caFile, to: file)
            easy.forgetSystemAuthorities()
        }
        if let blob = trust.caBlob {
            easy.set(.caBlob, to: blob)
            easy.forgetSystemAuthorities()
        }
        if let certificate = trust.clientCertificateFile {
            easy.set(.clientCertificate, to: certificate)
            easy.set(.clientKey, to: trust.clientKeyFile ?? certificate)
        }
    }
}

extension Exchange {
    /// The error for a transfer that ended without a result.
    final func error(for ending: ExchangeEnding, kind: (CURLcode) -> TransportError.Kind?) -> TransportError {
        guard case .finished(let code) = ending, !isCancelled.load(ordering: .relaxed) else {
            return TransportError(kind: .cancelled, endpoint: endpoint, mayHaveBeenReceived: mayHaveBeenReceived)
        }
        if let refusedAddress, !hasOpenedSocket {
            return TransportError(kind: .refusedByPolicy(address: refusedAddress), endpoint: endpoint)
        }
        let words = easy.failureText
        let cause = (words.isEmpty ? String(cString: curl_easy_strerror(code)) : words)
            .singleLine(atMost: TransportLimits.causeBytes)
        let rejectsUs = isConnected && cause.isAlertAboutOurCertificate
        return TransportError(
            kind: rejectsUs ? .tls : kind(code) ?? generalKind(code),
            endpoint: endpoint,
            cause: cause,
            mayHaveBeenReceived: !rejectsUs && mayHaveBeenReceived)
    }

    private func generalKind(_ code: CURLcode) -> TransportError.Kind {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            .resolve
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED:
            .connect
        case CURLE_OPERATION_TIMEDOUT:
            .timedOut(bytesSent: mayHaveBeenReceived)
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_PEER_FAILED_VERIFICATION, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            .tls
        case CURLE_ABORTED_BY_CALLBACK:
            .cancelled
        case CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND, CURLE_READ_ERROR:
            .sendFailed
        case CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE:
            isConnected ? .receiveFailed : .connect
        case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT:
            .internalFailure
        default:
            .protocolViolation
        }
    }
}

extension Duration {
    /// Rounded up, as zero means "for ever" to libcurl.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

extension String {
    /// The text without control characters, cut to a number of bytes between characters.
    func singleLine(atMost limit: Int) -> String {
        var line = ""
        for scalar in unicodeScalars {
            let printable = scalar.properties.generalCategory == .control ? " " : scalar
            guard line.utf8.count + UTF8.width(printable) <= limit else { break }
            line.unicodeScalars.append(printable)
        }
        return line
    }

    /// Whether these are OpenSSL's words for a server that refuses our certificate, or misses one. In TLS 1.3 that
    /// comes after the handshake, but before anything we sent is read.
    fileprivate var isAlertAboutOurCertificate: Bool {
        let alerts = [
            "certificate required", "bad certificate", "unknown ca", "certificate unknown", "certificate expired",
            "certificate revoked", "unsupported certificate",
        ]
        return alerts.contains { contains("alert " + $0) }
    }
}
