import Dispatch
import Glibc
import Synchronization

/// A TCP server on 127.0.0.1 that runs a script for each connection, in a thread of its own.
final class LoopbackServer: Sendable {
    let port: Int
    private let listener: Int32

    init(_ script: @escaping @Sendable (LoopbackConnection) -> Void) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = LoopbackConnection.address(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                precondition(bind(listener, pointer, size) == 0 && listen(listener, 64) == 0, "no port is free")
                getsockname(listener, pointer, &size)
            }
            return Int(UInt16(bigEndian: pointer.pointee.sin_port))
        }
        self.listener = listener
        DispatchQueue(label: "fuzz.loopback").async {
            while true {
                let descriptor = accept(listener, nil, nil)
                if descriptor < 0, errno == ECONNABORTED || errno == EINTR { continue }
                guard descriptor >= 0 else { break }
                DispatchQueue(label: "fuzz.loopback.connection").async {
                    let connection = LoopbackConnection(descriptor)
                    script(connection)
                    connection.close()
                }
            }
            close(listener)
        }
    }

    /// Ends the accepting thread; scripts end when their peers go.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }
}

/// One connection, used by one thread, read and written with blocking calls.
final class LoopbackConnection {
    private let descriptor: Int32
    private var unread: [UInt8] = []

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        patience(milliseconds: 20_000)
    }

    /// Connects to a server of this machine; nil where there is none.
    init?(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(port: port)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { [descriptor] pointer in
                connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            Glibc.close(descriptor)
            return nil
        }
    }

    static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return address
    }

    /// How long a read waits for the peer.
    func patience(milliseconds: Int) {
        var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// The next line without its end; nil where the peer has gone or is silent.
    func readLine() -> [UInt8]? {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                var line = Array(unread[..<end])
                unread.removeFirst(end + 1)
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                return line
            }
            guard receive() else { return nil }
        }
    }

    /// Reads a request with a body of the length that it says.
    func readRequest() -> Bool {
        var length = 0
        while let line = readLine() {
            let text = String(decoding: line, as: UTF8.self).lowercased()
            if text.hasPrefix("content-length:") { length = Int(text.dropFirst(15).drop { $0 == " " }) ?? 0 }
            guard line.isEmpty else { continue }
            while unread.count < length { guard receive() else { return false } }
            unread.removeFirst(length)
            return true
        }
        return false
    }

    /// All that comes until the peer closes or is silent.
    func readAll() -> [UInt8] {
        while receive() {}
        return unread
    }

    func close() {
        shutdown(descriptor, Int32(SHUT_WR))
        Glibc.close(descriptor)
    }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return false }
        unread += buffer[..<count]
        return true
    }
}

/// Sends bytes to a server of this machine and gives what it answers, without holding up a task's thread.
/// - Parameter patience: how long silence counts as no answer.
func exchange(_ bytes: [UInt8], port: Int, patience milliseconds: Int) async -> [UInt8] {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
            guard let connection = LoopbackConnection(port: port) else { return continuation.resume(returning: []) }
            connection.patience(milliseconds: milliseconds)
            connection.send(bytes)
            let answer = connection.readAll()
            connection.close()
            continuation.resume(returning: answer)
        }
    }
}
