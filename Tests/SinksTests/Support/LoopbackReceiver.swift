import Dispatch
import Glibc
import Synchronization

/// A server on the loopback that takes one HTTP request after another, keeps their bytes and answers 200 `ok`.
final class LoopbackReceiver: Sendable {
    struct Request: Sendable {
        var head: String
        var body: [UInt8]

        func field(_ name: String) -> String? {
            head.split(separator: "\r\n").dropFirst().first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { String($0.drop { $0 != ":" }.dropFirst()).trimmingPrefix(" ") }.map(String.init)
        }
    }

    let port: Int
    private let listener: Int32
    private let received = Mutex<[Request]>([])

    var requests: [Request] { received.withLock { $0 } }

    init() {
        (listener, port) = LoopbackReceiver.listen()
        // A thread of its own: it waits in accept until the test is over.
        DispatchQueue.global().async { [self] in serve() }
    }

    /// A listening socket on a free port.
    static func listen() -> (socket: Int32, port: Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                precondition(bind(listener, raw, length) == 0 && Glibc.listen(listener, 8) == 0, "no loopback")
                precondition(getsockname(listener, raw, &length) == 0, "no address")
            }
        }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            if let request = read(connection) { received.withLock { $0.append(request) } }
            let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".utf8)
            _ = answer.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            close(connection)
        }
        close(listener)
    }

    private func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
            guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
            var request = Request(
                head: String(decoding: bytes[..<end.lowerBound], as: UTF8.self), body: Array(bytes[end.upperBound...]))
            let length = request.field("content-length").flatMap { Int($0) } ?? 0
            while request.body.count < length {
                let count = recv(connection, &chunk, chunk.count, 0)
                guard count > 0 else { return nil }
                request.body += chunk[..<count]
            }
            return request
        }
    }
}
