import Foundation

/// A program that was started to be measured: its CPU time and memory are read from outside, to the nanosecond.
final class MeasuredProcess {
    private let process = Process()

    /// - Parameter folder: where it works; what it writes to standard error ends up there in `stderr.txt`.
    init(_ program: URL, _ arguments: [String], in folder: URL) throws {
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.standardOutput = FileHandle.nullDevice
        let errors = folder.appendingPathComponent("stderr.txt")
        try Data().write(to: errors)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    /// The program built beside this one; nil, and said, where there is none.
    static func auspex() -> URL? {
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("auspex")
        if FileManager.default.isExecutableFile(atPath: program.path) { return program }
        Report.line("there is no \(program.path): build it with swift build -c release --product auspex")
        return nil
    }

    /// A Python script of this folder, started with whatever `python3` is first in the path.
    static func python(_ script: String, _ arguments: [String], in folder: URL) throws -> MeasuredProcess {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: script).path(percentEncoded: false)
        return try MeasuredProcess(URL(filePath: "/usr/bin/env"), ["python3", path] + arguments, in: folder)
    }

    var isRunning: Bool { process.isRunning }

    /// Seconds of CPU that all its threads have used so far, in the program and in the kernel for it.
    var cpuSeconds: Double { ProcessClock.cpuSeconds(of: process.processIdentifier) }

    /// Resident memory in megabytes of 1,048,576 bytes.
    var residentMB: Int { MeasuredProcess.residentMB(of: process.processIdentifier) }

    static func residentMB(of process: pid_t) -> Int {
        let path = "/proc/\(process)/status"
        let status = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") }?.filter(\.isNumber) ?? "0"
        return (Int(resident) ?? 0) / 1024
    }

    /// Holds it still, so that it takes nothing from what is measured beside it.
    func pause() { kill(process.processIdentifier, SIGSTOP) }
    func resume() { kill(process.processIdentifier, SIGCONT) }

    /// How long it may take to end by itself.
    private static let patience = 15.0

    /// Ends it at once. A child of a thread of Swift's pool inherits its mask of signals, so that a program which does
    /// not see to its signals itself cannot be asked.
    func end() {
        kill(process.processIdentifier, SIGKILL)
        stop()
    }

    /// Asks it to end and waits; ends it hard if it does not. Returns its exit status.
    @discardableResult
    func stop() -> Int32 {
        resume()
        process.terminate()
        // `waitUntilExit` turns the thread's run loop, which a thread of Swift's own pool may never leave.
        let limit = Date(timeIntervalSinceNow: Self.patience)
        while process.isRunning {
            if Date() > limit { kill(process.processIdentifier, SIGKILL) }
            Thread.sleep(forTimeInterval: 0.001)
        }
        return process.terminationStatus
    }
}

/// A folder for the files of one measurement, gone with it.
struct ScratchFolder {
    let url: URL

    /// - Parameter isInMemory: for what is not to wait for a disk, where the system has a place for that.
    init(_ name: String, isInMemory: Bool = false) throws {
        let memory = URL(filePath: "/dev/shm")
        let isThere = isInMemory && FileManager.default.isWritableFile(atPath: memory.path)
        url = (isThere ? memory : FileManager.default.temporaryDirectory)
            .appendingPathComponent("auspex-benchmark-\(name)-\(getpid())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }

    func folder(_ name: String) throws -> URL {
        let folder = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    func remove() { try? FileManager.default.removeItem(at: url) }
}
