/// When a sink that keeps failing is left alone, and how often it is then probed.
package struct CircuitSettings: Sendable, Equatable {
    /// So many failures in a row open it.
    package var failuresInRow = 10
    /// So does this share of failures, from 0 to 1, among at least `samples` attempts that ended within `window`.
    package var failureShare = 0.8
    package var samples = 20
    package var window = Duration.seconds(60)
    /// So many answers in a row that hint at a sink that is set up wrongly pause it; one that is sure does so at once.
    package var suspicionsInRow = 3
    /// The waits before probes: the first, what each is multiplied by after a probe that failed, and the longest.
    package var probes = ProbeSchedule(first: .seconds(10), factor: 2, longest: .seconds(300))
    /// The same while the sink is paused: each probe costs a dead letter.
    package var pausedProbes = ProbeSchedule(first: .seconds(10), factor: 3, longest: .seconds(1800))
    /// The longest that all deliveries wait because the sink asked one of them for patience. That one waits as asked.
    package var longestHold = Duration.seconds(3600)

    package init() {}

    package static let standard = CircuitSettings()
}

/// Growing waits, up to a tenth longer at random so that what failed together is not probed together.
package struct ProbeSchedule: Sendable, Equatable {
    package var first: Duration
    package var factor: Double
    package var longest: Duration

    package init(first: Duration, factor: Double, longest: Duration) {
        self.first = first
        self.factor = factor
        self.longest = longest
    }

    /// The wait after `failures` probes (from 0) have failed. `unit` is a random number from 0 up to 1.
    package func wait(afterFailures failures: Int, unit: Double) -> Duration {
        var wait = first
        for _ in 0..<max(0, failures) where wait < longest { wait = wait * factor }
        return min(wait, longest) * (1 + unit * RetrySchedule.jitterShare)
    }
}

