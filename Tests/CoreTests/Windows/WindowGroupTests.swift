import CEL
import Core
import TestSupport
import Testing

@Suite struct `The groups of a window` {
    private let failed = #"count(self.status == "failed")"#

    private func line(_ by: [String], when condition: String = "failed >= 2") -> WindowLine {
        WindowLine(
            Sample.windowRule(
                "failures", over: .seconds(60), by: by, measure: [("failed", failed)], when: condition))
    }

    private func kind(_ name: String) -> [(String, String)] { [("inference_type", "\"\(name)\"")] }

    @Test func `are told apart`() {
        var line = line(["self.inference_type"])
        line.sees("img_1", "failed", endedAt: 1, at: 10, kind("t2i"))
        line.sees("img_2", "failed", endedAt: 2, at: 10, kind("i2i"))
        line.sees("img_3", "failed", endedAt: 3, at: 10, kind("t2i"))
        #expect(line.look(10) == ["fired inference_type=t2i @3 failed=2"])
        #expect(line.open.map(\.resource) == [Sample.key("inference_type=t2i")])
        #expect(line.open.first?.members == CELMap([("inference_type", .string("t2i"))]))
    }

    @Test func `go when they are empty and come again with the next number`() {
        var line = line(["self.inference_type"], when: "failed >= 1")
        line.sees("img_1", "failed", endedAt: 1, at: 10, kind("t2i"))
        _ = line.look(10)
        _ = line.look(100)
        #expect(line.window.groups == 0)
        line.sees("img_2", "failed", endedAt: 105, at: 110, kind("t2i"))
        _ = line.look(110)
        #expect(line.open.map(\.activation) == [2])
        _ = line.look(200)
        line.restart()
        line.sees("img_3", "failed", endedAt: 205, at: 210, kind("t2i"))
        _ = line.look(210)
        #expect(line.open.map(\.activation) == [3])
    }

    @Test func `stay while their absence fires`() {
        var line = line(["self.inference_type"], when: "failed == 0")
        line.sees("img_1", "failed", endedAt: 1, at: 10, kind("t2i"))
        #expect(line.look(10) == [])
        #expect(line.look(70) == ["fired inference_type=t2i @61 failed=0"])
        line.restart()
        #expect(line.look(500) == [])
        #expect(line.window.groups == 1)
        line.sees("img_2", "failed", endedAt: 505, at: 510, kind("t2i"))
        #expect(line.look(510) == ["resolved inference_type=t2i @505 failed=1"])
    }

    @Test func `can be of what is not known`() {
        var line = line(["self.inference_type"], when: "failed >= 1")
        line.sees("img_1", "failed", endedAt: 1, at: 10)
        line.sees("img_2", "failed", endedAt: 2, at: 10, kind("null"))
        #expect(
            line.look(10) == [
                "fired inference_type=null @1 inference_type=null failed=1",
                #"fired inference_type="null" @2 failed=1"#,
            ])
        line.restart()
        #expect(line.look(100).map { $0.prefix(8) } == ["resolved", "resolved"])
    }

    @Test(arguments: [
        ("plain", "name=plain"), ("with space", "name=with space"), ("a,b", #"name="a,b""#), ("5", #"name="5""#),
        ("", #"name="""#), ("a=b", #"name="a=b""#), ("two\\nlines", #"name="two\nlines""#), ("naïve 🐈", "name=naïve 🐈"),
    ])
    func `have names that nobody takes for another`(value: String, name: String) {
        var line = WindowLine(
            Sample.windowRule(
                "failures", watch: .character, over: .seconds(60), by: ["self.name"], measure: [("failed", failed)],
                when: "failed >= 1"))
        line.sees("char_1", "failed", at: 10, [("name", "\"\(value)\"")], kind: .character)
        _ = line.look(10)
        #expect(line.open.map(\.resource.id) == [name])
    }

    @Test func `have short names that differ where their values do`() {
        var line = WindowLine(
            Sample.windowRule(
                "failures", over: .seconds(60), by: ["self.prompt"], measure: [("failed", failed)], when: "failed >= 1")
        )
        let long = String(repeating: "a cat ", count: 1000)
        line.sees("img_1", "failed", endedAt: 1, at: 10, [("prompt", "\"\(long)one\"")])
        line.sees("img_2", "failed", endedAt: 1, at: 10, [("prompt", "\"\(long)two\"")])
        _ = line.look(10)
        #expect(line.open.count == 2)
        #expect(line.open.allSatisfy { $0.resource.id.utf8.count < 300 })
    }

    @Test func `of several values have all of them in their names`() {
        var line = line(["self.media_type", "self.inference_type"], when: "failed >= 1")
        line.sees("img_1", "failed", endedAt: 1, at: 10, kind("t2i") + [("media_type", "\"image\"")])
        _ = line.look(10)
        #expect(line.open.map(\.resource.id) == ["media_type=image,inference_type=t2i"])
    }

    @Test func `lose a resource that contributes to another one`() {
        var line = WindowLine(
            Sample.windowRule(
                "failures", watch: .character, over: .seconds(600), by: ["self.name"], measure: [("failed", failed)],
                when: "failed >= 1"))
        func fails(_ name: String, _ time: Int, _ line: inout WindowLine) {
            line.sees(
                "char_1", "failed", at: time, [("name", "\"\(name)\""), ("updated_at", Sample.time(time))],
                kind: .character)
        }
        fails("one", 10, &line)
        #expect(line.look(10) == ["fired name=one @10 failed=1"])
        fails("two", 20, &line)
        // It has failed once, since 10, and is called otherwise now.
        #expect(line.look(20).sorted() == ["fired name=two @10 failed=1", "resolved name=one @10 failed=0"])
    }

    @Test func `are not looked at where nobody can tell which it is`() {
        let rule = Sample.windowRule(
            "failures", over: .seconds(60), by: ["self.cost.currency"], measure: [("failed", failed)],
            when: "failed >= 1")
        var line = WindowLine(rule)
        line.sees("img_1", "failed", endedAt: 1, at: 10)
        #expect(line.last.unknowns.map(\.resource.id) == ["img_1"])
        #expect(line.look(10) == [])
    }

    @Test func `are at most so many`() {
        var line = line(["self.id"], when: "failed >= 1")
        for number in 0..<WindowLimits.groups + 5 { line.sees("img_\(number)", "failed", endedAt: 1, at: 10) }
        #expect(line.look(10).count == WindowLimits.groups)
        #expect(line.last.unknowns.count == 5)
        #expect(line.last.unknowns.first?.reason.contains("groups already") == true)
        // There is room again when they are gone.
        _ = line.look(100)
        line.sees("img_late", "failed", endedAt: 105, at: 110)
        #expect(line.look(110) == ["fired id=img_late @105 failed=1"])
    }

    @Test func `of a rule whose grouping became another end`() throws {
        var line = line(["self.inference_type"], when: "failed >= 1")
        line.sees("img_1", "failed", endedAt: 1, at: 10, kind("t2i"))
        _ = line.look(10)
        let other = Sample.windowRule(
            "failures", over: .seconds(60), by: ["self.media_type"], measure: [("failed", failed)], when: "failed >= 1")
        var window = try #require(RuleWindow(other, source: "studio", clock: Sample.at(20), latest: line.open))
        var decision = Decision()
        _ = window.step(to: Sample.at(20), now: Sample.at(20), into: &decision)
        #expect(decision.notifications.map(\.notification.reason) == [.resolved])
        #expect(decision.records.map(\.phase) == [.resolved])
    }
}
