import Core
import Store
import Synchronization

/// The windows over a listing, and what is stored of them.
struct WatchedWindows {
    var all = ListingWindows()
    /// The generation of the rules whose windows these are; nil while none have been read from the store.
    var generation: Int?
    /// How far they have come, as it is stored. A look at which nothing happens in them stores nothing.
    var stored: [WindowMark] = []
    /// When they should be looked at, if nothing else asks for it.
    var nextLook: Timestamp?
    /// Since when, by the steady clock, what is in flight has to be seen before anything follows: after a gap.
    var heldSince: Double?
}

extension ListingWatcher {
    /// How long after a gap, in seconds, windows wait for all that was in flight to be seen.
    private static let longestHold = 60.0

    /// Moves the windows to the time of this poll, if it has looked at the listing. Nothing follows from half a look, nor
    /// before the first sight is complete.
    mutating func lookThroughWindows() async throws {
        guard kind.isListed, progress.isBaselined, headAskedAt == poll.steady else { return }
        guard !isHeld() else {
            windows.nextLook = poll.beganAt.advanced(by: source.poll.idle)
            return
        }
        var decision = Decision()
        do {
            let isNew = try await readWindows()
            guard !windows.all.isEmpty else { return }
            let looked = windows.all.step(to: poll.beganAt, now: dependencies.now(), into: &decision)
            for (rule, groups) in looked.sorted(by: { $0.key < $1.key }) {
                unknowns.looked(
                    at: groups.sorted(), by: [rule], unknowns: decision.unknowns.filter { $0.rule == rule })
            }
            let marks = windows.all.marks
            if isNew || !decision.isEmpty || marks != windows.stored { try await keep(decision, marks) }
            windows.nextLook = windows.all.nextLook(ease: source.poll.idle)
        } catch {
            // What was decided is not in the store: it is decided again, from what is.
            windows = WatchedWindows()
            throw error
        }
        report(decision)
        if !decision.notifications.isEmpty { outboxFilled() }
    }

    private mutating func keep(_ decision: Decision, _ marks: [WindowMark]) async throws {
        var commit = ObservationCommit(
            decision: decision, progress: [kind: progress], source: source.name, routing: inForce.routing)
        commit.windows = [kind: marks]
        try await store.commit(commit)
        isNextTimerStale = isNextTimerStale || decision.movesAlerts
        windows.stored = marks
    }

    /// After a gap what was in flight below the head is asked for over several polls: until then it is not known what
    /// has happened.
    private mutating func isHeld() -> Bool {
        guard let since = windows.heldSince else { return false }
        let isMissing = inFlight.entries.values.contains { ($0.askedAt ?? -.infinity) < since }
        if isMissing, poll.steady - since < ListingWatcher.longestHold { return true }
        windows.heldSince = nil
        return false
    }

    /// Makes the windows of the rules in force out of what is stored, where they are not those. Returns whether the
    /// store does not know how far one of them has come.
    private mutating func readWindows() async throws -> Bool {
        let engine = inForce.engine
        guard inForce.number != windows.generation else { return false }
        let ruling = engine.windows(watching: kind)
        let marks = try await store.windowMarks(source: source.name, kind: kind)
        let names = Set(ruling.map(\.name))
        windows.all.keepOnly(names)
        if !names.isSuperset(of: marks.keys) {
            try await store.forgetWindows(except: names, source: source.name, kind: kind)
        }
        let isNew = try await read(ruling, marks: marks, engine: engine)
        windows.generation = inForce.number
        return isNew
    }

    private mutating func read(
        _ inForce: [Rule], marks: [String: WindowMark], engine: RuleEngine
    ) async throws -> Bool {
        var missing: [RuleWindow] = []
        let alerts = inForce.isEmpty ? [] : try await store.groupAlerts(source: source.name, kind: kind)
        let restoredAt = inForce.isEmpty ? nil : try await store.restoredAt()
        var isNew = false
        for rule in inForce {
            if var window = windows.all[rule.name], window.adopt(rule) {
                windows.all.put(window)
                continue
            }
            var clock = ListingWindows.beginning(of: rule, open: alerts, at: poll.beganAt)
            if let mark = marks[rule.name], mark.identity == rule.conditionIdentity {
                clock = mark.clock
            } else {
                isNew = true
            }
            let window = RuleWindow(
                rule, source: source.name, clock: clock, latest: alerts, restoredAt: restoredAt)
            guard let window else { continue }
            windows.all.put(window)
            missing.append(window)
        }
        guard let from = missing.map(\.remembers).min() else { return isNew }
        windows.all.add(
            try await contributions(to: Set(missing.map(\.rule.name)), after: from, engine: engine))
        return isNew
    }

    /// What was recorded of the listing for these rules, in the order in which it was seen.
    private func contributions(
        to rules: Set<String>, after time: Timestamp, engine: RuleEngine
    ) async throws -> [WindowContribution] {
        let found = Mutex<[(at: Timestamp, contribution: WindowContribution)]>([])
        try await store.histories(source: source.name, kind: kind, after: time) { history in
            for step in history.steps() {
                let all = engine.contributions(of: step, of: history).filter { rules.contains($0.rule) }
                found.withLock { found in
                    for contribution in all { found.append((step.change.observedAt, contribution)) }
                }
            }
        }
        // Sorting is stable: of one resource they stay in their order.
        return found.withLock { $0 }.sorted { $0.at < $1.at }.map(\.contribution)
    }
}
