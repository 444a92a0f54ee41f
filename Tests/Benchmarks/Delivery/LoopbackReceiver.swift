import Foundation
import Glibc

/// The cheapest honest receiver of callbacks: one thread over `poll` that reads whole requests, remembers their
/// `webhook-id`s and answers 204. It runs in a process of its own, so that its memory is not the watcher's.
final class LoopbackReceiver {
    private struct Connection {
        var bytes: [UInt8] = []
    }

    private let listener: Int32
    private var watched: [pollfd] = []
    private var connections: [Int32: Connection] = [:]
    private var seen: Set<[UInt8]> = []
    private var doubled = 0
    private var count = 0
    private static let answer = Array("HTTP/1.1 204 No Content\r\n\r\n".utf8)
    private let isCounting: Bool
    let port: UInt16

    /// - Parameter isCounting: whether it prints, as they come, how many thousand callbacks came.
    init(isCounting: Bool) {
        self.isCounting = isCounting
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                let isBound = bind(listener, pointer, length) == 0 && listen(listener, 1024) == 0
                return isBound && getsockname(listener, pointer, &length) == 0
            }
        }
        precondition(bound, "the receiver cannot listen on 127.0.0.1")
        port = UInt16(bigEndian: address.sin_port)
        watched = [pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)]
        watched.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
    }

    /// Serves until its standard input ends; then prints how many callbacks came, and how many of them twice.
    func run() {
        DeliveryBenchmark.say("\(port)")
        while true {
            poll(&watched, nfds_t(watched.count), -1)
            for ready in watched where ready.revents != 0 {
                switch ready.fd {
                case STDIN_FILENO: return DeliveryBenchmark.say("\(seen.count) \(doubled)")
                case listener: accept()
                default: read(ready.fd)
                }
            }
        }
    }

    private func accept() {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return }
        connections[descriptor] = Connection()
        watched.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
    }

    private func read(_ descriptor: Int32) {
        guard var connection = connections.removeValue(forKey: descriptor) else { return }
        let start = connection.bytes.count
        let room = 64 << 10
        connection.bytes.reserveCapacity(start + room)
        let got = withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { buffer in
            let got = recv(descriptor, buffer.baseAddress, room, 0)
            if got > 0 { connection.bytes.append(contentsOf: buffer.prefix(got)) }
            return got
        }
        guard got > 0 else {
            close(descriptor)
            return watched.removeAll { $0.fd == descriptor }
        }
        while let used = request(in: connection.bytes) {
            connection.bytes.removeFirst(used)
            _ = LoopbackReceiver.answer.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0) }
        }
        connections[descriptor] = connection
    }

    /// How many bytes the first request takes, once it is there as a whole.
    private func request(in bytes: [UInt8]) -> Int? {
        guard let head = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else { return nil }
        let length = value(of: "content-length: ", in: bytes[..<head]).flatMap {
            Int(String(decoding: $0, as: UTF8.self))
        }
        let end = head + (length ?? 0)
        guard bytes.count >= end else { return nil }
        count += 1
        if isCounting, count % 1000 == 0 {
            DeliveryBenchmark.say("\(count)")
        }
        if let id = value(of: "webhook-id: ", in: bytes[..<head]), !seen.insert(Array(id)).inserted { doubled += 1 }
        return end
    }

    private func value(of field: String, in head: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let name = Array(field.utf8)
        var line = head.startIndex
        while line < head.endIndex {
            let end = head[line...].firstIndex(of: 13) ?? head.endIndex
            let matches = end - line > name.count && zip(head[line...], name).allSatisfy { $0 | 0x20 == $1 | 0x20 }
            if matches { return head[(line + name.count)..<end] }
            line = end + 2
        }
        return nil
    }
}
