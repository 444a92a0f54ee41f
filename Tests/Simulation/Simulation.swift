import ArgumentParser
import Foundation
import Synchronization

/// Lives stories of Auspex through in virtual time, each from its seed, and says what was wrong.
@main struct Simulation: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Simulates Auspex with its world, in virtual time, from seeds.",
        discussion: """
            Simulation --seeds 100000                many stories; ends with 1 if one of them was told wrongly
            Simulation --trace 4711                  one story, with everything that happens in it
            Simulation --every-step 4711             one story again and again, dying at each of its steps
            Simulation --twice --seeds 100           each story twice: it must be the same to the bit
            """)

    @Option(help: "How many stories.") var seeds = 1000
    @Option(help: "The first seed.") var from: UInt64 = 1
    @Option(help: "Ends after so many seconds, however many stories that were.") var seconds: Double?
    @Option(help: "How many stories at a time.") var workers = 2
    @Option(help: "Ends after so many stories that went wrong.") var failures = 10
    @Option(help: "Tells one story.") var trace: UInt64?
    @Option(help: "Lives one story with a death at each of its steps, or at every how-manieth of them (--stride).")
    var everyStep: UInt64?
    @Option(help: "See --every-step.") var stride = 1
    @Flag(help: "Lives each story twice and compares.") var twice = false

    /// Sets and dictionaries have their order from a number of the process's own, which a seed must decide too.
    private static let hashing = "SWIFT_DETERMINISTIC_HASHING"

    func validate() throws {
        guard seeds > 0, workers > 0, failures > 0, stride > 0 else {
            throw ValidationError("--seeds, --workers, --failures and --stride are 1 or more")
        }
    }

    func run() throws {
        if ProcessInfo.processInfo.environment[Simulation.hashing] == nil {
            setenv(Simulation.hashing, "1", 1)
            // Comes back only where it fails.
            execv("/proc/self/exe", CommandLine.unsafeArgv)
            throw ValidationError("the program cannot be started anew with \(Simulation.hashing)=1")
        }
        if let trace { return try tell(trace) }
        let tally = Tally(most: failures)
        let began = ContinuousClock.now
        let isOver: @Sendable () -> Bool = { [seconds] in
            tally.isFull || seconds.map { ContinuousClock.now - began > .seconds($0) } ?? false
        }
        if let everyStep {
            try Simulation.inThreads(workers) { workshop, worker in
                try self.dieEverywhere(everyStep, worker: worker, workshop, tally, isOver: isOver)
            }
        } else {
            let next = Atomic<UInt64>(from)
            let end = from + UInt64(seeds)
            try Simulation.inThreads(workers) { workshop, _ in
                while !isOver() {
                    let seed = next.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard seed < end else { return }
                    self.live(seed, workshop, tally)
                }
            }
        }
        print(tally.summary(after: ContinuousClock.now - began))
        if tally.hasFailed { throw ExitCode(1) }
    }

    private func live(_ seed: UInt64, _ workshop: Workshop, _ tally: Tally) {
        let story = Story(seed: seed, in: workshop)
        var findings = story.live()
        if twice {
            let again = Story(seed: seed, in: workshop)
            _ = again.live()
            if again.kernel.trace.hash != story.kernel.trace.hash || again.kernel.steps != story.kernel.steps {
                findings.append("the story was another one the second time")
            }
        }
        tally.note(story, findings, replay: "--trace \(seed)")
    }

    /// Every step of the story is somebody's await: at each of them the process may die.
    private func dieEverywhere(
        _ seed: UInt64, worker: Int, _ workshop: Workshop, _ tally: Tally, isOver: @Sendable () -> Bool
    ) throws {
        let whole = Story(seed: seed, in: workshop)
        _ = whole.live()
        var step = worker * stride
        while step < whole.kernel.steps, !isOver() {
            let story = Story(seed: seed, in: workshop, dyingStep: step)
            tally.note(story, story.live(), replay: "--every-step \(seed), step \(step)")
            step += workers * stride
        }
    }

    private func tell(_ seed: UInt64) throws {
        let story = Story(seed: seed, in: try Workshop(), isTold: true)
        let findings = story.live()
        print("\(story.plan)")
        for line in story.kernel.trace.lines { print(line) }
        for finding in findings { print("WRONG: \(finding)") }
        print("\(story.kernel.steps) steps, hash \(String(story.kernel.trace.hash, radix: 16))")
        if !findings.isEmpty { throw ExitCode(1) }
    }

    /// Runs `body` on so many threads of its own, each with its own workshop, and waits for all.
    private static func inThreads(_ count: Int, _ body: @escaping @Sendable (Workshop, Int) throws -> Void) throws {
        let done = DispatchSemaphore(value: 0)
        let failure = Mutex<(any Error)?>(nil)
        for worker in 0..<count {
            let thread = Thread {
                do {
                    try body(try Workshop(), worker)
                } catch {
                    failure.withLock { $0 = error }
                }
                done.signal()
            }
            thread.stackSize = 64 << 20
            thread.start()
        }
        for _ in 0..<count { done.wait() }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