/// Whether a sink's deliveries may be attempted: a circuit breaker that also knows a sink that is set up wrongly and a
/// sink that asked for patience. What waits here spends no attempt.
///
/// Pure: time is an argument, in seconds of a clock that does not go back.
package struct Circuit: Sendable, Equatable {
    /// What may go now.
    package enum Admission: Sendable, Equatable {
        case all
        /// One attempt, whose end decides.
        case probe
        case none(Duration)
    }

    private enum Phase: Sendable, Equatable {
        case closed
        case open(probeAt: Double, failedProbes: Int)
        case probing(failedProbes: Int)
    }

    private let settings: CircuitSettings
    private var phase = Phase.closed
    private var window: FailureWindow
    private var suspicions = 0
    private var heldUntil = -Double.infinity
    /// Attempts that failed, or got no answer, since the last that did neither.
    package private(set) var consecutiveFailures = 0
    /// Why the last of them failed.
    package private(set) var lastReason: String?
    /// Why the sink is taken to be set up wrongly.
    package private(set) var pausedReason: String?

    /// Closed; or, as after a restart of one that was not, with a probe before anything else.
    package init(_ settings: CircuitSettings = .standard, restored status: LaneStatus? = nil) {
        self.settings = settings
        window = FailureWindow(window: settings.window)
        guard let status, status.circuit != .closed else { return }
        phase = .open(probeAt: -.infinity, failedProbes: 0)
        consecutiveFailures = status.consecutiveFailures
        lastReason = status.lastReason
        pausedReason = status.pausedReason
    }

    package var state: CircuitState {
        switch phase {
        case .closed: .closed
        case .open: .open
        case .probing: .halfOpen
        }
    }

    /// What may start. Where it is a probe, ``probeStarted()`` tells that it has.
    package func admission(at now: Double) -> Admission {
        switch phase {
        case .closed: return heldUntil > now ? .none(.seconds(heldUntil - now)) : .all
        case .open(let probeAt, _):
            let wait = max(probeAt, heldUntil) - now
            return wait > 0 ? .none(.seconds(wait)) : .probe
        case .probing: return .none(.seconds(settings.probes.longest.inSeconds))
        }
    }

    /// How long until the next probe may go; nil while closed or probing.
    package func timeToProbe(at now: Double) -> Duration? {
        guard case .open(let probeAt, _) = phase else { return nil }
        return .seconds(max(0, max(probeAt, heldUntil) - now))
    }

    package mutating func probeStarted() {
        guard case .open(_, let failed) = phase else { return }
        phase = .probing(failedProbes: failed)
    }

    /// A person expects that the sink works again: the next delivery is a probe, at once.
    package mutating func reprieve() {
        guard case .open(_, let failed) = phase else { return }
        phase = .open(probeAt: -.infinity, failedProbes: failed)
    }

    /// Takes the end of an attempt. `unit` is a random number from 0 up to 1.
    package mutating func attemptEnded(_ result: AttemptResult, wasProbe: Bool, at now: Double, unit: Double) {
        switch result.outcome {
        case .delivered: succeeded(wasProbe: wasProbe, at: now)
        case .refused(let reason):
            suspicions = result.misconfiguration == nil ? 0 : suspicions + 1
            guard result.misconfiguration == .certain || suspicions >= settings.suspicionsInRow else {
                // It answers, and does not like this one delivery.
                return succeeded(wasProbe: wasProbe, at: now, keepingSuspicion: true)
            }
            pausedReason = reason
            lastReason = reason
            shut(wasProbe: wasProbe, at: now, unit: unit)
        case .throttled(let after, _):
            heldUntil = max(heldUntil, now + min(after, settings.longestHold).inSeconds)
            // It is alive, but that is no reason to send it everything.
            if wasProbe, case .probing(let failed) = phase { phase = .open(probeAt: heldUntil, failedProbes: failed) }
        case .failed(let reason, _), .unknown(let reason): failed(reason, wasProbe: wasProbe, at: now, unit: unit)
        }
    }

    private mutating func succeeded(wasProbe: Bool, at now: Double, keepingSuspicion: Bool = false) {
        if !keepingSuspicion { suspicions = 0 }
        // The late end of an attempt that began before it opened says little about a sink that mostly fails.
        guard phase == .closed || wasProbe else { return }
        if phase != .closed { window = FailureWindow(window: settings.window) }
        window.note(isFailure: false, at: now)
        phase = .closed
        consecutiveFailures = 0
        lastReason = nil
        pausedReason = nil
    }

    private mutating func failed(_ reason: String, wasProbe: Bool, at now: Double, unit: Double) {
        consecutiveFailures += 1
        lastReason = reason
        window.note(isFailure: true, at: now)
        guard phase == .closed else {
            if wasProbe { shut(wasProbe: true, at: now, unit: unit) }
            return
        }
        let (failures, all) = window.counts(at: now)
        let isRateBad = all >= settings.samples && Double(failures) >= settings.failureShare * Double(all)
        if consecutiveFailures >= settings.failuresInRow || isRateBad { shut(wasProbe: false, at: now, unit: unit) }
    }

    /// Opens, or stays open for longer where a probe failed.
    private mutating func shut(wasProbe: Bool, at now: Double, unit: Double) {
        var failedProbes = 0
        switch phase {
        case .closed: break
        case .open(let probeAt, let failed):
            // The end of an attempt that began before: the wait goes on.
            guard pausedReason != nil else { return }
            phase = .open(probeAt: max(probeAt, now), failedProbes: failed)
            return
        case .probing(let failed):
            guard wasProbe else { return }
            failedProbes = failed + 1
        }
        let schedule = pausedReason == nil ? settings.probes : settings.pausedProbes
        let wait = schedule.wait(afterFailures: failedProbes, unit: unit)
        phase = .open(probeAt: now + wait.inSeconds, failedProbes: failedProbes)
    }
}

/// How many attempts ended lately, and how many of them badly, counted in sixths of a window.
struct FailureWindow: Sendable, Equatable {
    private static let parts = 6
    private let partSeconds: Double
    private var counts: [(part: Int, failures: Int, all: Int)] = []

    init(window: Duration) { partSeconds = window.inSeconds / Double(FailureWindow.parts) }

    private func part(at now: Double) -> Int { Int((now / partSeconds).rounded(.down)) }

    mutating func note(isFailure: Bool, at now: Double) {
        let part = part(at: now)
        if counts.last?.part != part {
            counts.removeAll { $0.part <= part - FailureWindow.parts }
            counts.append((part, 0, 0))
        }
        counts[counts.count - 1].all += 1
        if isFailure { counts[counts.count - 1].failures += 1 }
    }

    func counts(at now: Double) -> (failures: Int, all: Int) {
        let oldest = part(at: now) - FailureWindow.parts
        return counts.filter { $0.part > oldest }.reduce((0, 0)) { ($0.0 + $1.failures, $0.1 + $1.all) }
    }

    static func == (left: FailureWindow, right: FailureWindow) -> Bool {
        left.partSeconds == right.partSeconds && left.counts.elementsEqual(right.counts, by: ==)
    }
}

extension Duration {
    /// As a number of seconds, for arithmetic with a clock's reading.
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
