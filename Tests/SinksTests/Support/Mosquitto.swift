import Foundation
import Testing

/// Debian's broker, started for a test on a free port of 127.0.0.1, with an authority of its own.
///
/// `watcher` may write below `aurous/`, a checker may read everything.
final class Mosquitto {
    static let isInstalled =
        (try? Programs.run(
            ["sh", "-c", "\(path); command -v mosquitto mosquitto_passwd mosquitto_sub openssl"])) != nil

    static let password = "br0ker-s3cret"
    private static let path = "PATH=$PATH:/usr/sbin:/sbin"

    let folder: String
    private(set) var port = 0
    private var process: Process?
    private let isEncrypted: Bool

    var caFile: String { "\(folder)/ca.pem" }
    var clientFile: String { "\(folder)/client.pem" }
    var server: String { "\(isEncrypted ? "mqtts" : "mqtt")://localhost:\(port)" }

    /// - Parameter lines: more of the configuration.
    init(encrypted: Bool = false, _ lines: [String] = []) throws {
        isEncrypted = encrypted
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("mqtt-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Programs.run(["sh", "-c", Self.preparation, "sh", folder, encrypted ? "yes" : "no"])
        var isRunning = false
        for _ in 0..<5 where !isRunning {
            port = Int.random(in: 20_000..<32_000)
            var configuration = ["user root", "listener \(port) 127.0.0.1", "allow_anonymous false"]
            configuration += ["password_file \(folder)/passwords", "acl_file \(folder)/acl"]
            if encrypted {
                let pair = "\(folder)/server.pem"
                configuration += [
                    "cafile \(caFile)", "certfile \(pair)", "keyfile \(pair)", "require_certificate true",
                ]
            }
            try (configuration + lines + [""]).joined(separator: "\n")
                .write(toFile: "\(folder)/conf", atomically: true, encoding: .utf8)
            isRunning = try start()
        }
        guard isRunning else { throw Programs.Failed(description: "mosquitto does not start") }
        // A session that is kept: what comes from now on waits for `messages`.
        try read(["-E"])
    }

    deinit {
        // It inherits the blocked signals of the thread that started it, so it would not hear SIGTERM.
        if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The next messages since the start: topic, quality, user properties, content type, payload.
    func messages(_ count: Int) throws -> [[String]] {
        try read(["-C", "\(count)", "-W", "20", "-F", "%t|%q|%P|%C|%p"]).split(separator: "\n").map { line in
            line.split(separator: "|", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// How many connections to the broker are open.
    func connections() throws -> Int {
        let established = "01"
        return try String(contentsOfFile: "/proc/self/net/tcp", encoding: .utf8).split(separator: "\n").count { line in
            let words = line.split(separator: " ")
            return words.count > 3 && words[3] == established
                && words[2].split(separator: ":").last.flatMap { Int($0, radix: 16) } == port
        }
    }

    /// The message that the broker keeps for a topic.
    func retained(_ topic: String) throws -> String {
        let login = ["-u", "checker", "-P", Self.password, "-t", topic, "-C", "1", "-W", "20"]
        let command = ["mosquitto_sub", "-h", "localhost", "-p", "\(port)"] + login
        return String(decoding: try Programs.run(command), as: UTF8.self)
    }

    @discardableResult
    private func read(_ more: [String]) throws -> String {
        let trust = isEncrypted ? ["--cafile", caFile, "--cert", clientFile, "--key", clientFile] : []
        let session = ["-V", "mqttv5", "-c", "-i", "checker", "-x", "600", "-q", "2", "-t", "#"]
        let login = ["-u", "checker", "-P", Self.password]
        let command = ["mosquitto_sub", "-h", "localhost", "-p", "\(port)"] + trust + session + login + more
        return String(decoding: try Programs.run(command), as: UTF8.self)
    }

    private func start() throws -> Bool {
        let started = Process()
        started.executableURL = URL(fileURLWithPath: "/bin/sh")
        started.arguments = ["-c", "\(Self.path); exec mosquitto -c \"$0\"", "\(folder)/conf"]
        started.standardError = FileHandle.nullDevice
        started.standardOutput = FileHandle.nullDevice
        try started.run()
        process = started
        for _ in 0..<2_000 {
            if !started.isRunning { return false }
            if Loopback.accepts(port) { return true }
            usleep(5_000)
        }
        return false
    }

    private static let preparation = """
        set -e; \(path); cd "$1"
        mosquitto_passwd -b -c passwords watcher '\(password)'; mosquitto_passwd -b passwords checker '\(password)'
        printf 'user watcher\\ntopic write aurous/#\\nuser checker\\ntopic read #\\n' > acl
        [ "$2" = yes ] || exit 0
        key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
        openssl req -x509 $key -keyout ca.key -out ca.pem -days 2 -subj '/CN=Test authority' \
          -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign
        for name in server client; do
          openssl req -new $key -keyout $name.key -out $name.csr -subj "/CN=$name"
          echo 'subjectAltName=DNS:localhost' > $name.ext
          openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -set_serial 2$$ -days 2 \
            -extfile $name.ext -out $name.crt
          cat $name.crt $name.key > $name.pem
        done
        """
}

/// Ports of 127.0.0.1.
enum Loopback {
    /// Whether somebody listens there.
    static func accepts(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
