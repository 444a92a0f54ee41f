import CEL
import Core
import Foundation
import TestSupport

/// What one more change costs a window that holds a thousand, and one that holds a million.
///
/// The figure to hold: at most 1.5 times as much. `WINDOW_ENTRIES=100000` makes the larger one smaller.
enum WindowBenchmark {
    private static let changes = 20_000
    private static let rounds = 5

    static func run() {
        let larger = ProcessInfo.processInfo.environment["WINDOW_ENTRIES"].flatMap { Int($0) } ?? 1_000_000
        for (name, measures) in [("count", counts), ("count, sum, quantile, max", all)] {
            let small = best(1000, measures)
            let large = best(larger, measures)
            print(
                "windows: \(name): per change \(text(small)) µs with 1000 in the window, \(text(large)) µs with \(larger), "
                    + "ratio \(text(large / small))")
        }
    }

    private static let counts = [("total", "count(true)"), ("failed", #"count(self.status == "failed")"#)]
    private static let all =
        counts + [
            ("money", "sum(self.cost.amount)"), ("p95", "quantile(0.95, self.duration_ms)"),
            ("longest", "max(self.duration_ms)"),
        ]

    private static func text(_ number: Double) -> String { String(format: "%.2f", number) }

    /// The quickest of some rounds: other programs disturb, none helps.
    private static func best(_ entries: Int, _ measures: [(String, String)]) -> Double {
        var bench = Line(entries: entries, measures: measures)
        return (0..<rounds).map { _ in bench.microsecondsPerChange(changes) }.min() ?? 0
    }

    /// A window that is full: with each change one comes and one leaves.
    private struct Line {
        let engine: RuleEngine
        var window: RuleWindow
        var next = 0
        var random = SeededRandom(seed: 1)

        init(entries: Int, measures: [(String, String)]) {
            let rule = Sample.windowRule(
                "failures", over: .seconds(entries), by: ["self.inference_type"], measure: measures,
                when: "total > 2000000 && failed > 5")
            engine = RuleEngine(rules: [rule])
            guard let window = RuleWindow(rule, source: "studio", clock: Sample.at(0), latest: []) else {
                preconditionFailure("the rule has no window")
            }
            self.window = window
            while next < entries { change() }
        }

        mutating func microsecondsPerChange(_ count: Int) -> Double {
            let began = ContinuousClock().now
            for _ in 0..<count { change() }
            return (ContinuousClock().now - began) / .microseconds(1) / Double(count)
        }

        /// All that one change costs: it is read, measured, and the window is looked at.
        private mutating func change() {
            next += 1
            let fields = [
                ("completed_at", Sample.time(next)), ("inference_type", random.oneIn(2) ? "\"t2i\"" : "\"i2i\""),
                ("duration_ms", "\(Int.random(in: 1000...90_000, using: &random))"), ("cost", "{\"amount\":0.25}"),
            ]
            var decision = Decision()
            engine.observed(
                Observation(
                    key: Sample.key("img_\(next)"),
                    body: Sample.json("img_\(next)", random.oneIn(5) ? "failed" : "succeeded", fields), fingerprint: 0,
                    status: "failed", observedAt: Sample.at(next)),
                known: KnownResource(snapshot: nil, latest: [:]), isBaseline: false, now: Sample.at(next),
                into: &decision)
            for contribution in decision.contributions { window.add(contribution) }
            var said = Decision()
            _ = window.step(to: Sample.at(next), now: Sample.at(next), into: &said)
        }
    }
}
