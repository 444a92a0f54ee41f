import Foundation

/// A server on 127.0.0.1 that accepts connections, says at most a greeting, and then nothing.
final class SilentServer: Sendable {
    let port: Int
    private let listening: Int32

    init?(greeting: [UInt8] = []) {
        let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listening, $0, length) == 0 && listen(listening, 8) == 0
                    && getsockname(listening, $0, &length) == 0
            }
        }
        guard listening >= 0, isBound else { return nil }
        self.listening = listening
        port = Int(in_port_t(bigEndian: address.sin_port))
        guard !greeting.isEmpty else { return }
        Thread.detachNewThread {
            while true {
                let connection = accept(listening, nil, nil)
                guard connection >= 0 else { return }
                // Left open, and closed with the process.
                _ = greeting.withUnsafeBytes {
                    send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
            }
        }
    }

    deinit { shutdown(listening, Int32(SHUT_RDWR)) }
}
