import TestSupport

/// Virtual time and every task of one story, on the one thread that drives it.
///
/// All tasks run here by executor preference, one job at a time; which of those that are ready comes next is drawn from
/// the seed. When none is ready, time leaps to the next event. So a story is a function of its seed.
// Safe because only the thread that drives the story ever touches it: jobs, events and their ends all run on it.
final class Kernel: TaskExecutor, @unchecked Sendable {
    /// Nanoseconds since the story began.
    typealias Time = Int64

    private struct Event {
        var time: Time
        /// Events of one moment come in an order that the seed decides.
        var lot: UInt64
        var action: () -> Void
    }

    private var ready: [UnownedJob] = []
    private var events: [Event] = []
    private var soon: [() -> Void] = []
    private(set) var now: Time = 0
    private(set) var steps = 0
    private(set) var trace: Trace
    var chance: SeededRandom
    /// Whether ready jobs run in the order in which they became ready; else in any.
    private let isOrderly: Bool
    /// The process is to die before anything else happens.
    var isDying = false
    /// It dies before this step.
    var dyingStep: Int?

    /// More jobs at one moment than any honest work has: something goes round in circles.
    private static let mostStepsPerMoment = 200_000

    init(seed: UInt64, isTold: Bool) {
        chance = SeededRandom(seed: seed)
        trace = Trace(isTold: isTold)
        isOrderly = chance.oneIn(3)
    }

    func enqueue(_ job: consuming ExecutorJob) { ready.append(UnownedJob(job)) }

    /// Notes something that happens; two runs of a seed note the same.
    func note(_ text: @autoclosure () -> String) { trace.note(text(), at: now) }

    // Time

    func at(_ time: Time, _ action: @escaping () -> Void) {
        push(Event(time: max(time, now), lot: chance.next(), action: action))
    }

    /// Done as soon as no job is ready.
    func soon(_ action: @escaping () -> Void) { soon.append(action) }

    func after(_ wait: Time, _ action: @escaping () -> Void) { at(now + max(0, wait), action) }

    enum Pause { case reached, dying, endless }

    /// Lets everything happen up to a time, or until the process dies or `isDone`.
    func run(until end: Time, or isDone: () -> Bool = { false }) -> Pause {
        var atThisMoment = 0
        while !isDone() {
            if isDying { return .dying }
            if !ready.isEmpty {
                atThisMoment += 1
                guard atThisMoment < Kernel.mostStepsPerMoment else { return .endless }
                if dyingStep == steps {
                    dyingStep = nil
                    return .dying
                }
                step()
                continue
            }
            if !soon.isEmpty {
                soon.removeFirst()()
                continue
            }
            guard let next = events.first, next.time <= end else {
                now = max(now, end)
                return .reached
            }
            if next.time > now { atThisMoment = 0 }
            now = next.time
            pop().action()
        }
        return .reached
    }

    /// Runs what is ready until `isDone`, without a moment passing. Returns whether it came to that.
    func settle(until isDone: () -> Bool) -> Bool {
        var count = 0
        while !isDone() {
            count += 1
            guard count < Kernel.mostStepsPerMoment else { return false }
            if !ready.isEmpty {
                step()
            } else if !soon.isEmpty {
                soon.removeFirst()()
            } else {
                return false
            }
        }
        return true
    }

    private func step() {
        steps += 1
        let place = isOrderly || ready.count == 1 ? 0 : Int.random(in: 0..<ready.count, using: &chance)
        trace.absorb(UInt64(truncatingIfNeeded: now), UInt64(ready.count), UInt64(place))
        let job = ready.remove(at: place)
        job.runSynchronously(on: asUnownedTaskExecutor())
    }

    // A heap, the earliest first.

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        (events[one].time, events[one].lot) < (events[other].time, events[other].lot)
    }

    private func push(_ event: Event) {
        events.append(event)
        var child = events.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            events.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private func pop() -> Event {
        events.swapAt(0, events.count - 1)
        let first = events.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < events.count && isBefore(child, least) {
                least = child
            }
            if least == parent { return first }
            events.swapAt(parent, least)
            parent = least
        }
    }
}

extension Kernel.Time {
    static func seconds(_ count: Double) -> Int64 { Int64((count * 1e9).rounded()) }
    static func milliseconds(_ count: Int) -> Int64 { Int64(count) * 1_000_000 }
    var inSeconds: Double { Double(self) / 1e9 }

    /// Rounded up: nobody wakes too early.
    init(roundingUp duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let limit = Int64.max / 4
        guard seconds < limit / 1_000_000_000 else {
            self = limit
            return
        }
        self = seconds * 1_000_000_000 + (attoseconds + 999_999_999) / 1_000_000_000
    }

    var duration: Duration { .nanoseconds(self) }
}
