import AdminServer
import NIOCore
import NIOPosix

/// Runs a server for as long as the body runs, or until the body stops it; returns when it has stopped.
/// - Returns: how long it went on after the body had ended.
@discardableResult
func withLiveServer(
    _ server: AdminServer, _ body: @escaping @Sendable (SocketClient) async throws -> Void
) async throws -> Duration {
    let clock = ContinuousClock()
    let (ports, started) = AsyncStream.makeStream(of: Int.self)
    let (stops, stopping) = AsyncStream.makeStream(of: Void.self)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            try await withThrowingTaskGroup(of: Void.self) { serving in
                serving.addTask {
                    defer { started.finish() }
                    try await server.run { started.yield($0) }
                }
                serving.addTask { await stops.first { _ in true } }
                try await serving.next()
                serving.cancelAll()
                try await serving.waitForAll()
            }
        }
        if let port = await ports.first(where: { _ in true }) {
            try await body(SocketClient(port: port) { stopping.finish() })
        }
        let ended = clock.now
        stopping.finish()
        try await group.waitForAll()
        return clock.now - ended
    }
}

struct SocketClient: Sendable {
    var port: Int
    /// Asks the server to stop, without waiting for it.
    var stop: @Sendable () -> Void

    /// The status of the answer to a GET; 0 where there was none.
    func status(_ target: String, host: String = "127.0.0.1") async throws -> Int {
        let text = try await exchange("GET \(target) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }

    /// Sends what is given, HTTP or not, and listens until the server closes.
    func exchange(_ request: String) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        var bytes: [UInt8] = []
        do {
            try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(string: request))
                for try await part in inbound { bytes += part.readableBytesView }
            }
        } catch is IOError, is ChannelError {
            // Reset by the server: what came before it counts.
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Connections that stay open until the test closes them.
actor Connections {
    private var channels: [any Channel] = []

    func open(_ port: Int, sending text: String) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(ByteBuffer(string: text)).get()
        channels.append(channel)
    }

    func close() async throws {
        for channel in channels where channel.isActive { try? await channel.close() }
    }
}

extension String {
    /// How often a part occurs.
    func components(of part: String) -> Int {
        var (count, rest) = (0, self[...])
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
