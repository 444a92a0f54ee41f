import Transport

/// Why the API gave no usable answer; the kind says what the poll schedule does about it.
package struct AurousError: Error, Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// 401, or the key cannot be read: the key is wrong. Say it loudly, go on slowly; the file may be replaced.
        case unauthorised
        /// 403: the key is known but may not do this. As `unauthorised`.
        case forbidden
        /// 404 and 410, said by the API itself: the resource (or the cursor's) is gone.
        case notFound
        /// 400, 402, 409, 422 and other 4xx, or a request that could not be sent: the same request fails again.
        case invalidRequest
        /// 429: ask again after `retryAfter`.
        case rateLimited
        /// 5xx, no connection, no whole answer, or an answer of something in between. Passes.
        case unavailable
        /// A whole answer that is not what was asked for.
        case notUnderstood
        case bodyTooLarge(limitBytes: Int)
        /// The awaiting task was cancelled or the transport shut down.
        case cancelled
    }

    package var kind: Kind
    /// Nil where there was no answer.
    package var status: Int?
    /// The API's `error.type`, such as `authentication`.
    package var type: String?
    /// The API's `error.code`, such as `revoked_api_key`.
    package var code: String?
    /// The API's words or ours: one line, bounded, without the key.
    package var message: String
    /// The API's `error.param`: what in the request it is about.
    package var parameter: String?
    /// To be quoted to the API's support.
    package var requestID: String?
    /// How long the API asks to wait; also of a 503. At most a day.
    package var retryAfter: Duration?
    /// Where the answer tells.
    package var limits: RateLimitReading?

    package init(
        _ kind: Kind,
        message: String = "",
        status: Int? = nil,
        type: String? = nil,
        code: String? = nil,
        parameter: String? = nil,
        requestID: String? = nil,
        retryAfter: Duration? = nil,
        limits: RateLimitReading? = nil
    ) {
        self.kind = kind
        self.message = message.excerpt
        self.status = status
        self.type = type
        self.code = code
        self.parameter = parameter
        self.requestID = requestID
        self.retryAfter = retryAfter
        self.limits = limits
    }

    /// Whether asking the same again may help without anybody doing anything.
    package var isTransient: Bool {
        switch kind {
        case .rateLimited, .unavailable, .cancelled: true
        case .unauthorised, .forbidden, .notFound, .invalidRequest, .notUnderstood, .bodyTooLarge: false
        }
    }

    /// Whether it is about the key: try again slowly, with the key read anew.
    package var isAuthentication: Bool { kind == .unauthorised || kind == .forbidden }
}

extension AurousError {
    init(_ error: TransportError) {
        switch error.kind {
        case .cancelled: self.init(.cancelled)
        case .bodyTooLarge(let limit): self.init(.bodyTooLarge(limitBytes: limit))
        case .invalidRequest: self.init(.invalidRequest, message: "\(error)")
        default: self.init(.unavailable, message: "\(error)")
        }
    }
}

extension AurousError: CustomStringConvertible {
    /// One line for the operator: what, the API's words, what to do, and the request id.
    package var description: String {
        var text = kind.sentence
        var details = status.map { ["HTTP \($0)"] } ?? []
        if let code = code ?? type { details.append(code) }
        if let parameter { details.append("parameter \(parameter)") }
        if !details.isEmpty { text += " (" + details.joined(separator: ", ") + ")" }
        if !message.isEmpty { text += ": " + message }
        if let retryAfter { text += "; asked to wait \(retryAfter.components.seconds) s" }
        if let advice = kind.advice { text += "; " + advice }
        if let requestID { text += " [request \(requestID)]" }
        return text
    }
}

extension AurousError.Kind {
    fileprivate var sentence: String {
        switch self {
        case .unauthorised: "the API does not accept the key"
        case .forbidden: "the API key may not do this"
        case .notFound: "not found"
        case .invalidRequest: "the request is refused"
        case .rateLimited: "the rate limit is reached"
        case .unavailable: "the API is unavailable"
        case .notUnderstood: "the answer is not understood"
        case .bodyTooLarge(let limit): "the answer is larger than \(limit) bytes"
        case .cancelled: "cancelled"
        }
    }

    fileprivate var advice: String? {
        switch self {
        case .unauthorised: "put a valid key where the source's 'key' points; it is read again before every request"
        case .forbidden: "give the key the 'read' scope, or use another key"
        default: nil
        }
    }
}
