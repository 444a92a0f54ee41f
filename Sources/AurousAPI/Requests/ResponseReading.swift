import CEL
private import CSimdJSON
import Core
import Transport

/// Reads one HTTP response as an answer of the API or as the reason why it is none.
struct ResponseReading {
    let response: HTTPResponse
    let now: Timestamp
    /// The key that was sent: should the answer repeat it, it is masked.
    let secret: Secret

    func answer() throws(AurousError) -> Answer<[UInt8]> {
        guard (200..<300).contains(response.status) else { throw failure() }
        if let type = response.first(named: "Content-Type"), !type.isPlainlyJSON, let mediaType = type.mediaType,
            !mediaType.isJSON
        {
            throw unavailable("it answered with \(mediaType.excerpt) where JSON was due, as a proxy would")
        }
        guard !response.body.isEmpty else { throw unavailable("the answer is empty") }
        return Answer(
            value: response.body, limits: limits, requestID: requestID,
            appliedVersion: response.first(named: "Aurous-Version").map(safe), received: response.duration)
    }

    private func failure() -> AurousError {
        let envelope = ErrorEnvelope(response.body)
        var error = AurousError(kind(isOfTheAPI: envelope != nil))
        error.status = response.status
        error.type = envelope?.type.map(safe)
        error.code = envelope?.code.map(safe)
        error.parameter = envelope?.parameter.map(safe)
        error.message = safe(envelope.map { $0.message ?? "no message" } ?? strayWords)
        error.requestID = requestID ?? envelope?.requestID.map(safe)
        error.retryAfter = retryAfter
        error.limits = limits
        return error
    }

    /// Refusals of a request or a resource are believed only from the API itself, in its envelope: a proxy's 404 must
    /// not make a resource disappear.
    private func kind(isOfTheAPI: Bool) -> AurousError.Kind {
        switch response.status {
        case 401: .unauthorised
        case 403: .forbidden
        case 429: .rateLimited
        case 408, 425: .unavailable
        case 404, 410: isOfTheAPI ? .notFound : .unavailable
        case 400..<500: isOfTheAPI ? .invalidRequest : .unavailable
        default: .unavailable
        }
    }

    /// What stands in for the API's message where there is no envelope.
    private var strayWords: String {
        if (300..<400).contains(response.status) { return "it redirects, which is not followed; is base_url right?" }
        guard !response.body.isEmpty else { return "no message" }
        return "not in the API's form: "
            + String(decoding: response.body.prefix(AurousLimits.strayBytes), as: UTF8.self)
    }

    private func unavailable(_ reason: String) -> AurousError {
        AurousError(
            .unavailable, message: reason, status: response.status, requestID: requestID, retryAfter: retryAfter,
            limits: limits)
    }

    private var requestID: String? {
        let text = response.first(named: "Aurous-Request-Id").map(safe)
        return text?.isEmpty == false ? text : nil
    }

    private var limits: RateLimitReading? { RateLimitReading(response.headerFields, now: now.seconds) }
    private var retryAfter: Duration? {
        response.first(named: "Retry-After").flatMap { RetryAfter.duration($0, now: now.seconds) }
    }

    private func safe(_ text: String) -> String { text.masking(secret).excerpt }
}

/// The texts of `{"error": {…}}`, read leniently: any of them may be missing.
struct ErrorEnvelope {
    let type, code, message, parameter, requestID: String?

    /// Nil where the body is no JSON object with an `error`.
    init?(_ received: [UInt8]) {
        // Repaired at once: refusals are rare, and none should be lost to a bad byte in its message.
        let body = Array(String(decoding: received, as: UTF8.self).utf8)
        defer { cpage_finish() }
        var error = cpage_error()
        let outcome = body.withUnsafeBufferPointer { cpage_scan_error($0.baseAddress, $0.count, &error) }
        guard outcome == CPAGE_OK, error.is_envelope else { return nil }
        let source = SpanText(
            bytes: body, extra: Array(UnsafeBufferPointer(start: error.extra, count: error.extra_length)))
        let text = { (span: cpage_span) in span.present && span.length > 0 ? source.string(span) : nil }
        type = text(error.type)
        code = text(error.code)
        message = text(error.message)
        parameter = text(error.param)
        requestID = text(error.request_id)
    }
}
