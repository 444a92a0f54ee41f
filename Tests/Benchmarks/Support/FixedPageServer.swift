import Foundation
import Glibc
import Synchronization

/// Answers each request for a page with bytes made beforehand, so that it is never the server that is measured.
///
/// Two pages of 100 generations, all ended. Answers take turns with tokens, as signed URLs do, so that a watcher may not
/// compare bytes. It names a rate limit that nobody reaches. One thread over poll(2), on 127.0.0.1.
// @unchecked Sendable: the descriptors belong to the thread; the rest never changes, or is atomic.
final class FixedPageServer: @unchecked Sendable {
    let port: Int
    private let listener: Int32
    private let heads: [[UInt8]]
    private let tails: [[UInt8]]
    private let missing = FixedPageServer.answer(
        404,
        #"{"error":{"type":"not_found","code":"resource_not_found","message":"No such resource","param":null}}"#)
    private let answered = Atomic<Int>(0)
    private let isStopping = Atomic<Bool>(false)

    /// How many answers with different tokens there are.
    private static let variants = 8
    /// Room for an answer, so that writing it never waits for the reader.
    private static let sendBuffer: Int32 = 1 << 20

    init() throws {
        let bound = try LoopbackSocket.listen()
        listener = bound.socket
        port = bound.port
        heads = (0..<Self.variants).map { token in
            Self.answer(200, SamplePage.json(rows: 100, token: token, nextCursor: "img_01HXMQ7Z3K8Y2ABCDEF1099"))
        }
        tails = (0..<Self.variants).map { token in
            Self.answer(200, SamplePage.json(rows: 100, first: 100, token: token, nextCursor: nil))
        }
        Thread { [self] in serve() }.start()
    }

    /// How many requests have been answered.
    var requests: Int { answered.load(ordering: .relaxed) }
    /// What one answer weighs, with its head.
    var answerBytes: Int { heads[0].count }

    /// Ends the thread and closes everything, within a moment.
    func stop() { isStopping.store(true, ordering: .relaxed) }

    private static func answer(_ status: Int, _ body: String) -> [UInt8] {
        let head = """
            HTTP/1.1 \(status) Answer\r
            Content-Type: application/json; charset=utf-8\r
            Content-Length: \(body.utf8.count)\r
            X-RateLimit-Limit: 1000000000\r
            X-RateLimit-Remaining: 1000000000\r
            X-RateLimit-Reset: 0\r
            Aurous-Request-Id: req_01HXMQ7Z3K8Y2ABCDEFGHJKM\r
            Aurous-Version: 2026-05-15\r
            \r

            """
        return Array((head + body).utf8)
    }

    private func serve() {
        var watched = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
        while !isStopping.load(ordering: .relaxed) {
            guard poll(&watched, nfds_t(watched.count), 100) > 0 else { continue }
            for index in watched.indices.dropFirst() where watched[index].revents != 0 {
                guard !answer(watched[index].fd) else { continue }
                close(watched[index].fd)
                // Left out from now on.
                watched[index].fd = -1
            }
            let hasCaller = watched[0].revents != 0
            watched.removeAll { $0.fd < 0 }
            if hasCaller, let connection = accepted() {
                watched.append(pollfd(fd: connection, events: Int16(POLLIN), revents: 0))
            }
        }
        for entry in watched { close(entry.fd) }
    }

    private func accepted() -> Int32? {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return nil }
        var size = Self.sendBuffer
        var yes: Int32 = 1
        setsockopt(connection, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        return connection
    }

    /// A request of these clients fits into one read; false at the end of the connection.
    private func answer(_ connection: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(connection, &buffer, buffer.count)
        guard count > 0 else { return false }
        let turn = answered.wrappingAdd(1, ordering: .relaxed).newValue % Self.variants
        let target = String(decoding: buffer[..<count].prefix { $0 != 13 }, as: UTF8.self)
        let bytes =
            if !target.hasPrefix("GET /v1/images?") { missing } else if target.contains("starting_after") {
                tails[turn]
            } else {
                heads[turn]
            }
        return bytes.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                let count = send(connection, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }
}
