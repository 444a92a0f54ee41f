import CEL
import Core
import TestSupport
import Testing

@Suite struct `A window over any stream` {
    @Test(arguments: 1...60)
    func `says what a computation from scratch says`(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let over = Int.random(in: 5...80, using: &random)
        var line = WindowLine(NaiveWindow.rule(over: over))
        var naive = NaiveWindow(over: over, clock: 0)
        var now = 0
        for step in 0..<60 {
            now += Int.random(in: 0...over / 2 + 1, using: &random)
            var ids = Array(0..<25).shuffled(using: &random)
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                // Some come late, some after they are too old, some twice, some again after they have left.
                let late = random.oneIn(4) ? Int.random(in: 0...2 * over, using: &random) : 0
                let time = now - Int.random(in: 0...3, using: &random) - late
                let id = "img_\(ids.removeLast())"
                let isFailed = random.oneIn(2)
                let cost = Int.random(in: 0...9, using: &random)
                naive.add(id, time: time, isFailed: isFailed, cost: cost)
                line.showsAnew(
                    id, isFailed ? "failed" : "succeeded", endedAt: time, at: now,
                    [("cost", "{\"amount\":\(Double(cost) / 4)}")])
            }
            let (said, expected) = (line.look(now), naive.look(now))
            #expect(said == expected, "seed \(seed), step \(step)")
            guard said == expected else { return }
        }
    }

    /// After every look, and after every change before one, a restart changes nothing.
    @Test(arguments: 1...30)
    func `says the same when it is restarted at every step`(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed) &* 77)
        let rule = Sample.windowRule(
            "failures", over: .seconds(40), by: ["self.inference_type"],
            measure: [
                ("total", "count(true)"), ("failed", #"count(self.status == "failed")"#),
                ("money", "sum(self.cost.amount)"),
            ],
            when: "failed >= 2 && money > 1.0", for: .seconds(Int.random(in: 0...15, using: &random)),
            keepFiringFor: .seconds(Int.random(in: 0...10, using: &random)))
        var steady = WindowLine(rule)
        var shaken = WindowLine(rule)
        var now = 0
        var isAnythingSaid = false
        for step in 0..<80 {
            now += Int.random(in: 1...9, using: &random)
            var ids = Array(0..<40).shuffled(using: &random)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let late = random.oneIn(5) ? Int.random(in: 0...50, using: &random) : 0
                let time = now - Int.random(in: 0...8, using: &random) - late
                let id = "img_\(ids.removeLast())"
                let status = random.oneIn(2) ? "failed" : "succeeded"
                let fields = [
                    ("cost", "{\"amount\":\(Double.random(in: 0...1, using: &random))}"),
                    ("inference_type", random.pick(["\"t2i\"", "\"i2i\"", "null"])),
                ]
                steady.showsAnew(id, status, endedAt: time, at: now, fields)
                shaken.showsAnew(id, status, endedAt: time, at: now, fields)
                if random.oneIn(3) { shaken.restart() }
            }
            if random.oneIn(4) { shaken.lookAndCrash(now) }
            let (one, other) = (steady.look(now), shaken.look(now))
            #expect(one == other, "seed \(seed), step \(step)")
            guard one == other else { return }
            #expect(steady.open == shaken.open)
            isAnythingSaid = isAnythingSaid || !one.isEmpty
            if random.oneIn(2) { shaken.restart() }
        }
        #expect(isAnythingSaid)
        #expect(Set(steady.alerts.keys) == Set(shaken.alerts.keys))
    }

    @Test(arguments: 1...20)
    func `sums to the last bit whatever comes and goes in which order`(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed) &* 1313)
        let rule = Sample.windowRule(
            "money", over: .seconds(1000), measure: [("money", "sum(self.cost.amount)"), ("total", "count(true)")],
            when: "total % 2 == 1")
        // Large ones that leave again would spoil the small ones of a running sum.
        var amounts: [Double] = []
        for _ in 0..<40 {
            let sign = random.oneIn(2) ? 1.0 : -1.0
            amounts.append(
                sign * Double.random(in: 1...10, using: &random) * pow10(Int.random(in: -12...12, using: &random)))
        }
        var line = WindowLine(rule)
        var order = Array(amounts.indices)
        order.shuffle(using: &random)
        for index in 0..<20 {
            line.sees("img_big\(index)", "succeeded", endedAt: 0, at: 1, [("cost", "{\"amount\":1e\(index)}")])
        }
        _ = line.look(1)
        for (place, index) in order.enumerated() {
            line.sees(
                "img_\(index)", "succeeded", endedAt: 500 + place, at: 600, [("cost", "{\"amount\":\(amounts[index])}")]
            )
        }
        _ = line.look(600)
        line.sees("img_last", "succeeded", endedAt: 1100, at: 1100, [("cost", "{\"amount\":0}")])
        let said = line.look(1100)
        // In another order, and without the large ones.
        var plain = WindowLine(rule, from: 1000)
        for (index, amount) in amounts.enumerated() {
            plain.sees("img_\(index)", "succeeded", endedAt: 1001, at: 1100, [("cost", "{\"amount\":\(amount)}")])
        }
        plain.sees("img_last", "succeeded", endedAt: 1100, at: 1100, [("cost", "{\"amount\":0}")])
        #expect(said.last?.split(separator: " ").suffix(2) == plain.look(1100).last?.split(separator: " ").suffix(2))
    }

    private func pow10(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? 1 }
}
