import Core
import HTTPTypes
package import Hummingbird
import Logging
import NIOCore

/// Answers the requests of the HTTP face, each within the limits.
package struct AdminResponder: HTTPResponder {
    package struct Context: InitializableFromSource {
        let channel: any Channel

        package init(source: ApplicationRequestContextSource) { channel = source.channel }
    }

    let state: any AdminState
    let gate: Gate
    let version: String
    let limits: AdminLimits
    let now: @Sendable () -> Timestamp
    let logger: Logger

    package func respond(to request: Request, context: Context) async throws -> Response {
        // The one deadline for a body that drips in, a service that hangs and a client that reads nothing.
        let deadline = context.closing(after: limits.exchange)
        let answer = await answer(to: request)
        var fields = answer.allFields
        let isLast = leavesBody(request, answer)
        if isLast { fields[.connection] = "close" }
        let buffer = ByteBuffer(string: answer.body)
        fields[.contentLength] = String(buffer.readableBytes)
        let isHead = request.method == .head
        let body = ResponseBody(contentLength: buffer.readableBytes) { writer in
            if !isHead { try await writer.write(buffer) }
            try await writer.finish(nil)
            deadline.cancel()
            if isLast { context.closing(after: limits.linger) }
        }
        return Response(status: answer.status, headers: fields, body: body)
    }

    /// Whether something of the request is left unread, so that the connection is of no more use.
    private func leavesBody(_ request: Request, _ answer: Answer) -> Bool {
        if answer.status == .contentTooLarge || answer.status == .badRequest { return true }
        let isAnnounced = request.headers[.transferEncoding] != nil || (request.headers[.contentLength] ?? "0") != "0"
        let route = try? Route(method: request.method, target: request.head.path ?? "")
        return isAnnounced && route?.takesBody != true
    }

    private func answer(to request: Request) async -> Answer {
        do throws(AdminError) {
            return try await answer(to: Route(method: request.method, target: request.head.path ?? ""), request)
        } catch {
            return error.answer
        }
    }

    private func answer(to route: Route, _ request: Request) async throws(AdminError) -> Answer {
        switch route {
        case .health: return Answer(.ok, .text, "ok\n")
        case .readiness: return await readiness()
        case .metrics:
            try checkHost(request)
            guard isAdmitted(request) else { throw .unauthorized }
            return try await metrics()
        case .page(let refreshes):
            try checkHost(request)
            guard isAdmitted(request) else { return loginForm(isRetry: false) }
            return await page(refreshes: refreshes)
        case .login: return try await login(request)
        case .logout: return Answer.redirect(cookie: cookie("", seconds: 0, request))
        case .hint(let source): return try await hint(source: source, request)
        }
    }

    private func checkHost(_ request: Request) throws(AdminError) {
        guard !gate.isOpen || Loopback.contains(authority: request.head.authority) else { throw .foreignHost }
    }

    private func isAdmitted(_ request: Request) -> Bool {
        gate.admits(
            authorization: request.headers[.authorization],
            cookies: request.cookies[Gate.cookieName].map { [$0.value] } ?? [], at: now())
    }
}

// What is shown
extension AdminResponder {
    private func readiness() async -> Answer {
        let readiness = await state.readiness()
        return Answer(readiness.isReady ? .ok : .serviceUnavailable, .json, readiness.json)
    }

    private func metrics() async throws(AdminError) -> Answer {
        do {
            let build = MetricFamily(
                "auspex_build_info", .gauge, help: "The version that runs; always 1.",
                samples: [.init(1, ["version": version])])
            let ready = MetricFamily(
                "auspex_ready", .gauge, help: "Whether every source is polled and deliveries flow.",
                samples: [.init(await state.readiness().isReady ? 1 : 0)])
            let families = try await state.overview().metricFamilies + state.metrics()
            return Answer(.ok, .metrics, Exposition.text([build, ready] + families))
        } catch {
            throw unavailable(error)
        }
    }

    private func page(refreshes: Bool) async -> Answer {
        let frame = Page.Frame(version: version, canSignOut: !gate.isOpen, refreshes: refreshes, now: now())
        do {
            let (overview, readiness) = (try await state.overview(), await state.readiness())
            return Answer(.ok, .page, Page.overview(overview, readiness: readiness, in: frame).html)
        } catch {
            let problem = unavailable(error)
            return Answer(
                problem.problem.status, .page, Page.failure(problem.problem.detail, in: frame).html,
                fields: problem.fields)
        }
    }

    private func unavailable(_ cause: any Error) -> AdminError {
        logger.error("a request could not be answered", metadata: ["reason": "\(cause)"])
        return .unavailable
    }
}

// What is sent in
extension AdminResponder {
    private func hint(source: String, _ request: Request) async throws(AdminError) -> Answer {
        let body = try await body(of: request, limit: AdminLimits.hintBytes)
        let fields = HTTPField.Name("Aurous-Webhook-Signature").map { request.headers[values: $0] } ?? []
        let header = fields.isEmpty ? nil : fields.joined(separator: ",")
        switch await state.hint(source: source, body: body, header: header) {
        case .accepted: return Answer(.accepted, .text, "accepted\n")
        case .unknownSource: throw .unknownSource
        case .badSignature: throw .badSignature
        case .stale: throw .stale
        case .notConfigured: throw .hintsNotConfigured
        }
    }

    private func login(_ request: Request) async throws(AdminError) -> Answer {
        let body = try await body(of: request, limit: AdminLimits.formBytes)
        guard !gate.isOpen else { return .redirect(cookie: nil) }
        guard let token = PercentCoding.formValue("token", in: body), gate.isToken(token),
            let session = gate.session(at: now())
        else {
            logger.warning("a sign-in with a wrong token was refused")
            return loginForm(isRetry: true)
        }
        return .redirect(cookie: cookie(session, seconds: Gate.sessionSeconds, request))
    }

    private func loginForm(isRetry: Bool) -> Answer {
        let error = AdminError.unauthorized
        let form = Page.login(isRetry: isRetry, version: version)
        return Answer(error.problem.status, .page, form.html, fields: error.fields)
    }

    private func cookie(_ value: String, seconds: Int64, _ request: Request) -> String {
        // Behind a proxy that speaks TLS the browser shall keep the cookie to TLS. Whoever forges this harms himself.
        let isSecure = HTTPField.Name("X-Forwarded-Proto").flatMap { request.headers[$0] } == "https"
        return "\(Gate.cookieName)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }

    private func body(of request: Request, limit: Int) async throws(AdminError) -> [UInt8] {
        if let text = request.headers[.contentLength], let length = Int(text), length > limit {
            throw .bodyTooLarge(limit: limit)
        }
        var bytes: [UInt8] = []
        do {
            for try await part in request.body {
                guard bytes.count + part.readableBytes <= limit else { throw AdminError.bodyTooLarge(limit: limit) }
                bytes.append(contentsOf: part.readableBytesView)
            }
        } catch let error as AdminError {
            throw error
        } catch {
            throw .unreadableBody
        }
        return bytes
    }
}

extension Answer {
    /// To the page, with GET.
    fileprivate static func redirect(cookie: String?) -> Answer {
        var fields: HTTPFields = [.location: "/"]
        if let cookie { fields[.setCookie] = cookie }
        return Answer(.seeOther, .text, "", fields: fields)
    }
}

extension AdminResponder.Context {
    @discardableResult
    fileprivate func closing(after time: Duration) -> Scheduled<Void> {
        let channel = channel
        return channel.eventLoop.scheduleTask(in: TimeAmount(time)) { channel.close(promise: nil) }
    }
}
