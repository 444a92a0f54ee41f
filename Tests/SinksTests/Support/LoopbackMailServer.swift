import Dispatch
import Glibc
import Synchronization

/// A mail server on the loopback that accepts everything and keeps the envelopes and messages.
final class LoopbackMailServer: Sendable {
    struct Mail: Sendable, Equatable {
        var commands: [String] = []
        /// As it was before dots were stuffed.
        var message: [UInt8] = []
    }

    let port: Int
    private let listener: Int32
    private let received = Mutex<[Mail]>([])

    var mails: [Mail] { received.withLock { $0 } }

    init() {
        let (listener, port) = LoopbackReceiver.listen()
        self.listener = listener
        self.port = port
        // A thread of its own: it waits in accept until the test is over.
        DispatchQueue.global().async { [self] in serve() }
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            converse(connection)
            close(connection)
        }
        close(listener)
    }

    private func converse(_ connection: Int32) {
        var lines = LineReader(connection: connection)
        var mail = Mail()
        say("220 loopback", to: connection)
        while let line = lines.next() {
            let command = String(decoding: line, as: UTF8.self)
            mail.commands.append(command)
            switch command.prefix(4) {
            case "EHLO": say("250-loopback\r\n250 8BITMIME", to: connection)
            case "DATA":
                say("354 go on", to: connection)
                while let line = lines.next(), line != [UInt8(ascii: ".")] {
                    mail.message += (line.first == UInt8(ascii: ".") ? line.dropFirst() : line[...]) + [0x0d, 0x0a]
                }
                received.withLock { $0.append(mail) }
                say("250 queued as 1", to: connection)
            case "QUIT":
                say("221 bye", to: connection)
                return
            default: say("250 fine", to: connection)
            }
        }
    }

    private func say(_ text: String, to connection: Int32) {
        let bytes = Array((text + "\r\n").utf8)
        _ = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Lines that end in CRLF, without it.
    private struct LineReader {
        let connection: Int32
        var buffer: [UInt8] = []

        mutating func next() -> [UInt8]? {
            var chunk = [UInt8](repeating: 0, count: 4096)
            while true {
                if let end = buffer.firstRange(of: [0x0d, 0x0a]) {
                    let line = Array(buffer[..<end.lowerBound])
                    buffer.removeSubrange(..<end.upperBound)
                    return line
                }
                let count = recv(connection, &chunk, chunk.count, 0)
                guard count > 0 else { return nil }
                buffer += chunk[..<count]
            }
        }
    }
}
