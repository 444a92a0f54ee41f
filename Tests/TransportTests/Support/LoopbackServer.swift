import Glibc
import Synchronization

/// A TCP server on 127.0.0.1 that runs a script for each connection, in a thread of its own.
final class LoopbackServer: Sendable {
    let port: Int
    /// What the script reports, and the end of the stream when the server stops.
    let reports: AsyncStream<String>
    private let listener: Int32
    private let reporter: AsyncStream<String>.Continuation
    private let connections = Mutex<[ServerConnection]>([])
    private let isStopped = Mutex(false)

    init(_ script: @escaping @Sendable (ServerConnection) -> Void) {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        port = withUnsafeMutablePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                precondition(bind(listener, pointer, size) == 0 && listen(listener, 256) == 0)
                getsockname(listener, pointer, &size)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        (reports, reporter) = AsyncStream.makeStream()
        spawnThread { [self] in acceptAll(script) }
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var connectionCount: Int { connections.withLock { $0.count } }
    /// Every request and line that was read, in order.
    var received: [String] { connections.withLock { $0.flatMap(\.received) } }

    /// Ends the accepting thread and with it the server; scripts end when their peers go.
    func stop() {
        isStopped.withLock { isStopped in
            // Only once: afterwards the number may be somebody else's.
            if !isStopped { shutdown(listener, Int32(SHUT_RDWR)) }
            isStopped = true
        }
    }

    private func acceptAll(_ script: @escaping @Sendable (ServerConnection) -> Void) {
        while true {
            let descriptor = accept(listener, nil, nil)
            if descriptor < 0, errno == ECONNABORTED || errno == EINTR { continue }
            guard descriptor >= 0 else { break }
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            let connection = connections.withLock { connections in
                connections.append(ServerConnection(descriptor, reporter: reporter))
                return connections[connections.count - 1]
            }
            spawnThread {
                script(connection)
                connection.close()
            }
        }
        Glibc.close(listener)
        reporter.finish()
    }
}

/// One accepted connection, read and written with blocking calls.
final class ServerConnection: Sendable {
    let descriptor: Int32
    private let reporter: AsyncStream<String>.Continuation
    private let unread = Mutex<[UInt8]>([])
    private let log = Mutex<[String]>([])

    init(_ descriptor: Int32, reporter: AsyncStream<String>.Continuation) {
        self.descriptor = descriptor
        self.reporter = reporter
    }

    var received: [String] { log.withLock { $0 } }

    func report(_ text: String) { reporter.yield(text) }

    /// Reads a request with its body; nil when the peer has closed. Requests without `Content-Length` have no body.
    func readRequest() -> String? {
        guard let head = read(through: "\r\n\r\n") else { return nil }
        var length = 0
        for line in head.lowercased().split(separator: "\r\n") where line.hasPrefix("content-length: ") {
            length = Int(line.dropFirst("content-length: ".count)) ?? 0
        }
        guard let body = read(count: length) else { return nil }
        let request = head + String(decoding: body, as: UTF8.self)
        log.withLock { $0.append(request) }
        return request
    }

    /// Reads a line without its CRLF; nil when the peer has closed.
    func readLine() -> String? {
        guard let line = read(through: "\r\n") else { return nil }
        log.withLock { $0.append(String(line.dropLast())) }
        return String(line.dropLast())
    }

    /// Reads through a mark; nil when the peer has closed.
    func read(through mark: String) -> String? {
        let mark = Array(mark.utf8)
        return take { bytes in
            guard bytes.count >= mark.count else { return nil }
            return (0...bytes.count - mark.count).first { bytes[$0...].starts(with: mark) }.map { $0 + mark.count }
        }.map { String(decoding: $0, as: UTF8.self) }
    }

    func read(count: Int) -> [UInt8]? {
        take { $0.count >= count ? count : nil }
    }

    /// False when the peer has closed.
    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// False when the peer has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Blocks until the peer closes, whatever else it sends.
    func waitForClose() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while recv(descriptor, &buffer, buffer.count, 0) > 0 {}
    }

    /// Waits for the peer to close or to send something, but not longer.
    func peerCloses(within milliseconds: Int32) -> Bool {
        var interest = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&interest, 1, milliseconds) != 0
    }

    /// Passes bytes between the peer and another local port until either closes.
    func relay(to port: Int) {
        let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(other, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        defer { Glibc.close(other) }
        var ends = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: other, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&ends, 2, -1) > 0 {
            for (end, opposite) in [(ends[0], other), (ends[1], descriptor)] where end.revents != 0 {
                guard copyBytes(from: end.fd, to: opposite) else { return }
            }
        }
    }

    func close() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        Glibc.close(descriptor)
    }

    private func take(_ length: ([UInt8]) -> Int?) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let found = unread.withLock { unread -> [UInt8]? in
                guard let length = length(unread) else { return nil }
                defer { unread.removeFirst(length) }
                return Array(unread.prefix(length))
            }
            if let found { return found }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            unread.withLock { $0 += buffer.prefix(count) }
        }
    }
}

/// Copies what there is; false when either side has closed.
private func copyBytes(from source: Int32, to target: Int32) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 16384)
    let count = recv(source, &buffer, buffer.count, 0)
    return count > 0 && send(target, buffer, count, Int32(MSG_NOSIGNAL)) == count
}

/// Runs a body on a new thread that nobody joins.
func spawnThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var id = pthread_t()
    let code = pthread_create(
        &id, nil,
        { pointer in
            guard let pointer else { return nil }
            Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    precondition(code == 0)
    pthread_detach(id)
}
