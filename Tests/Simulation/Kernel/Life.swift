import Store

/// One process of Auspex, from its start to its end or its death: what it waits for outside of itself.
///
/// At death all that it waits for ends in failure, its store is closed without what was not committed, and its tasks are
/// cancelled and run down: they can reach nothing any more, so it is as if they had stopped where they were.
// Safe because only the thread that drives the story touches it.
final class Life: @unchecked Sendable {
    let number: Int
    let kernel: Kernel
    private(set) var isAlive = true
    private var abandoning: [Int: () -> Void] = [:]
    private var count = 0

    init(number: Int, kernel: Kernel) {
        self.number = number
        self.kernel = kernel
    }

    /// From now on nothing that its tasks do has an effect.
    func die() {
        isAlive = false
        for (_, abandon) in abandoning.sorted(by: { $0.key < $1.key }) { abandon() }
        abandoning = [:]
    }

    /// What is done at death, unless it is forgotten before. Returns a number to forget it by.
    func onDeath(_ abandon: @escaping () -> Void) -> Int {
        count += 1
        abandoning[count] = abandon
        return count
    }

    func forget(_ number: Int) { abandoning[number] = nil }

    /// Waits for something outside; with `givingUp` where the task is cancelled or the process dies first.
    func wait<Value: Sendable>(givingUp value: Value, _ begin: (Pending<Value>) -> Void) async -> Value {
        let pending = Pending<Value>()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard isAlive, !Task.isCancelled else { return continuation.resume(returning: value) }
                let number = onDeath { pending.end(value) }
                pending.begin(continuation) { [self] in forget(number) }
                begin(pending)
            }
        } onCancel: {
            pending.end(value)
        }
    }
}

/// Something that a task waits for; it ends once.
// Safe for the same reason as the life that it belongs to.
final class Pending<Value: Sendable>: @unchecked Sendable {
    private var continuation: CheckedContinuation<Value, Never>?
    private var ended: () -> Void = {}

    var isOpen: Bool { continuation != nil }

    fileprivate func begin(_ continuation: CheckedContinuation<Value, Never>, ended: @escaping () -> Void) {
        self.continuation = continuation
        self.ended = ended
    }

    func end(_ value: Value) {
        guard let continuation else { return }
        self.continuation = nil
        ended()
        continuation.resume(returning: value)
    }
}

/// The clock that a process waits by: it goes on while the wall clock jumps.
struct LifeClock: Clock {
    struct Instant: InstantProtocol {
        var time: Kernel.Time

        func advanced(by duration: Duration) -> Instant {
            Instant(time: time + Kernel.Time(roundingUp: duration))
        }
        func duration(to other: Instant) -> Duration { (other.time - time).duration }
        static func < (left: Instant, right: Instant) -> Bool { left.time < right.time }
    }

    let life: Life

    var now: Instant { Instant(time: life.kernel.now) }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let hasSlept = await life.wait(givingUp: false) { pending in
            life.kernel.at(deadline.time) { pending.end(true) }
        }
        if !hasSlept { throw CancellationError() }
    }
}
