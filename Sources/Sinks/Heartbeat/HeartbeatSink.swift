package import Core
import Transport

/// Pings an address as long as all is well, so that whoever waits for the pings notices when they stop.
///
/// It takes no notifications and has no outbox: an old ping would say that all is well when it is not.
package struct HeartbeatSink: Sink {
    package let name: String
    package let kind = "heartbeat"
    /// The time between two pings, at least ``shortestInterval``.
    package let interval: Duration
    let endpoint: HTTPEndpoint
    let address: String
    let method: String
    /// Whether trouble is told; otherwise there is silence.
    let tellsFailure: Bool

    package static let shortestInterval = Duration.seconds(1)
    static let defaultInterval = Duration.seconds(60)

    package func preview(_ delivery: OutgoingDelivery, at now: Timestamp) -> String {
        endpoint.preview(request(to: address))
    }

    /// A ping that a person asked for.
    package func attempt(_ delivery: OutgoingDelivery, at now: Timestamp) async -> AttemptResult {
        await send(to: address, at: now)
    }

    /// One ping. Nil where nothing was sent, as all is not well and the sink is silent then.
    package func beat(isHealthy: Bool, at now: Timestamp) async -> AttemptResult? {
        if isHealthy { return await send(to: address, at: now) }
        return tellsFailure ? await send(to: failureAddress, at: now) : nil
    }

    /// `/fail` behind the path, as healthchecks.io and those who follow it have it.
    private var failureAddress: String {
        let path = address.prefix { $0 != "?" }
        return path + (path.hasSuffix("/") ? "fail" : "/fail") + address.dropFirst(path.count)
    }

    private func send(to address: String, at now: Timestamp) async -> AttemptResult {
        await endpoint.send(request(to: address)) { response in
            let reason = Answer.reason(of: response, mask: endpoint.mask)
            return AttemptResult(
                HTTPOutcome.outcome(of: response, reason: reason, now: now),
                answer: Answer.excerpt(of: response, mask: endpoint.mask))
        }
    }

    private func request(to address: String) -> HTTPRequest {
        endpoint.request(method: method, url: address, fields: [], body: nil)
    }
}

extension SinkKind {
    static let heartbeat = SinkKind(
        name: "heartbeat",
        summary: "pings an address while Auspex polls and delivers, for who watches the watcher",
        settings: [
            SettingDeclaration(
                "url", .text, isRequired: true, isSecret: true, "the address to ping, such as https://hc-ping.com/UUID"),
            SettingDeclaration(
                "interval", .duration, default: .duration(HeartbeatSink.defaultInterval), "between two pings"),
            SettingDeclaration(
                "method", .text, allowedValues: ["GET", "POST", "HEAD"], default: .string("GET"), "of the request"),
            SettingDeclaration(
                "on_failure", .text, allowedValues: ["silent", "fail"], default: .string("silent"),
                "when Auspex is not ready: no ping, or one to the address with /fail behind it"),
        ] + ConnectionSettings.httpDeclarations,
        make: { (configuration, services) throws(SinkConfigurationError) in
            try HeartbeatSink(configuration, services)
        }, takesNotifications: false)
}

extension HeartbeatSink {
    init(_ configuration: SinkConfiguration, _ services: SinkServices) throws(SinkConfigurationError) {
        var reader = SettingReader(configuration)
        let connection = ConnectionSettings(&reader, defaultTimeout: SinkLimits.httpTimeout)
        let url = AddressRules.httpAddress("url", connection, &reader)
        interval = reader.duration("interval") ?? HeartbeatSink.defaultInterval
        if interval < HeartbeatSink.shortestInterval { reader.reject("interval", "must be at least 1s") }
        method = reader.string("method") ?? "GET"
        tellsFailure = reader.string("on_failure") == "fail"
        try reader.finish()
        guard let url else { throw SinkConfigurationError(problems: reader.problems) }
        name = configuration.name
        address = url.reveal()
        endpoint = HTTPEndpoint(
            url: url, isAddressSecret: true, connection: connection, secrets: [], services: services)
    }
}
