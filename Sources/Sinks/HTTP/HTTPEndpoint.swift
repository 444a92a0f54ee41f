import Core
import Transport

/// Where a sink posts to, with what every request to it has in common.
struct HTTPEndpoint: Sendable {
    let http: any HTTPTransport
    let url: String
    let userAgent: String
    let connection: ConnectionSettings
    private(set) var mask: SecretMask

    /// - Parameter secrets: what must not be shown besides the parts of the address and the header fields.
    init(
        url: SettingText, isAddressSecret: Bool, connection: ConnectionSettings, secrets: [String],
        services: SinkServices
    ) {
        http = services.http
        self.url = url.reveal()
        userAgent = "auspex/\(services.productVersion)"
        self.connection = connection
        var hidden = secrets + connection.secrets
        switch url {
        case .secret: hidden += URLSecrets.whole(of: self.url)
        case .plain: hidden += isAddressSecret ? URLSecrets.whole(of: self.url) : URLSecrets.query(of: self.url)
        }
        mask = SecretMask(hidden)
    }

    /// For requests whose address is made for each of them.
    init(connection: ConnectionSettings, mask: SecretMask, services: SinkServices) {
        http = services.http
        url = ""
        userAgent = "auspex/\(services.productVersion)"
        self.connection = connection
        self.mask = mask
    }

    /// A request; a field of the configuration replaces one of ours of the same name.
    func request(
        method: String, url: String, fields: [HeaderField], body: [UInt8]?, signing: AWSSigning? = nil
    ) -> HTTPRequest {
        let own = connection.headers.map { HeaderField($0.name, $0.value.reveal()) }
        let replaced = Set(own.map { $0.name.lowercased() })
        let isNamed = fields.contains { $0.isNamed("User-Agent") }
        let standard = fields + (isNamed ? [] : [HeaderField("User-Agent", userAgent)])
        return HTTPRequest(
            method: method, url: url,
            headerFields: standard.filter { !replaced.contains($0.name.lowercased()) } + own,
            body: body, timeouts: connection.timeouts, responseBodyLimitBytes: SinkLimits.responseBodyBytes,
            onBodyLimit: .truncate, trust: connection.trust, destination: connection.destination, signing: signing)
    }

    /// The same, with more that must not be shown.
    func hiding(_ secrets: [String]) -> HTTPEndpoint {
        var endpoint = self
        endpoint.mask = mask.adding(secrets)
        return endpoint
    }

    func preview(_ request: HTTPRequest) -> String { curlCommandLine(for: request, masking: mask.forms) }

    /// Sends it and lets `judge` say what the answer means.
    func send(_ request: HTTPRequest, judge: (HTTPResponse) -> AttemptResult) async -> AttemptResult {
        do throws(TransportError) {
            return judge(try await http.send(request))
        } catch {
            var result = AttemptResult(HTTPOutcome.outcome(of: error, mask: mask))
            // Every delivery would go to the same forbidden place.
            if case .refusedByPolicy = error.kind { result.misconfiguration = .certain }
            return result
        }
    }
}
