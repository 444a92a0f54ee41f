import Core

/// How many requests a day takes, beside polling by the clock, and how late each end is told. The day is simulated: the
/// engine runs on a clock that leaps, over the simulated API, a real store and a webhook sink without sockets.
///
/// It is a soak as well: every end must be told exactly once, and no request may exceed the budget or be refused.
/// The figure to hold: a fifth of the requests of polling full lists, at the same latency.
enum RequestsBenchmark {
    private static let seed: UInt64 = 20_260_504

    /// False where something was not told once, or the budget was exceeded.
    static func run() async -> Bool {
        do {
            let folder = try ScratchFolder("requests", isInMemory: true)
            defer { folder.remove() }
            return try await measure(in: folder)
        } catch {
            Report.line("requests: \(error)")
            return false
        }
    }

    private static func measure(in folder: ScratchFolder) async throws -> Bool {
        let day = ScriptedDay(seed: seed)
        Report.line(
            "requests: a simulated day of \(day.generations.count) generations and \(ScriptedDay.characterCount) "
                + "characters; latency from each end to its callback")
        let clock = ContinuousClock()
        let start = clock.now
        let watch = try VirtualWatch(in: folder)
        let hurried = await watch.live(day)
        let asked = watch.network.asked
        let ours = asked.filter { $0.at < ScriptedDay.length }
        let told = watch.network.told
        let generations = latencies(of: .generation, day, told)
        Report.row("Auspex", "\(ours.count) requests   \(text(generations))")
        Report.row("  of characters", text(latencies(of: .character, day, told)))
        Report.line("  " + parts(of: ours))
        compare(day, requests: ours.count, median: generations.median)
        let mistakes = mistakes(day, told) + BudgetCheck.violations(asked)
        for mistake in mistakes.prefix(10) { Report.line("  WRONG: \(mistake)") }
        Report.line(
            "  \(mistakes.isEmpty ? "each end was told exactly once, within the budget" : "\(mistakes.count) mistakes")"
                + "; \(Report.number((clock.now - start) / .seconds(1), digits: 0)) s of real time, \(hurried) leaps in haste"
        )
        return mistakes.isEmpty
    }

    /// Prints what polling by the clock would have cost: every 2 s, and at the interval whose median latency is ours.
    private static func compare(_ day: ScriptedDay, requests: Int, median: Double) {
        let same = Int64(max(1, (2 * median).rounded())) * 1000
        for (name, depth) in [("full lists", PlainPolling.Depth.everything), ("all in flight", .inFlight)] {
            for interval in Set([2000, same]).sorted() {
                let plain = PlainPolling(day, depth: depth, interval: interval)
                let ratio = Double(plain.requests) / Double(requests)
                Report.row(
                    "\(name), every \(interval / 1000) s",
                    "\(plain.requests) requests   \(text(plain.latencies))   \(Report.number(ratio, digits: 1)) times ours"
                )
            }
        }
        Report.line("  full lists: every poll reads the whole listing of generations, and that of characters")
        Report.line(
            "  all in flight: pages until all that has not ended, and all that is new, is covered; characters whole")
    }

    private static func text(_ latencies: Samples) -> String {
        "median \(Report.number(latencies.median)) s   99 of 100 \(Report.number(latencies.percentile(99))) s   longest "
            + "\(Report.number(latencies.largest, digits: 1)) s"
    }

    private static func parts(of asked: [VirtualNetwork.Asked]) -> String {
        func count(_ isCounted: (String) -> Bool) -> Int { asked.count { isCounted($0.target) } }
        let heads = count { $0.hasPrefix("/v1/images?") && !$0.contains("starting_after") }
        let deeper = count { $0.hasPrefix("/v1/images?") && $0.contains("starting_after") }
        let byID = count { $0.hasPrefix("/v1/images/") }
        let characters = count { $0.hasPrefix("/v1/characters?") }
        let characterIDs = count { $0.hasPrefix("/v1/characters/") }
        return "generations: \(heads) newest pages, \(deeper) further pages, \(byID) by id; "
            + "characters: \(characters) pages, \(characterIDs) by id"
    }

    private static func latencies(
        of kind: ResourceKind, _ day: ScriptedDay, _ told: [VirtualNetwork.Told: [Int64]]
    ) -> Samples {
        Samples(
            day.events.lazy.filter { $0.kind == kind }.compactMap { event in
                guard let rule = event.rule, let first = told[.init(rule: rule, id: event.id)]?.first else {
                    return nil
                }
                return Double(first - event.at) / 1000
            })
    }

    private static func mistakes(_ day: ScriptedDay, _ told: [VirtualNetwork.Told: [Int64]]) -> [String] {
        var mistakes: [String] = []
        var expected: Set<VirtualNetwork.Told> = []
        for event in day.events {
            guard let rule = event.rule else { continue }
            let what = VirtualNetwork.Told(rule: rule, id: event.id)
            expected.insert(what)
            let times = told[what]?.count ?? 0
            if times != 1 { mistakes.append("\(event.id) \(event.status) was told \(times) times") }
        }
        for what in told.keys where !expected.contains(what) {
            mistakes.append("\(what.id) was told as \(what.rule) and never was")
        }
        return mistakes
    }
}

/// Replays requests against the share of the rate limit that was configured, which is half of it.
private enum BudgetCheck {
    static func violations(_ asked: [VirtualNetwork.Asked]) -> [String] {
        let refused = asked.filter { $0.status == 429 }.map { "refused for its rate: \($0.target)" }
        let (characters, others) = (
            asked.filter { $0.target.hasPrefix("/v1/characters") },
            asked.filter { !$0.target.hasPrefix("/v1/characters") }
        )
        return refused + replay(others, burst: 600, perSecond: 5) + replay(characters, burst: 120, perSecond: 1)
    }

    private static func replay(_ asked: [VirtualNetwork.Asked], burst: Double, perSecond: Double) -> [String] {
        var (level, last) = (burst, Int64(0))
        var violations: [String] = []
        for request in asked {
            level = min(burst, level + Double(request.at - last) / 1000 * perSecond) - 1
            last = request.at
            // A thousandth of a request is what whole milliseconds round away.
            if level < -0.01 { violations.append("beyond the budget at \(request.at) ms: \(request.target)") }
        }
        return violations
    }
}
