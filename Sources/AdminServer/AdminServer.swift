package import Core
package import HTTPServing
package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore

/// The HTTP face: health, readiness, metrics, the web page, and the webhooks of the watched API.
package struct AdminServer: Sendable {
    package struct Options: Sendable {
        /// A name or an address; IPv6 with or without brackets.
        package var host: String
        /// 0 for any free one.
        package var port: Int
        /// What the page and the metrics want to see; nil only where the host is loopback.
        package var token: Secret?
        /// Shown on the page and in `auspex_build_info`.
        package var version: String
        package var limits: AdminLimits

        package init(host: String, port: Int, token: Secret?, version: String, limits: AdminLimits = AdminLimits()) {
            self.host = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
            self.port = port
            self.token = token
            self.version = version
            self.limits = limits
        }
    }

    private let options: Options
    private let state: any AdminState
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    /// - Parameter now: the time of day, to tell ages and to end sessions.
    package init(
        options: Options, state: any AdminState, now: @escaping @Sendable () -> Timestamp, logger: Logger
    ) {
        self.options = options
        self.state = state
        self.now = now
        self.logger = logger
    }

    /// Serves until the task is cancelled; then it closes every connection and returns within a second.
    /// - Parameter started: called once, with the port.
    /// - Throws: ``AdminServerError`` if it may not or cannot listen.
    package func run(started: @escaping @Sendable (Int) -> Void) async throws {
        if let token = options.token {
            guard !token.isEmpty else { throw AdminServerError.emptyToken }
        } else if !Loopback.contains(options.host) {
            throw AdminServerError.tokenRequired(host: options.host)
        }
        do {
            let connections = Connections()
            let application = application(connections: connections, started: started)
            try await serve(
                application, connections: connections, grace: options.limits.stopping, logger: application.logger)
        } catch let error as IOError {
            throw AdminServerError.cannotListen(host: options.host, port: options.port, reason: error.description)
        } catch {
            // Cancellation is how it is stopped.
            guard Task.isCancelled else { throw error }
        }
    }

    /// The server as Hummingbird sees it, which can be asked without a socket.
    package func application(
        connections: Connections = Connections(), started: @escaping @Sendable (Int) -> Void
    ) -> Application<AdminResponder> {
        var channel = HTTP1Channel.Configuration(
            additionalChannelHandlers: [connections.registration()], idleTimeout: TimeAmount(options.limits.idle))
        channel.httpDecoder.maxHeaderListSize = AdminLimits.headerBytes
        channel.httpDecoder.maxHeaderFieldSize = AdminLimits.headerBytes
        // Hummingbird's own lines speak of its insides; ours say what matters.
        var quiet = logger
        quiet.logLevel = .critical
        let responder = AdminResponder(
            state: state, gate: Gate(token: options.token), version: options.version, limits: options.limits, now: now,
            logger: logger)
        return Application(
            responder: responder,
            server: .http1(configuration: channel),
            configuration: ApplicationConfiguration(
                address: .hostname(options.host, port: options.port),
                availableConnectionsDelegate: MaximumAvailableConnections(AdminLimits.connections)),
            onServerRunning: { [options, logger] channel in
                let port = channel.localAddress?.port ?? options.port
                logger.info("listening", metadata: ["host": "\(options.host)", "port": "\(port)"])
                started(port)
            },
            // On one event loop a connection is accepted and handed over in one step, so that none is lost between.
            eventLoopGroupProvider: .shared(EventLoopGroupProvider.singleton.eventLoopGroup.next()),
            logger: quiet)
    }
}

/// Why the server does not start; worded for the operator.
package enum AdminServerError: Error, Hashable, CustomStringConvertible {
    case tokenRequired(host: String)
    case emptyToken
    case cannotListen(host: String, port: Int, reason: String)

    package var description: String {
        switch self {
        case .tokenRequired(let host):
            "without a `token` the server listens on loopback only, not on '\(host)'"
        case .emptyToken: "the token of `server` is empty"
        case .cannotListen(let host, let port, let reason): "cannot listen on \(host):\(port): \(reason)"
        }
    }
}
