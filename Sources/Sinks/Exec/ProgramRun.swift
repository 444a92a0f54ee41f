import CProcess
import Dispatch
import Glibc
import Synchronization

/// A program that is run once: started, fed, listened to and, whatever it does, ended and reaped.
///
/// It is not swift-subprocess: that one reaps a program before the rest of its session can be ended, may drop output
/// that a program wrote just before it ended, and cannot tell a program that closed its output from one that ended.
final class ProgramRun: Sendable {
    struct Plan: Sendable {
        /// The program's path first.
        var arguments: [String]
        /// `NAME=value`; nothing else of our own environment.
        var environment: [String]
        var directory: String?
        var input: [UInt8]
        /// After it the program is asked to end.
        var timeout: Duration
        /// And after this much more it is not asked any longer.
        var grace: Duration
        /// How much of the output is kept, in bytes; the rest is read and thrown away.
        var outputLimit: Int
    }

    enum Ending: Equatable {
        case exited(code: Int32)
        case signalled(Int32)
        case timedOut
        case cancelled
        /// What the system says; nothing was run.
        case notStarted(String)
    }

    struct Result {
        var ending: Ending
        var output: [UInt8]
        var isOutputCut: Bool
    }

    private static let chunkBytes = 32 * 1024
    /// How much is still read of a program that has ended; a pipe holds 64 KiB.
    private static let drainedBytes = 1 << 20

    private let plan: Plan
    private let isCancelled = Atomic<Bool>(false)

    init(_ plan: Plan) { self.plan = plan }

    /// Ends the run soon; from any thread.
    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Blocks until the program and all of its session have ended.
    func run() -> Result {
        guard !isCancelled.load(ordering: .relaxed) else { return nothing(.cancelled) }
        let input = cprocess_memory_file()
        guard input >= 0 else { return nothing(.notStarted(systemError(errno))) }
        defer { close(input) }
        guard fill(input) else { return nothing(.notStarted(systemError(errno))) }
        var reading: Int32 = -1
        var writing: Int32 = -1
        guard cprocess_pipe(&reading, &writing) == 0 else { return nothing(.notStarted(systemError(errno))) }
        defer { close(reading) }
        var process = pid_t()
        let code = spawn(&process, input: input, output: writing)
        close(writing)
        guard code == 0 else { return nothing(.notStarted(systemError(code))) }
        var output = OutputStart(limit: plan.outputLimit)
        let ending = follow(process, reading, &output)
        return Result(ending: ending, output: output.bytes, isOutputCut: output.isCut)
    }

    private func nothing(_ ending: Ending) -> Result { Result(ending: ending, output: [], isOutputCut: false) }

    private func systemError(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// A file, not a pipe: a program that does not read its input can neither block us nor raise a signal.
    private func fill(_ file: Int32) -> Bool {
        var written = 0
        while written < plan.input.count {
            let count = plan.input.withUnsafeBytes { bytes in
                pwrite(file, bytes.baseAddress.map { $0 + written }, bytes.count - written, off_t(written))
            }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    private func spawn(_ process: inout pid_t, input: Int32, output: Int32) -> Int32 {
        var arguments: [UnsafeMutablePointer<CChar>?] = plan.arguments.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = plan.environment.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        return cprocess_spawn(
            &process, plan.arguments[0], &arguments, &environment, plan.directory, input, output)
    }

    /// Listens until the program has ended, ends it where it must be, then what it left behind, and reaps it.
    private func follow(_ process: pid_t, _ reading: Int32, _ output: inout OutputStart) -> Ending {
        let watch = cprocess_watch(process)
        defer { if watch >= 0 { close(watch) } }
        var polled = [pollfd(fd: reading, events: Int16(POLLIN), revents: 0)]
        if watch >= 0 { polled.append(pollfd(fd: watch, events: Int16(POLLIN), revents: 0)) }
        var patience = Patience(plan)
        while !cprocess_has_ended(process) {
            switch patience.step(isCancelled: isCancelled.load(ordering: .relaxed)) {
            case .wait: break
            case .signal(let signal): kill(-process, signal)
            case .giveUp(let ending):
                DispatchQueue(label: "auspex.reaper").async { _ = cprocess_reap(process) }
                return ending
            }
            _ = poll(&polled, nfds_t(polled.count), patience.pollMilliseconds)
            if polled[0].revents != 0, !output.read(reading, atMost: ProgramRun.chunkBytes) { polled[0].fd = -1 }
        }
        // Until it is reaped its number belongs to nobody else, so this reaches what it left behind, and only that.
        kill(-process, SIGKILL)
        if polled[0].fd >= 0 { _ = output.read(reading, atMost: ProgramRun.drainedBytes) }
        let status = cprocess_reap(process)
        return patience.ending ?? (status >= 0 ? .exited(code: status) : .signalled(-status))
    }
}

/// How long a program may go on: it runs, is asked to end, is killed, and at last given up.
private struct Patience {
    enum Step {
        case wait
        case signal(Int32)
        case giveUp(ProgramRun.Ending)
    }

    /// Why it had to be ended; nil while it runs.
    private(set) var ending: ProgramRun.Ending?
    private var isKilled = false
    private var deadline: ContinuousClock.Instant
    private let grace: Duration

    /// How often it is looked whether it was cancelled.
    private static let lookInterval = Duration.milliseconds(100)
    /// How long a killed program may take to vanish: the kernel may hold it while a disk does not answer.
    private static let vanishing = Duration.seconds(5)

    init(_ plan: ProgramRun.Plan) {
        deadline = .now + plan.timeout
        grace = plan.grace
    }

    mutating func step(isCancelled: Bool) -> Step {
        let isOverdue = ContinuousClock.now >= deadline
        guard let ending else {
            guard isCancelled || isOverdue else { return .wait }
            self.ending = isCancelled ? .cancelled : .timedOut
            deadline = .now + grace
            return .signal(SIGTERM)
        }
        guard isOverdue else { return .wait }
        if isKilled { return .giveUp(ending) }
        isKilled = true
        deadline = .now + Patience.vanishing
        return .signal(SIGKILL)
    }

    var pollMilliseconds: Int32 {
        Int32(min(max(.zero, deadline - .now), Patience.lookInterval) / .milliseconds(1)) + 1
    }
}

/// The beginning of what a program writes.
private struct OutputStart {
    let limit: Int
    var bytes: [UInt8] = []
    var isCut = false

    init(limit: Int) { self.limit = limit }

    /// Reads what is there without waiting. Returns false at the end.
    mutating func read(_ descriptor: Int32, atMost most: Int) -> Bool {
        var left = most
        while left > 0 {
            let room = Swift.min(left, 16 * 1024)
            var count = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
                count = Glibc.read(descriptor, buffer.baseAddress, room)
                filled = Swift.max(0, count)
            }
            guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
            bytes += chunk.prefix(limit - bytes.count)
            isCut = isCut || bytes.count == limit
            left -= count
        }
        return true
    }
}
