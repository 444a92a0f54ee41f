import ArgumentParser
import Engine
import Glibc

/// `auspex init`: a configuration and rules to start from.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Writes a commented auspex.yaml and starter rules; overwrites nothing.",
        discussion: "Example: auspex init /etc/auspex")

    @Argument(help: "The folder to write to; it is made where it is missing.")
    var folder = "."

    func run() throws {
        try makeFolder(folder)
        try makeFolder(folder + "/rules")
        for file in StarterFiles.all { try write(file.text, to: folder + "/" + file.name) }
        let isHere = folder == "." || folder == "./"
        Console.error(
            """

            Next:
            \(isHere ? "" : "  cd \(folder)\n")  export AUROUS_API_KEY=al_live_…   a key with the scope `read`
              auspex check                      is everything in order?
              auspex run                        watch
            """)
    }

    private func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o755) != 0, errno != EEXIST else { return }
        throw Failure(.outside, "the folder \(path) cannot be made: \(String(cString: strerror(errno)))")
    }

    private func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            guard errno == EEXIST else {
                throw Failure(.outside, "\(path) cannot be written: \(String(cString: strerror(errno)))")
            }
            Console.error("kept     \(path)")
            return
        }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                throw Failure(.outside, "\(path) cannot be written: \(String(cString: strerror(errno)))")
            }
            sent += count
        }
        Console.error("wrote    \(path)")
    }
}
