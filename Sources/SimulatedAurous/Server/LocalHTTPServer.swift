import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// An HTTP server on 127.0.0.1 that can be stopped hard and started again: what both simulated sides stand on.
final class LocalHTTPServer: Sendable {
    typealias Handler = @Sendable (Request) async -> Answer

    private struct State {
        var port: Int?
        var channels: [ObjectIdentifier: any Channel] = [:]
        var running: Task<Void, Never>?
    }

    private let logger: Logger
    private let state = Mutex(State())

    init(logger: Logger) { self.logger = logger }

    /// Serves until it is cancelled or asked to stop gracefully; then every connection is closed, whatever it is doing.
    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - started: called once with the bound port.
    func run(
        port: Int, handler: @escaping Handler, started: @escaping @Sendable (Int) -> Void
    ) async throws {
        let responder = Responder(handler: handler) { [weak self] channel in self?.remember(channel) }
        let application = Application(
            responder: responder,
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in started(channel.localAddress?.port ?? port) },
            // On one event loop a connection is accepted and handed over in one step, so that none is lost between.
            eventLoopGroupProvider: .shared(EventLoopGroupProvider.singleton.eventLoopGroup.next()),
            logger: logger)
        defer { closeConnections() }
        try await serve(application)
    }

    /// What may still go on once it is told to stop.
    private static let stopping = Duration.milliseconds(50)

    /// Stops accepting first and cuts what is under way after ``stopping``.
    ///
    /// Cancellation must not reach the loop that accepts connections: one that is accepted but not yet taken up would
    /// end the process (https://github.com/apple/swift-nio/issues/3481). Hence the unstructured tasks: one that does
    /// not inherit our cancellation, and one because the trigger is asynchronous. Neither outlives this for long.
    private func serve(_ application: Application<Responder>) async throws {
        var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
        configuration.maximumGracefulShutdownDuration = LocalHTTPServer.stopping
        let group = ServiceGroup(configuration: configuration)
        try Task.checkCancellation()
        let serving = Task { try await group.run() }
        do {
            try await withTaskCancellationHandler {
                try await serving.value
            } onCancel: {
                Task { await group.triggerGracefulShutdown() }
            }
        } catch {
            // Cancellation is how it is stopped.
            guard Task.isCancelled else { throw error }
        }
    }

    /// Starts in the background and returns the bound port. The first port is kept: after `stop` a start with port 0
    /// binds it again, so that clients find a restarted server where it was.
    func start(port requested: Int, handler: @escaping Handler) async throws -> Int {
        let (ports, continuation) = AsyncThrowingStream.makeStream(of: Int.self)
        let port = state.withLock { requested == 0 ? $0.port ?? 0 : requested }
        // Unstructured, because the server outlives the call that starts it; `stop` ends it.
        let running = Task { [self] in
            do {
                try await run(port: port, handler: handler) { continuation.yield($0) }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        state.withLock { $0.running = running }
        for try await bound in ports {
            state.withLock { $0.port = bound }
            return bound
        }
        throw CancellationError()
    }

    /// Returns when the port is free and every connection is closed.
    func stop() async {
        let running = state.withLock { state in
            defer { state.running = nil }
            return state.running
        }
        running?.cancel()
        closeConnections()
        await running?.value
        closeConnections()
    }

    private func remember(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        let isNew = state.withLock { $0.channels.updateValue(channel, forKey: id) == nil }
        guard isNew else { return }
        channel.closeFuture.whenComplete { [weak self] _ in
            _ = self?.state.withLock { $0.channels.removeValue(forKey: id) }
        }
    }

    private func closeConnections() {
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.close(promise: nil) }
    }
}

/// Hands requests to the handler, and answers on their possibly crooked way to the socket.
private struct Responder: HTTPResponder {
    struct Context: InitializableFromSource {
        let channel: any Channel

        init(source: ApplicationRequestContextSource) { channel = source.channel }
    }

    let handler: LocalHTTPServer.Handler
    let connected: @Sendable (any Channel) -> Void

    func respond(to request: Request, context: Context) async throws -> Response {
        connected(context.channel)
        let answer = await handler(request)
        switch answer.fate {
        case .whole: break
        case .delayed(let milliseconds): try await Task.sleep(for: .milliseconds(milliseconds))
        case .never: try await Task.sleep(for: .seconds(1 << 30))
        case .closed: try await context.channel.close()
        case .truncated, .drip: return Response(status: answer.httpStatus, headers: answer.fields, body: answer.crooked)
        }
        return Response(
            status: answer.httpStatus, headers: answer.fields, body: ResponseBody(byteBuffer: answer.body))
    }
}

extension HTTPFields {
    /// The first header of a name that is known only as text.
    subscript(named name: String) -> String? { HTTPField.Name(name).flatMap { self[$0] } }
}

extension Answer {
    fileprivate var httpStatus: HTTPResponse.Status { .init(code: (100...999).contains(status) ? status : 500) }

    /// A header that HTTP cannot carry is left out.
    fileprivate var fields: HTTPFields {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return fields
    }

    /// A body that does not arrive as announced.
    fileprivate var crooked: ResponseBody {
        let body = body
        let fate = fate
        return ResponseBody(contentLength: body.readableBytes) { writer in
            if case .truncated(let count) = fate {
                let length = min(max(0, count), body.readableBytes)
                try await writer.write(body.getSlice(at: body.readerIndex, length: length) ?? ByteBuffer())
                // Whoever writes a body and fails closes the connection.
                throw CancellationError()
            }
            guard case .drip(let pause) = fate else { return try await writer.write(body) }
            for byte in body.readableBytesView {
                try await writer.write(ByteBuffer(bytes: [byte]))
                try await Task.sleep(for: .milliseconds(pause))
            }
            try await writer.finish(nil)
        }
    }
}
