import CEL
import Core
import Transport

/// A sink that is made of a form: a preset, or the kind `http`.
struct FormSink: Sink {
    let name: String
    let kind: String
    let form: Form
    let endpoint: HTTPEndpoint
    let settings: CELValue
    let redaction: Redaction
    let signer: WebhookSignature
    let credentials: AWSCredentialSource?
    let productVersion: String

    private struct Attempt {
        var request: HTTPRequest
        var values: [String: CELValue]
        var needed: [String]
    }

    func preview(_ delivery: OutgoingDelivery, at now: Timestamp) -> String {
        let known = credentials?.known
        let endpoint = endpoint.hiding(known?.secrets ?? [])
        do throws(FormProblem) {
            return endpoint.preview(try attempt(delivery, now, known).request)
        } catch {
            return "cannot be sent: " + endpoint.mask.masked(error.message)
        }
    }

    func attempt(_ delivery: OutgoingDelivery, at now: Timestamp) async -> AttemptResult {
        let keys: AWSCredentials?
        do throws(AWSCredentialProblem) {
            keys = try await credentials?.credentials(endpoint, at: now)
        } catch {
            return AttemptResult(.failed(reason: "no AWS credentials: " + error.message, after: nil))
        }
        let endpoint = endpoint.hiding(keys?.secrets ?? [])
        let attempt: Attempt
        do throws(FormProblem) {
            attempt = try self.attempt(delivery, now, keys)
        } catch {
            return AttemptResult(.refused(reason: endpoint.mask.masked(error.message)))
        }
        return await endpoint.send(attempt.request) { response in
            FormJudge(form: form, mask: endpoint.mask, now: now).result(
                of: response, values: attempt.values, needed: attempt.needed)
        }
    }

    /// The first request of which the body fits.
    private func attempt(
        _ delivery: OutgoingDelivery, _ now: Timestamp, _ credentials: AWSCredentials?
    ) throws(FormProblem) -> Attempt {
        let notification = redaction.apply(to: delivery.notification)
        var length = 0
        for step in 0...Squeeze.last {
            let squeeze = Squeeze(step: step)
            let situation = FormSituation(
                delivery: delivery, notification: squeeze.applied(to: notification), settings: settings,
                kept: form.scope.kept(delivery.earlier), productVersion: productVersion, squeeze: squeeze,
                needsRecords: form.needsRecords)
            let renderer = FormRenderer(form, situation)
            let followUp = followUp(for: delivery, renderer)
            let builder = FormRequestBuilder(
                renderer: renderer, connection: endpoint.connection, signer: signer, credentials: credentials,
                now: now)
            let exchange = try builder.exchange(followUp?.request ?? form.request)
            length = exchange.body?.count ?? 0
            if let limit = form.bodyLimit, length > limit { continue }
            return Attempt(
                request: endpoint.request(
                    method: exchange.method, url: exchange.url, fields: exchange.fields, body: exchange.body,
                    signing: exchange.signing),
                values: situation.values, needed: followUp?.needs ?? [])
        }
        throw FormProblem(message: "the body has \(length) bytes however it is shortened, and no more fit")
    }

    private func followUp(for delivery: OutgoingDelivery, _ renderer: FormRenderer) -> FormFollowUp? {
        let followUps =
            switch delivery.notification.reason {
            case .fired: [] as [FormFollowUp]
            case .resolved: form.resolved
            case .reminder: form.reminder
            }
        return followUps.first { followUp in
            followUp.needs.allSatisfy { delivery.earlier[$0]?.isEmpty == false }
                && followUp.condition.map(renderer.holds) ?? true
        }
    }
}

extension FormSink {
    /// - Parameters:
    ///   - values: the settings by name, defaults included.
    ///   - isWrittenByOperator: whether the form may hold secrets by itself; a preset does not.
    init(
        _ form: Form, kind: String, values: [String: SettingValue], isWrittenByOperator: Bool = false,
        _ reader: inout SettingReader, _ services: SinkServices
    ) throws(SinkConfigurationError) {
        let connection = ConnectionSettings(&reader, defaultTimeout: SinkLimits.httpTimeout)
        redaction = Redaction(&reader)
        for declaration in form.heading.settings where declaration.isRequired {
            if values[declaration.name]?.isEmpty != false { reader.reject(declaration.name, "is required") }
        }
        for declaration in form.heading.settings {
            guard let allowed = declaration.allowedValues, let written = values[declaration.name]?.written,
                !allowed.contains(written)
            else { continue }
            reader.reject(declaration.name, "must be one of \(allowed.joined(separator: ", "))")
        }
        let record = form.scope.settings(values)
        FormSink.check(form, record, &reader)
        FormSink.checkAddresses(form, values, connection, &reader)
        signer = WebhookSignature(keys: FormSigning.keys(of: form, values, &reader))
        credentials = AWSCredentialSource(form, settings: record, connection, &reader)
        try reader.finish()
        name = reader.name
        self.kind = kind
        self.form = form
        settings = record
        productVersion = services.productVersion
        var secrets = FormSecrets.all(form, values, isWrittenByOperator: isWrittenByOperator)
        secrets += FormSigning.secrets(of: form, values) + connection.secrets
        if isWrittenByOperator { secrets += FormLiterals.secrets(of: form) }
        endpoint = HTTPEndpoint(connection: connection, mask: SecretMask(secrets), services: services)
    }

    /// What the form itself says about settings that do not go together: one problem for each setting.
    private static func check(_ form: Form, _ settings: CELValue, _ reader: inout SettingReader) {
        let activation = form.scope.checks.activation(["settings": settings])
        for check in form.checks {
            guard !reader.problems.contains(where: { $0.key == check.setting }),
                (try? check.condition.evaluateBool(activation)) == true
            else { continue }
            reader.reject(check.setting, check.reason)
        }
    }

    /// A setting that is a whole address is looked at now, and not at the first delivery.
    private static func checkAddresses(
        _ form: Form, _ values: [String: SettingValue], _ connection: ConnectionSettings,
        _ reader: inout SettingReader
    ) {
        let activation = form.scope.request.activation(["settings": form.scope.settings(values)])
        for request in form.requests {
            guard case .insert(let insert)? = request.url.parts.first,
                let key = insert.settingName(activation), let address = values[key]?.expressionValue?.inserted,
                !address.isEmpty, !reader.problems.contains(where: { $0.key == key }),
                let problem = AddressRules.problem(of: address, connection)
            else { continue }
            reader.reject(key, problem)
        }
    }
}

extension SettingValue {
    /// Whether there is nothing in it.
    var isEmpty: Bool {
        switch self {
        case .string(let text): text.trimmingWhitespace.isEmpty
        case .secret(let secret): secret.reveal().trimmingWhitespace.isEmpty
        case .stringList(let texts): texts.isEmpty
        case .secretList(let secrets): secrets.isEmpty
        default: false
        }
    }
}
