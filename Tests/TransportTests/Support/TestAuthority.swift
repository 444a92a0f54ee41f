/// An authority made for one test run, with certificates for a server and a client: all by the `openssl` program.
final class TestAuthority: Sendable {
    private let folder: TemporaryFolder
    var caFile: String { folder.file("ca.pem") }
    /// For `localhost` only, so that `127.0.0.1` does not match.
    var serverFile: String { folder.file("server.pem") }
    var clientFile: String { folder.file("client.pem") }

    init() throws {
        folder = try TemporaryFolder()
        let script = """
            set -e; cd '\(folder.path)'
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
        guard RunningProgram(["sh", "-c", script])?.finish() == 0 else { throw Failed() }
    }

    struct Failed: Error {}
}

/// `openssl s_server` on a free port of 127.0.0.1: it answers HTTP with a page, or joins TLS to its standard streams.
final class TLSServer: Sendable {
    let program: RunningProgram
    let port: Int

    init(_ authority: TestAuthority, _ options: [String]) throws {
        let command = [
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", authority.serverFile, "-CAfile", authority.caFile,
        ]
        guard let program = RunningProgram(command + options) else { throw NotStarted() }
        self.program = program
        while let line = program.readLine() {
            guard line.hasPrefix("ACCEPT "), let port = line.split(separator: ":").last.flatMap({ Int($0) }) else {
                continue
            }
            self.port = port
            return
        }
        program.kill()
        throw NotStarted()
    }

    func stop() { program.kill() }

    struct NotStarted: Error {}
}
