import HTTPServing
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// An HTTP server on 127.0.0.1 that can be stopped hard and started again: what both simulated sides stand on.
final class LocalHTTPServer: Sendable {
    typealias Handler = @Sendable (Request) async -> Answer

    private struct State {
        var port: Int?
        var connections: Connections?
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
        let connections = Connections()
        state.withLock { $0.connections = connections }
        let application = Application(
            responder: Responder(handler: handler),
            server: .http1(configuration: .init(additionalChannelHandlers: [connections.registration()])),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in started(channel.localAddress?.port ?? port) },
            // On one event loop a connection is accepted and handed over in one step, so that none is lost between.
            eventLoopGroupProvider: .shared(EventLoopGroupProvider.singleton.eventLoopGroup.next()),
            logger: logger)
        do {
            try await serve(
                application, connections: connections, grace: LocalHTTPServer.stopping, logger: logger)
        } catch {
            // Cancellation is how it is stopped.
            guard Task.isCancelled else { throw error }
        }
    }

    /// What may still go on once it is told to stop.
    private static let stopping = Duration.milliseconds(50)

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
        let (running, connections) = state.withLock { state in
            defer { (state.running, state.connections) = (nil, nil) }
            return (state.running, state.connections)
        }
        running?.cancel()
        connections?.close()
        await running?.value
    }
}

/// Hands requests to the handler, and answers on their possibly crooked way to the socket.
private struct Responder: HTTPResponder {
    struct Context: InitializableFromSource {
        let channel: any Channel

        init(source: ApplicationRequestContextSource) { channel = source.channel }
    }

    let handler: LocalHTTPServer.Handler

    func respond(to request: Request, context: Context) async throws -> Response {
        let answer = await handler(request)
        switch answer.fate {
        case .whole: break
        case .delayed(let milliseconds): try await pause(.milliseconds(milliseconds), unlessClosed: context.channel)
        case .never: try await context.channel.closeFuture.get()
        case .closed: try await context.channel.close()
        case .truncated, .drip: return Response(status: answer.httpStatus, headers: answer.fields, body: answer.crooked)
        }
        return Response(
            status: answer.httpStatus, headers: answer.fields, body: ResponseBody(byteBuffer: answer.body))
    }
}

/// Waits, but not longer than the connection is open.
private func pause(_ duration: Duration, unlessClosed channel: any Channel) async throws {
    let promise = channel.eventLoop.makePromise(of: Void.self)
    let timer = channel.eventLoop.scheduleTask(in: TimeAmount(duration)) { promise.succeed() }
    channel.closeFuture.whenComplete { _ in promise.fail(ChannelError.alreadyClosed) }
    defer { timer.cancel() }
    try await promise.futureResult.get()
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
