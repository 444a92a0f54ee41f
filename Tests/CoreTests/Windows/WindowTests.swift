import CEL
import Core
import TestSupport
import Testing

@Suite struct `A window` {
    private static let ended = #"self.status in ["succeeded", "failed"]"#
    private static let failed = #"self.status == "failed""#

    private func failures(_ condition: String = "failed >= 2", over: Duration = .seconds(60), by: [String] = [])
        -> WindowLine
    {
        WindowLine(
            Sample.windowRule(
                "failures", over: over, by: by,
                measure: [("total", "count(\(Self.ended))"), ("failed", "count(\(Self.failed))")], when: condition))
    }

    @Test func `fires at the time of what happened, not of the look`() {
        var line = failures()
        line.sees("img_1", "failed", endedAt: 10, at: 30)
        line.sees("img_2", "failed", endedAt: 17, at: 30)
        #expect(line.look(30) == ["fired all @17 total=2 failed=2"])
    }

    @Test func `loses what is exactly as old as it is long`() {
        var line = failures()
        line.sees("img_1", "failed", endedAt: 10, at: 20)
        line.sees("img_2", "failed", endedAt: 15, at: 20)
        _ = line.look(20)
        #expect(line.look(69) == [])
        #expect(line.look(70) == ["resolved all @70 total=1 failed=1"])
    }

    @Test func `still holds it a microsecond before`() {
        var line = failures("failed >= 1")
        line.sees("img_1", "failed", endedAt: 10, at: 20)
        _ = line.look(20)
        var (window, decision) = (line.window, Decision())
        _ = window.step(
            to: Timestamp(microseconds: Sample.at(70).microseconds - 1), now: Sample.at(70), into: &decision)
        #expect(decision.notifications.isEmpty)
    }

    @Test func `says both of what began and ended between two looks`() {
        var line = failures(over: .seconds(10))
        _ = line.look(5)
        line.sees("img_1", "failed", endedAt: 20, at: 100)
        line.sees("img_2", "failed", endedAt: 22, at: 100)
        #expect(line.look(100) == ["fired all @22 total=2 failed=2", "resolved all @30 total=1 failed=1"])
    }

    @Test func `counts what is seen late from its own time, and from the last event on`() {
        var line = failures()
        line.sees("img_1", "failed", endedAt: 10, at: 20)
        _ = line.look(40)
        line.sees("img_2", "failed", endedAt: 5, at: 50)
        // What is known of 10 is not told anew; it leaves when it is 60 seconds old.
        #expect(line.look(50) == ["fired all @10 total=2 failed=2"])
        #expect(line.look(100) == ["resolved all @65 total=1 failed=1"])
    }

    @Test func `tells at its own time what is seen late, if nothing else happened since`() {
        var line = failures("failed >= 1")
        #expect(line.look(100) == [])
        line.sees("img_1", "failed", endedAt: 40, at: 110)
        #expect(line.look(110) == ["fired all @40 total=1 failed=1", "resolved all @100 total=0 failed=0"])
    }

    @Test func `passes over what is older than it looks back`() {
        var line = failures("failed >= 2")
        line.sees("img_1", "failed", endedAt: 100, at: 105)
        _ = line.look(105)
        line.sees("img_2", "failed", endedAt: 40, at: 110)
        #expect(line.look(110) == [])
    }

    @Test func `counts a resource once, however often it fails`() {
        var line = WindowLine(
            Sample.windowRule(
                "failures", watch: .character, over: .seconds(600),
                measure: [("failed", "count(self.status == \"failed\")")], when: "failed >= 2"))
        func character(_ status: String, _ time: Int, _ line: inout WindowLine) {
            line.sees("char_1", status, at: time, [("updated_at", Sample.time(time))], kind: .character)
        }
        character("failed", 10, &line)
        character("synthesizing", 20, &line)
        character("failed", 30, &line)
        #expect(line.look(40) == [])
        line.sees("char_2", "failed", at: 50, [("updated_at", Sample.time(50))], kind: .character)
        #expect(line.look(50) == ["fired all @50 failed=2"])
        // The later of the two failures counts: it leaves at 630.
        #expect(line.look(629) == [])
        #expect(line.look(640) == ["resolved all @630 failed=1"])
    }

