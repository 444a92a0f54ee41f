import NIOCore
import NIOPosix
import SimulatedAurous

/// One request over one raw connection, so that what faults do to the socket can be seen.
struct SocketReply: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]
    /// What arrived of the body.
    var body: [UInt8]
    /// Whether as much arrived as the head announced.
    var isComplete: Bool

    subscript(header name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    var json: SimulatedJSON {
        get throws { try SimulatedJSON(parsing: body) }
    }

    var ids: [String] {
        get throws { try (json["data"]?.elements ?? []).compactMap { $0["id"]?.text } }
    }

    /// Nil for bytes without a whole head.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: [13, 10, 13, 10]) }) else { return nil }
        var lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.removeFirst().split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            return nil
        }
        self.status = status
        headers = lines.compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1].drop { $0 == " " })) : nil
        }
        body = Array(bytes[(end + 4)...])
        isComplete = true
        let announced = self[header: "Content-Length"].flatMap { Int($0) } ?? 0
        isComplete = announced == body.count
    }
}

struct SocketClient: Sendable {
    var port: Int
    var key: String? = SimulationOptions.defaultKey

    /// The reply, nil where the connection was closed before its head was whole.
    /// - Parameter upTo: stops listening after so many bytes of head and body.
    func send(
        _ target: String, method: String = "GET", headers: [(String, String)] = [], body: String = "",
        upTo limit: Int = .max
    ) async throws -> SocketReply? {
        var head = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        if let key { head += "X-Api-Key: \(key)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        head += "Content-Length: \(body.utf8.count)\r\n\r\n"
        return try await exchange(head + body, upTo: limit)
    }

    /// Sends what is given, HTTP or not, and listens until the server closes.
    func exchange(_ request: String, upTo limit: Int = .max) async throws -> SocketReply? {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var bytes: [UInt8] = []
            do {
                for try await part in inbound {
                    bytes += part.readableBytesView
                    if bytes.count >= limit { break }
                }
            } catch is IOError {
                // Reset by the server: what came before it counts.
            }
            return SocketReply(bytes)
        }
    }

    func get(_ target: String, headers: [(String, String)] = []) async throws -> SocketReply {
        guard let reply = try await send(target, headers: headers) else { throw ConnectionClosed() }
        return reply
    }

    /// The ids of a page.
    func ids(_ target: String) async throws -> [String] { try await get(target).ids }
}

struct ConnectionClosed: Error {}
