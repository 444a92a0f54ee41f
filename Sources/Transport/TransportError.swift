/// Why an exchange brought no answer, and whether the other side may have acted on it all the same.
package struct TransportError: Error, Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// Refused before anything was done; trying again is pointless.
        case invalidRequest(reason: String)
        case resolve
        case connect
        /// The handshake failed, the peer is not whom we trust, or encryption was not to be had.
        case tls
        case timedOut(bytesSent: Bool)
        case bodyTooLarge(limitBytes: Int)
        /// The host resolves to an address that the `DestinationPolicy` forbids.
        case refusedByPolicy(address: String)
        /// The awaiting task was cancelled or the transport shut down.
        case cancelled
        /// The peer does not speak the protocol, or says too much.
        case protocolViolation
        case sendFailed
        case receiveFailed
        /// Code and text of the server's answer, if there was one (RFC 4954: 535 wrong, 454 for now).
        case loginDenied(code: Int?, text: String)
        /// 4xx is for now, 5xx for good (RFC 5321, section 4.2.1).
        case mailRefused(code: Int, text: String)
        /// Reason code and its meaning: MQTT 5, section 2.4, or the return code of MQTT 3.1.1, section 3.2.2.3.
        case brokerRefused(code: Int, text: String)
        /// libcurl could not be set up, or ran out of memory.
        case internalFailure
    }

    package var kind: Kind
    /// Scheme, host and port of the URL and nothing else of it; empty if it is no URL.
    package var endpoint: String
    /// The library's own words, on one line, bounded; may be empty.
    package var cause: String
    /// True when bytes of the request were sent and no whole answer came: the outcome is unknown.
    package var mayHaveBeenReceived: Bool

    package init(kind: Kind, endpoint: String = "", cause: String = "", mayHaveBeenReceived: Bool = false) {
        self.kind = kind
        self.endpoint = endpoint
        self.cause = cause
        self.mayHaveBeenReceived = mayHaveBeenReceived
    }

    static func invalid(_ reason: String, endpoint: String = "") -> TransportError {
        TransportError(kind: .invalidRequest(reason: reason), endpoint: endpoint)
    }
}

extension TransportError: CustomStringConvertible {
    /// One line for people: where, what, and the library's words; never a path, a query or a credential.
    package var description: String {
        var text = endpoint.isEmpty ? "" : endpoint + ": "
        text += kind.sentence
        if !cause.isEmpty { text += " (" + cause + ")" }
        if mayHaveBeenReceived { text += "; the request was sent, so it may have been received" }
        return text
    }
}

extension TransportError.Kind {
    fileprivate var sentence: String {
        switch self {
        case .invalidRequest(let reason): "invalid request: \(reason)"
        case .resolve: "the host name could not be resolved"
        case .connect: "could not connect"
        case .tls: "no trusted TLS connection"
        case .timedOut(let bytesSent):
            bytesSent ? "timed out waiting for the answer" : "timed out before the request was sent"
        case .bodyTooLarge(let limit): "the response body is larger than \(limit) bytes"
        case .refusedByPolicy(let address): "connections to \(address) are not allowed"
        case .cancelled: "cancelled"
        case .protocolViolation: "the answer is not understood"
        case .sendFailed: "the request could not be sent"
        case .receiveFailed: "the connection broke off before the answer was complete"
        case .loginDenied(let code, let text): "login denied" + (code.map { ": \($0) \(text)" } ?? "")
        case .mailRefused(let code, let text): "the mail server refused: \(code) \(text)"
        case .brokerRefused(let code, let text): "the broker refused: \(code) \(text)"
        case .internalFailure: "the transfer could not be set up"
        }
    }
}