    @Test func `counts what the first sight finds by its own times`() {
        var line = failures(over: .seconds(3600))
        line.sees("img_1", "failed", endedAt: -600, at: 0, isBaseline: true)
        line.sees("img_2", "failed", endedAt: -3000, at: 0, isBaseline: true)
        line.sees("img_3", "failed", endedAt: -4000, at: 0, isBaseline: true)
        #expect(line.look(0) == ["fired all @0 total=2 failed=2"])
        #expect(line.look(600) == ["resolved all @600 total=1 failed=1"])
    }

    @Test func `says that nothing happened for an hour`() {
        var line = WindowLine(
            Sample.windowRule(
                "silence", over: .seconds(3600), measure: [("done", #"count(self.status == "succeeded")"#)],
                when: "done == 0"))
        line.sees("img_1", "succeeded", endedAt: -1800, at: 0, isBaseline: true)
        #expect(line.look(0) == [])
        #expect(line.window.nextLook(ease: .seconds(15)) == Sample.at(1800))
        #expect(line.look(1799) == [])
        #expect(line.look(1801) == ["fired all @1800 done=0"])
        line.sees("img_2", "succeeded", endedAt: 2000, at: 2010)
        #expect(line.look(2010) == ["resolved all @2000 done=1"])
    }

    @Test func `says so of a listing in which nothing ever was`() {
        var line = failures("total == 0")
        #expect(line.look(0) == ["fired all @0 total=0 failed=0"])
    }

    @Test func `counts for by what is known when it begins`() {
        let rule = Sample.windowRule(
            "silence", over: .seconds(600), measure: [("done", #"count(self.status == "succeeded")"#)],
            when: "done == 0", for: .seconds(300))
        var waiting = WindowLine(rule, from: 1000)
        waiting.sees("img_1", "succeeded", endedAt: 200, at: 1000, isBaseline: true)
        // Empty since 800, so it fires at 1100.
        #expect(waiting.look(1000) == [])
        #expect(waiting.open.map(\.since) == [Sample.at(800)])
        #expect(waiting.look(1120) == ["fired all @1100 done=0"])
        var late = WindowLine(rule, from: 5000)
        late.sees("img_1", "succeeded", endedAt: 200, at: 5000, isBaseline: true)
        #expect(late.look(5000) == ["fired all @5000 done=0"])
    }

    @Test func `has no answer to a division by zero`() {
        var line = failures("failed * 100 / total > 20")
        #expect(line.look(10) == [])
        #expect(line.last.unknowns.map(\.reason) == ["divide by zero"])
        line.sees("img_1", "failed", endedAt: 15, at: 20)
        #expect(line.look(20) == ["fired all @15 total=1 failed=1"])
        // Empty again: neither true nor false, so the alert stays as it is.
        #expect(line.look(200) == [])
        #expect(line.open.map(\.phase) == [.firing])
    }

    @Test func `needs no care with a ratio of doubles and a least number`() {
        var line = failures("total >= 4 && double(failed) / double(total) > 0.25")
        for number in 1...3 { line.sees("img_\(number)", "failed", endedAt: number, at: 10) }
        #expect(line.look(10) == [])
        line.sees("img_4", "succeeded", endedAt: 12, at: 15)
        #expect(line.look(15) == ["fired all @12 total=4 failed=3"])
    }

    @Test func `ends after the condition has been false for as long as the rule wants`() {
        var line = WindowLine(
            Sample.windowRule(
                "failures", over: .seconds(60), measure: [("failed", "count(\(Self.failed))")], when: "failed >= 1",
                keepFiringFor: .seconds(30)))
        line.sees("img_1", "failed", endedAt: 10, at: 20)
        #expect(line.look(20) == ["fired all @10 failed=1"])
        #expect(line.look(80) == [])
        #expect(line.look(99) == [])
        #expect(line.look(105) == ["resolved all @100 failed=0"])
    }

    @Test func `reminds once, however long nobody could look`() {
        var line = WindowLine(
            Sample.windowRule(
                "failures", over: .seconds(36_000), measure: [("failed", "count(\(Self.failed))")], when: "failed >= 1",
                repeatInterval: .seconds(600)))
        line.sees("img_1", "failed", endedAt: 10, at: 20)
        #expect(line.look(20) == ["fired all @10 failed=1"])
        #expect(line.look(619) == [])
        #expect(line.look(620) == ["reminded all @620 failed=1"])
        #expect(line.look(5000) == ["reminded all @5000 failed=1"])
        #expect(line.look(5599) == [])
    }

    @Test func `does not remind of what it tells only now`() {
        var line = WindowLine(
            Sample.windowRule(
                "failures", over: .seconds(36_000), measure: [("failed", "count(\(Self.failed))")], when: "failed >= 1",
                repeatInterval: .seconds(600)))
        _ = line.look(0)
        line.sees("img_1", "failed", endedAt: 10, at: 5000)
        #expect(line.look(5000) == ["fired all @10 failed=1"])
        #expect(line.look(5600) == ["reminded all @5600 failed=1"])
    }

    @Test func `never goes back with its clock`() {
        var line = failures()
        line.sees("img_0", "succeeded", endedAt: 100, at: 100)
        _ = line.look(100)
        line.sees("img_1", "failed", endedAt: 50, at: 60)
        line.sees("img_2", "failed", endedAt: 55, at: 60)
        #expect(line.look(60) == ["fired all @100 total=3 failed=2"])
        #expect(line.window.clock == Sample.at(100))
    }

    @Test func `names the newest of those that matter`() {
        var line = failures("failed >= 12", over: .seconds(600))
        for number in 10..<40 {
            line.sees("img_\(number)", number % 2 == 0 ? "failed" : "succeeded", endedAt: number, at: 50)
        }
        _ = line.look(50)
        guard case .map(let members)? = line.last.notifications.first?.notification.alerts[0].current else {
            Issue.record("nothing was said")
            return
        }
        #expect(
            members["samples"]
                == .list(stride(from: 32, through: 14, by: -2).map { .string("img_\($0)") }))
        #expect(line.last.notifications[0].notification.title.plain == "failures: studio")
        #expect(
            line.last.notifications[0].notification.text.plain.hasPrefix(
                "total 23, failed 12; among them img_32, img_30"))
    }

    @Test func `sees a resource that disappears only where it asks for that`() {
        var line = WindowLine(
            Sample.windowRule(
                "gone", over: .seconds(600),
                measure: [("gone", "count(self.gone)"), ("failed", "count(\(Self.failed))")], when: "gone > 0"))
        line.sees("img_1", "failed", endedAt: 10, at: 20)
        line.loses("img_1", at: 300)
        #expect(line.look(300) == ["fired all @300 gone=1 failed=1"])
        #expect(line.look(620) == [])
        #expect(line.look(900) == ["resolved all @900 gone=0 failed=0"])
    }

    @Test func `takes every change of a balance`() {
        var line = WindowLine(
            Sample.windowRule(
                "spend", watch: .balance, over: .seconds(3600),
                measure: [("most", "max(self.credits)"), ("least", "min(self.credits)")], when: "most - least > 100.0"))
        func balance(_ credits: Int, _ time: Int, _ line: inout WindowLine) {
            line.sees("balance", "", at: time, [("credits", "\(credits)")], kind: .balance)
        }
        balance(1000, 0, &line)
        balance(950, 60, &line)
        #expect(line.look(60) == [])
        balance(880, 120, &line)
        #expect(line.look(120) == ["fired all @120 most=1000 least=880"])
        #expect(line.look(3700) == ["resolved all @3600 most=950 least=880"])
    }
}
