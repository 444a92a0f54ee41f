import Glibc
import Synchronization

/// A program that a test started, with its standard streams.
final class RunningProgram: Sendable {
    private let id: pid_t
    private let isReaped = Mutex(false)
    private let input: Mutex<Int32?>
    private let output: Int32
    private let unread = Mutex<[UInt8]>([])

    /// Starts a program found on `PATH`; nil if there is none of that name.
    init?(_ arguments: [String]) {
        let started = Self.spawning.withLock { _ in Self.spawn(arguments) }
        guard let started else { return nil }
        (id, output) = (started.id, started.output)
        input = Mutex(started.input)
    }

    /// One at a time, as a pipe of one program must not be inherited by another: its end would never be seen.
    private static let spawning = Mutex(())

    private static func spawn(_ arguments: [String]) -> (id: pid_t, input: Int32, output: Int32)? {
        var inputs: [Int32] = [0, 0]
        var outputs: [Int32] = [0, 0]
        guard pipe(&inputs) == 0, pipe(&outputs) == 0 else { return nil }
        for end in inputs + outputs { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer {
            close(inputs[0])
            close(outputs[1])
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputs[0], 0)
        posix_spawn_file_actions_adddup2(&actions, outputs[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)

        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id = pid_t()
        guard posix_spawnp(&id, arguments[0], &actions, nil, &words, environ) == 0 else {
            close(inputs[1])
            close(outputs[0])
            return nil
        }
        return (id, inputs[1], outputs[0])
    }

    deinit { close(output) }

    func send(_ text: String) {
        input.withLock { input in
            guard let input else { return }
            _ = Array(text.utf8).withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
        }
    }

    /// The next line of standard output without its end; nil at the end of it.
    func readLine() -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let line = unread.withLock { unread -> [UInt8]? in
                guard let end = unread.firstIndex(of: 0x0A) else { return nil }
                defer { unread.removeFirst(end + 1) }
                return Array(unread[..<end])
            }
            if let line { return String(decoding: line.last == 0x0D ? line.dropLast() : line[...], as: UTF8.self) }
            let count = read(output, &buffer, buffer.count)
            guard count > 0 else { return nil }
            unread.withLock { $0 += buffer.prefix(count) }
        }
    }

    /// Closes its input, reads its output to the end, waits for it and returns its exit status.
    @discardableResult
    func finish() -> Int32 {
        closeInput()
        while readLine() != nil {}
        return reap()
    }

    /// Ends it at once, if it has not ended; its output ends with it.
    func kill() {
        closeInput()
        isReaped.withLock { isReaped in
            if !isReaped { Glibc.kill(id, SIGKILL) }
        }
        _ = reap()
    }

    private func closeInput() {
        input.withLock { input in
            if let open = input { close(open) }
            input = nil
        }
    }

    private func reap() -> Int32 {
        isReaped.withLock { isReaped in
            var status: Int32 = 0
            if !isReaped { waitpid(id, &status, 0) }
            isReaped = true
            return status
        }
    }
}

/// Whether a program is there, for tests that are skipped without it.
func isInstalled(_ program: String) -> Bool {
    RunningProgram(["sh", "-c", "command -v \(program)"])?.finish() == 0
}

/// A new folder that is removed with its files when the value goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        var template = Array(
            "\(getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp")/auspex-tests-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw NoFolder() }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { RunningProgram(["rm", "-rf", path])?.finish() }

    func file(_ name: String) -> String { path + "/" + name }

    struct NoFolder: Error {}
}

func readFile(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes.prefix(count))
}
